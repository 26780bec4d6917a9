"""The form of a ready lab, made from its fields; the address holds what it says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from l335.components.component import families, members
from l335.core.errors import SpecError
from l335.labs import LabPreset, options, word_titles
from l335.results.views import ImageView
from l335.service import Lab
from l335.spec.fields import is_whole
from l335.ui.forms import step_of
from l335.ui.image_picker import take_upload
from l335.ui.lab_address import (
    PREDICT,
    QUICK,
    SWEEP,
    LabSettings,
    fields_of,
    mode,
    shown,
    text_of,
)
from l335.ui.restrictions import Restrictions
from l335.ui.sharing import locked_help
from l335.ui.wording import plain, sentence

QUICK_MODE, FULL_MODE = "Quick", "Full"
SHORT = 24
"""Choices of so many letters in all fit side by side."""


def lab_controls(lab: type[LabPreset]) -> dict[str, str]:
    """Title of each control of a lab's page that a link may lock or leave out, by name."""
    fields = {name: str(field.title or name) for name, field in fields_of(lab).items()}
    return {QUICK: "Quick or full", **fields, PREDICT: "Predict first"}


class LabForm:
    """The settings of one lab as widgets.

    The address leads. A widget that was changed by hand writes it; where it was changed by
    anything else, such as a link or the Back button, the widget starts anew from it.
    """

    def __init__(self, lab: Lab, settings: LabSettings, held: Restrictions) -> None:
        self.lab = lab
        self.settings = settings
        self.held = held
        self.kind = type(settings.preset)
        self._name = settings.preset.name
        self._wrong = {p.field.partition(".")[0]: p.message for p in settings.problems}

    @property
    def typed_wrong(self) -> dict[str, str]:
        """Sentences on what was typed here and does not fit, by field."""
        return {name: text for name, text in self._wrong.items() if self._is_typed(name)}

    def draw(self) -> None:
        """Draw the widgets."""
        self._draw_mode()
        for name, field in fields_of(self.kind).items():
            if self.held.is_hidden(name):
                continue
            self._draw_field(name, field)
            if name in self.typed_wrong:
                st.markdown(f":red[:small[{sentence(self._wrong[name])}]]")

    # What the address says, and widgets that follow it

    def _text(self, name: str) -> str:
        if name in self._wrong and name in st.query_params:
            return str(st.query_params[name])
        return text_of(getattr(self.settings.preset, name))

    def _is_typed(self, name: str) -> bool:
        memory = st.session_state.get(f"lab.{self._name}.{name}")
        return memory is not None and memory["typed"] and memory["text"] == self._text(name)

    def _memory(self, name: str, text: str, value: object) -> dict[str, Any]:
        """What is remembered of a widget: the text it stands for, and where it began."""
        memory: dict[str, Any] = st.session_state.setdefault(
            f"lab.{self._name}.{name}", {"text": None, "version": 0}
        )
        if memory["text"] != text:
            memory |= {"text": text, "value": value, "typed": False}
            memory["version"] += 1
        return memory

    def _widget(self, name: str, value: object) -> tuple[str, Any]:
        """Key of a field's widget, and the value it begins with."""
        memory = self._memory(name, self._text(name), value)
        return f"lab.{self._name}.{name}.{memory['version']}", memory["value"]

    def _keep(self, name: str, key: str) -> None:
        """Write a widget that was changed into the address; results of other settings go."""
        value = st.session_state[key]
        text = "" if value is None else self._canonical(name, value)
        for wrong in set(self._wrong) - {name}:
            if not self._is_typed(wrong):
                st.query_params.pop(wrong, None)  # a link's; the mode's value is shown for it
        st.session_state[f"lab.{self._name}.{name}"] |= {"text": text, "typed": True}
        base = mode(self.settings.preset, is_quick=self.settings.is_quick)
        if text == text_of(getattr(base, name)):
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = text
        forget_results()

    def _canonical(self, name: str, value: object) -> str:
        try:
            checked = self.settings.preset.changed({name: value})
        except SpecError:
            return str(value) if isinstance(value, str) else text_of(value)
        return text_of(getattr(checked, name))

    # Widgets

    def _draw_mode(self) -> None:
        if self.held.is_hidden(QUICK):
            return
        now = QUICK_MODE if self.settings.is_quick else FULL_MODE
        memory = self._memory(QUICK, now, now)
        key = f"lab.{self._name}.{QUICK}.{memory['version']}"
        st.segmented_control(
            "Length",
            [QUICK_MODE, FULL_MODE],
            default=memory["value"],
            required=True,
            key=key,
            on_change=self._switch,
            args=(key,),
            width="stretch",
            **locked_help(
                self.held, QUICK, "Quick is made for a lecture. Switching sets every setting."
            ),
        )
        if self.settings.is_quick:
            st.caption(f"Quick cuts: {plain(self.kind.quick_cuts)}")
        else:
            st.caption("Full is what the practical asks for.")
        self._undo()

    def _switch(self, key: str) -> None:
        is_quick = st.session_state[key] == QUICK_MODE
        before = self.settings.query
        st.session_state[f"lab.{self._name}.{QUICK}"] |= {"text": st.session_state[key]}
        has_changes = set(before) - {QUICK}
        st.session_state[f"lab.{self._name}.before"] = before if has_changes else None
        write_settings({} if is_quick else {QUICK: "0"}, self.kind)

    def _undo(self) -> None:
        before = st.session_state.get(f"lab.{self._name}.before")
        if not before or before == self.settings.query:
            return

        def undo() -> None:
            st.session_state[f"lab.{self._name}.before"] = None
            write_settings(before, self.kind)

        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Your own settings were replaced.", width="content")
            st.button("Undo", key="lab.undo", icon=":material/undo:", on_click=undo)

    def _draw_field(self, name: str, field: FieldInfo) -> None:
        value = getattr(self.settings.preset, name)
        if is_of_images(field):
            self._draw_images(name, field)
        elif words := options(self.kind, name):
            self._draw_words(name, field, words)
        elif isinstance(value, bool):
            key, start = self._widget(name, value)
            st.toggle(value=start, key=key, **self._arguments(name, field, key))
        elif isinstance(value, tuple):
            key, start = self._widget(name, shown_list(value))
            st.text_input(value=start, key=key, **self._arguments(name, field, key))
        elif isinstance(value, int | float):
            self._draw_number(name, field, value)
        else:
            key, start = self._widget(name, str(value))
            st.text_input(value=start, key=key, **self._arguments(name, field, key))

    def _arguments(self, name: str, field: FieldInfo, key: str) -> dict[str, Any]:
        # Screen readers read a label as it is written, so no markup goes into it.
        title = str(field.title or name)
        return {
            "label": f"⚠ {title}" if name in self.typed_wrong else title,
            "on_change": self._keep,
            "args": (name, key),
            **locked_help(self.held, name, field.description),
        }

    def _draw_number(self, name: str, field: FieldInfo, value: float) -> None:
        whole = is_whole(field)
        key, start = self._widget(name, value)
        st.number_input(
            value=start,
            step=1 if whole else step_of(field, start),
            format="%d" if whole else "%g",
            key=key,
            **self._arguments(name, field, key),
        )

    def _draw_words(self, name: str, field: FieldInfo, words: list[str]) -> None:
        value = getattr(self.settings.preset, name)
        is_many = isinstance(value, tuple)
        key, start = self._widget(name, list(value) if is_many else str(value))
        arguments = self._arguments(name, field, key)
        titles = word_titles(self.kind, name)

        def title(word: object) -> str:
            return titles.get(str(word)) or word_shown(word)

        if is_many:
            st.multiselect(
                options=words,
                default=start,
                format_func=title,
                max_selections=most_of(field),
                key=key,
                placeholder="Choose",
                **arguments,
            )
        elif len("".join(map(title, words))) <= SHORT:
            st.segmented_control(
                options=words,
                default=start,
                required=True,
                format_func=title,
                key=key,
                **arguments,
            )
        else:
            st.selectbox(
                options=words,
                index=words.index(start),
                format_func=title,
                key=key,
                **arguments,
            )

    def _draw_images(self, name: str, field: FieldInfo) -> None:
        """A choice of stored pictures, and a place for one's own."""
        value = getattr(self.settings.preset, name)
        is_many = isinstance(value, tuple)
        place = st.container()
        if self.held.is_free(name):
            self._take_upload(name, field, is_many)
        images = self.lab.images.all()
        titles = {image_word(image): image.short_name for image in images}
        words = {image.sha256: image_word(image) for image in images}
        chosen = [words.get(str(one), str(one)) for one in (value if is_many else [value])]
        offered = list(dict.fromkeys([*titles, *chosen]))
        key, start = self._widget(name, chosen if is_many else chosen[0])
        arguments = self._arguments(name, field, key)

        def image_title(word: str) -> str:
            return titles.get(word, f"{shown(word)}, not here")

        with place:
            if is_many:
                st.multiselect(
                    options=offered,
                    default=start,
                    format_func=image_title,
                    max_selections=most_of(field),
                    key=key,
                    placeholder="Choose pictures",
                    **arguments,
                )
            else:
                st.selectbox(
                    options=offered,
                    index=offered.index(start),
                    format_func=image_title,
                    key=key,
                    **arguments,
                )

    def _take_upload(self, name: str, field: FieldInfo, is_many: bool) -> None:
        uploaded = f"lab.{self._name}.{name}.uploaded"
        with st.popover("Add a picture", icon=":material/add_photo_alternate:", width="stretch"):
            take_upload(
                self.lab,
                uploaded,
                key=f"lab.{self._name}.{name}.upload",
                label="Your own: choose, drop or paste",
                help="PNG, JPEG or WebP, up to 20 MB and 16 megapixels. It stays on this machine.",
            )
        if sha256 := st.session_state.pop(uploaded, None):
            value = getattr(self.settings.preset, name)
            most = most_of(field) or len(value) + 1
            st.query_params[name] = text_of([*value, sha256][-most:]) if is_many else sha256
            forget_results()
            st.rerun()


