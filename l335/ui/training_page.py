"""What both training pages share: form, Train button, and the run in the address."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.core.errors import NotFound, SpecError
from l335.core.wording import decimal
from l335.export.command_line import settings
from l335.results.views import RunView
from l335.service import MAX_SEEDS, Lab
from l335.spec.fields import dotted_fields
from l335.ui.address import keep_in_address
from l335.ui.budget_panel import budget_panel
from l335.ui.comparison import compare_picker
from l335.ui.controls import run_controls
from l335.ui.form_links import (
    OPENING,
    asked_for,
    control_names,
    control_titles,
    link_of,
    opening,
    what_fits,
)
from l335.ui.forms import (
    FormState,
    SpecForm,
    change_form,
    page_form,
    preset_buttons,
    restart_form,
)
from l335.ui.image_picker import CHOSEN
from l335.ui.last_words import last_words
from l335.ui.network_table import network_summary, network_table
from l335.ui.restrictions import Restrictions
from l335.ui.sharing import (
    held_words,
    locked_help,
    restrictions,
    share_popover,
    unlock_note,
)
from l335.ui.wording import plain, within


def run_in_address(lab: Lab, task: str) -> RunView | None:
    """The run the address names with ``?run=``; says so where there is none of this kind."""
    uid = st.query_params.get("run")
    if not uid:
        return None
    try:
        run = lab.run(uid)
    except NotFound as error:
        st.error(f"{error} The Runs page lists every run.", icon=":material/error:")
        return None
    return run if run.task == task else None


def form_of_page(lab: Lab, task: str, run: RunView | None) -> SpecForm:
    """The page's form; the address may say what it starts with, and what of it nobody changes.

    ``?from=RUN`` starts it with the settings of a run, ``?preset=NAME`` with those of a preset, and
    ``&image=NAME`` with a picture. Each ``&set=KEY=VALUE`` changes one setting; where it is one of
    a run, a line above the form says so. ``&lock=`` and ``&hide=`` hold settings.
    """
    held = restrictions(control_names(task))
    memory, asked = st.session_state, _asked()
    if asked == memory.get(f"{task}.kept"):
        memory[f"{task}.link"] = asked  # the form wrote it
    elif memory.get(f"{task}.link", {}) != asked:
        memory[f"{task}.link"] = asked
        memory[f"{task}.link_problems"] = _start_from(lab, task, asked, run) if asked else ()
    for problem in (*memory.get(f"{task}.link_problems", ()), *_wrong_seeds()):
        st.error(problem, icon=":material/error:")
    if refusal := memory.pop(f"{task}.refused", None):
        st.error(refusal, icon=":material/error:")
    return page_form(task, run.spec if run else None, held)


def _asked() -> dict[str, list[str]]:
    # Sentences quote these between backticks, which no name or value has.
    values = {
        name: [value.replace("`", "'") for value in st.query_params.get_all(name)]
        for name in OPENING
    }
    return {name: given for name, given in values.items() if any(given)}


def _start_from(
    lab: Lab, task: str, asked: dict[str, list[str]], shown: RunView | None
) -> tuple[str, ...]:
    st.session_state.pop(f"{task}.change", None)
    start = opening(lab, task, asked, st.session_state.get(CHOSEN, ""), shown)
    if start is None:
        return ()
    restart_form(task, start.spec)
    if "seeds" in st.query_params:
        st.session_state["num_seeds"] = _seeds_of_link()
    if start.source is not None and start.spec != start.source.spec:
        st.session_state[f"{task}.change"] = (start.source, start.spec)
    return start.problems


def change_note(task: str, held: Restrictions) -> None:
    """What was changed from the run the form comes from, with a way back."""
    if f"{task}.change" not in st.session_state:
        return
    source, spec = st.session_state[f"{task}.change"]

    def undo() -> None:
        change_form(task, source.spec)
        forget_change(task)

    before, after = settings(source.spec), settings(spec)
    titles = {key: field.title for key, field in dotted_fields(spec)}
    changed = [key for key, value in after.items() if before.get(key) != value]
    words = [
        f"{titles[key]} {shown_value(before.get(key, 'none'))} → **{shown_value(after[key])}**"
        for key in changed
    ]
    with st.container(border=True):
        st.caption(f"Changed from {plain(source.title)}, seed {source.seed}: {'; '.join(words)}.")
        if any(map(held.is_free, changed)):
            st.button("Undo the change", key="undo_change", icon=":material/undo:", on_click=undo)


def forget_change(task: str) -> None:
    """Let the form stand for itself again, no longer for a change of a run."""
    st.session_state.pop(f"{task}.change", None)
    for name in OPENING:
        st.query_params.pop(name, None)
    st.session_state.pop(f"{task}.link", None)


def shown_value(value: object) -> str:
    """A setting's value as the form shows it."""
    return decimal(value) if isinstance(value, float) else str(value)


def train_panel(
    lab: Lab, form: SpecForm, fixed: dict[str, Any], top: DeltaGenerator
) -> tuple[FormState, list[str]]:
    """Draw Train and what is wrong at the top, then the form.

    Returns:
        What the form holds, and the runs that were started, one for each seed.
    """
    state = form.state(fixed)
    started: list[str] = []
    problems = state.problems
    with top:
        count, is_clicked = _train_row(state, form.held)
        if is_clicked and state.spec is not None:
            try:
                started = lab.submit_seeds(state.spec, count)
            except SpecError as error:
                problems = error.problems
        unlock_note(form.held)
        change_note(form.start.task, form.held)
        for problem in problems:
            st.error(problem.message, icon=":material/error:")
        if state.spec is not None:
            network_summary(state.spec)
    preset_buttons(form.start.task, form.held)
    form.draw(FormState(state.values, state.spec, problems))
    return state, started


