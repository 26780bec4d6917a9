"""Links to a page with its settings, and the controls such a link locks or leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import streamlit as st

from l335.ui.form_links import control_names
from l335.ui.restrictions import (
    HIDE,
    LOCK,
    WORDS,
    Query,
    Restrictions,
    link,
    parse_restrictions,
    rules_for,
    without_followers,
)

LOCKED = "Locked by the link you came by."


def read_restrictions(names: Sequence[str]) -> Restrictions:
    """What the address locks and hides of a page with these controls."""
    # Sentences quote the names between backticks, which no control's name has.
    given = [[text.replace("`", "'") for text in st.query_params.get_all(word)] for word in WORDS]
    return parse_restrictions(names, *given)


def restrictions(names: Sequence[str]) -> Restrictions:
    """What the address locks and hides; says where it names a control that is not there.

    Args:
        names: Every control of the page; those of a component stand behind it, with a point.
    """
    held = read_restrictions(names)
    for problem in held.problems:
        st.error(problem, icon=":material/error:")
    return held


def held_on(task: str) -> Restrictions:
    """What the address locks and hides of a training page."""
    return read_restrictions(control_names(task))


def held_words() -> dict[str, str]:
    """The parameters that go along to the page's next address: what is held, and the seeds."""
    values = {word: ",".join(st.query_params.get_all(word)) for word in (*WORDS, "seeds")}
    return {word: text for word, text in values.items() if text}


def locked_help(held: Restrictions, name: str, help: str | None) -> dict[str, Any]:
    """Arguments of a widget that make it what the link says: its help, and whether it is off."""
    if not held.is_locked(name):
        return {"help": help, "disabled": False}
    return {"help": f"{LOCKED} {help or ''}".strip(), "disabled": True}


def unlock_note(held: Restrictions) -> None:
    """Say that a link holds some settings, with a way to the page without that."""
    if not held.is_any:
        return

    def unlock() -> None:
        for word in WORDS:
            st.query_params.pop(word, None)

    what = {(True, True): "locked or left out", (True, False): "locked", (False, True): "left out"}
    words = what[bool(held.lock), bool(held.hide)]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(f"Some settings are {words} by this link.", width="content")
        st.button(
            "Open without it",
            key="unlock",
            type="tertiary",
            icon=":material/lock_open:",
            on_click=unlock,
        )


def share_popover(
    titles: Mapping[str, str],
    query: Query | None = None,
    *,
    settings: str = "",
    note: str = "",
) -> None:
    """Draw the button that shows a link to this page with its settings.

    Args:
        titles: The title of each control that can be locked or hidden, by name, each component
            before its fields.
        query: What leads to these settings, without ``lock`` and ``hide``; what the address holds
            now where it is None. None suits pages whose widgets are bound to the address.
        settings: What differs from where the link starts, in Markdown.
        note: What the link does not bring along, in Markdown.
    """
    if query is None:
        query = {name: st.query_params.get_all(name) for name in st.query_params}
    with st.popover("Share", icon=":material/link:", type="tertiary", width="content"):
        st.markdown("**A link to these settings**")
        place = st.container()
        if settings:
            st.caption(settings)
        if note:
            st.caption(note)
        st.markdown("**For lecturers**")
        held = read_restrictions(list(titles))
        chosen = {
            LOCK: _choice("Lock", "Shown, but nobody can change them.", LOCK, held.lock, titles),
            HIDE: _choice("Leave out", "They keep their value.", HIDE, held.hide, titles),
        }
        st.caption("Help for a class, not a safeguard: anyone can edit an address.")
        bare = {name: value for name, value in query.items() if name not in WORDS}
        words = {word: ",".join(rules) for word, rules in chosen.items() if rules}
        with place:
            st.code(link(page_address(), bare | words), language=None, wrap_lines=True)


def _choice(
    label: str, help: str, word: str, rules: Sequence[str], titles: Mapping[str, str]
) -> tuple[str, ...]:
    names = list(titles)
    chosen = st.multiselect(
        label,
        names,
        default=without_followers(rules, names),
        format_func=lambda name: titles.get(name, name),
        # Another address makes another choice; the popover's content is drawn when it opens.
        key=f"share.{word}.{','.join(rules)}",
        placeholder="Nothing",
        help=help,
    )
    return rules_for(chosen, names)


def page_address() -> str:
    """The address of this page as the browser sees it, without what stands behind ``?``.

    The browser tells it, so it is right behind a reverse proxy and below a path.
    """
    return st.context.url or ""


@contextmanager
def _unseen() -> Iterator[None]:
    """A place whose content is taken away at its end, before a browser shows it.

    Streamlit has then read, checked and kept the values of the widgets in it, as of any other.
    """
    slot = st.empty()
    with slot.container():
        yield
    slot.empty()


class Controls:
    """The settings of a page that live in its address, drawn as the link allows.

    Args:
        key: Begins the parameters in the address: ``sigma`` makes ``sigma.steps``.
        titles: The label of each widget, by the name by which it is locked or hidden.
    """

    def __init__(self, key: str, titles: Mapping[str, str]) -> None:
        self.key = key
        self.titles = titles

    @property
    def held(self) -> Restrictions:
        """What the link locks and hides here."""
        return read_restrictions(list(self.titles))

    def draw(
        self,
        widget: Callable[..., Any],
        name: str,
        *args: Any,
        label: str = "",
        help: str | None = None,
        **arguments: Any,
    ) -> Any:
        """Draw a widget whose value is kept in the address; what it holds.

        Args:
            widget: Such as ``st.number_input``.
            name: Which of the controls it is.
            *args: What follows the label.
            label: Replaces the control's title.
            help: Help text.
            **arguments: Whatever else the widget takes.
        """
        held = self.held
        arguments |= locked_help(held, name, help)
        arguments |= {"bind": "query-params", "persist_state": "session"}
        arguments |= {"key": f"{self.key}.{name}"}
        label = label or self.titles[name]
        with _unseen() if held.is_hidden(name) else nullcontext():
            return widget(label, *args, **arguments)

    @contextmanager
    def folded(self, title: str, names: Sequence[str]) -> Iterator[None]:
        """A place that opens, for controls used seldom; left out where all of them are."""
        held = self.held
        with _unseen() if all(map(held.is_hidden, names)) else st.expander(title):
            yield

    def heading(self, title: str) -> None:
        """Draw the name of the page with the button that shares it, and what its link holds."""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(title, anchor=False)
            share_popover(self.titles)
        unlock_note(restrictions(list(self.titles)))