def shown_list(values: tuple[object, ...]) -> str:
    """Values as they are typed: with commas between them."""
    return ", ".join(text_of(value) for value in values)


def is_of_images(field: FieldInfo) -> bool:
    """Whether a field names stored pictures."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("images"))


def most_of(field: FieldInfo) -> int | None:
    """How many values a list may hold; None where nothing says so."""
    return next((n for m in field.metadata if (n := getattr(m, "max_length", None))), None)


def image_word(image: ImageView) -> str:
    """What names a picture in settings: a bundled one's title, else its address."""
    return Path(image.short_name).stem.lower() if image.bundled else image.sha256


def word_shown(word: object) -> str:
    """A choice as people read it: the title of a component of that name, else the word itself."""
    return _titles().get(str(word)) or str(word).replace("_", " ").capitalize()


@cache
def _titles() -> dict[str, str]:
    return {
        kind: component.title.partition(" (")[0]
        for family in families()
        for kind, component in members(family).items()
    }


def write_settings(query: Mapping[str, str], lab: type[LabPreset]) -> None:
    """Change the settings to these; results and prediction of others are forgotten."""
    put_in_address(query, lab)
    forget_results()


def put_in_address(query: Mapping[str, str], lab: type[LabPreset]) -> None:
    """Make the address hold these settings of a lab and no others."""
    for name in (QUICK, *fields_of(lab)):
        if name not in query:
            st.query_params.pop(name, None)
    for name, text in query.items():
        st.query_params[name] = text


def forget_results() -> None:
    """Take out of the address what belonged to other settings: their runs, and a prediction."""
    st.query_params.pop(SWEEP, None)
    if PREDICT in st.query_params:
        st.query_params[PREDICT] = "1"