def _train_row(state: FormState, held: Restrictions) -> tuple[int, bool]:
    train: Any = st
    if not held.is_hidden("seeds"):
        train, seeds = st.columns([2, 1], vertical_alignment="bottom")
        with seeds:
            _seeds(held)
    is_clicked = train.button(
        "Train",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=state.spec is None,
        width="stretch",
        shortcut="Ctrl+Enter",
    )
    return num_seeds(held), is_clicked


def _seeds(held: Restrictions) -> None:
    is_free = held.is_free("seeds")
    if is_free and "num_seeds" not in st.session_state:
        st.session_state["num_seeds"] = _seeds_of_link()
    st.number_input(
        "Seeds",
        min_value=1,
        max_value=MAX_SEEDS,
        value="min" if is_free else _seeds_of_link(),
        step=1,
        key="num_seeds" if is_free else f"num_seeds.held.{_seeds_of_link()}",
        persist_state="session",
        **locked_help(
            held,
            "seeds",
            "How many runs to train that differ in the seed alone, from the form's seed on. "
            "They are drawn as one curve: the mean, with a band from the lowest to the highest.",
        ),
    )


def num_seeds(held: Restrictions) -> int:
    """How many runs one press of Train starts."""
    if held.is_free("seeds"):
        return int(st.session_state.get("num_seeds", 1))
    return _seeds_of_link()


def _seeds_of_link() -> int:
    return 1 if _wrong_seeds() else int(st.query_params.get("seeds", "1"))


def _wrong_seeds() -> list[str]:
    text = st.query_params.get("seeds", "1")
    if text in map(str, range(1, MAX_SEEDS + 1)):
        return []
    return [
        f"`seeds` is “{plain(text[:40])}”; it must be a whole number between 1 and {MAX_SEEDS}."
    ]


def open_started(lab: Lab, task: str, uids: list[str]) -> RunView:
    """Put runs that were just started into the address, so that a reload shows them again.

    A run that came from a change of another one is shown beside that one.
    """
    beside = uids[1:]
    if f"{task}.change" in st.session_state:
        source, _ = st.session_state.pop(f"{task}.change")
        beside.append(source.uid)
    query = {"run": uids[0], "with": ",".join(beside)}
    named = {name: value for name, value in query.items() if value}
    st.query_params.from_dict(named | held_words())
    return lab.run(uids[0])


def network_panel(state: FormState, held: Restrictions, *, is_open: bool) -> None:
    """The arithmetic of the network the form describes."""
    with st.expander("The network of the settings on the left", expanded=is_open):
        if state.spec:
            network_table(state.spec)
        else:
            st.caption("The arithmetic appears as soon as the settings fit together.")
        if state.values["task"] != "classify":
            return
        if all(map(held.is_free, _names_of_model())):
            budget_panel(state)
        else:
            st.caption("The link you came by holds the architecture, so no budget is matched.")


def _names_of_model() -> list[str]:
    return [name for name in control_names("classify") if name.partition(".")[0] == "model"]


def run_heading(
    lab: Lab, run: RunView | None, title: str, form: SpecForm, state: FormState
) -> list[RunView]:
    """Name of the page, the run that is shown, and the buttons that act on it or share it.

    Returns:
        The runs to draw beside it.
    """
    _keep_in_address(lab, run, form, state)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.title) if run else title, anchor=False)
        beside = []
        if run:
            beside = compare_picker(lab, run)
            run_controls(lab, run)
        _share(lab, form, state)
    if run:
        last_words(lab, run)
    return beside


def _keep_in_address(lab: Lab, run: RunView | None, form: SpecForm, state: FormState) -> None:
    """Let a reload find the form as it is; what does not fit is left as the form began."""
    task = form.start.task
    spec = state.spec or what_fits(state.values, state.problems, form.start)
    kept = asked_for(lab, spec, _asked(), run) if spec else None
    if kept is None:
        return
    st.session_state[f"{task}.kept"] = kept
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    query = {name: values for name, values in query.items() if name not in OPENING} | kept
    count = num_seeds(form.held)
    if count != _seeds_of_link():
        query.pop("seeds", None)
        query |= {"seeds": [str(count)]} if count > 1 else {}
    keep_in_address(query)


def _share(lab: Lab, form: SpecForm, state: FormState) -> None:
    if state.spec is None:
        st.popover(
            "Share",
            icon=":material/link:",
            type="tertiary",
            disabled=True,
            help="There is a link as soon as the settings fit together.",
        )
        return
    made = link_of(lab, state.spec, num_seeds(form.held))
    changed = [
        f"{plain(within(title))} **{shown_value(value)}**" for title, value in made.changes.items()
    ]
    share_popover(
        control_titles(state.spec),
        made.query,
        settings=f"Preset {made.preset}" + (f", with {', '.join(changed)}." if changed else "."),
        note=f"{plain(made.uploaded)} was uploaded to this machine; elsewhere the link shows "
        "another picture."
        if made.uploaded
        else "",
    )
