"""What both training pages share: form, Train button, and the run in the address."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.command_line import settings
from l335.errors import NotFound, SpecError
from l335.fields import dotted_fields, with_settings
from l335.lab import MAX_SEEDS, Lab
from l335.ui.budget_panel import budget_panel
from l335.ui.comparison import compare_picker
from l335.ui.controls import run_controls
from l335.ui.forms import FormState, SpecForm, page_form, preset_buttons, restart_form
from l335.ui.network_table import network_summary, network_table
from l335.ui.wording import plain
from l335.views import RunView


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
    """The page's form; ``?from=RUN`` makes it start with the settings of that run.

    Each ``&set=KEY=VALUE`` behind it changes one of them; a line above the form says so.
    """
    uid, changes = st.query_params.get("from"), st.query_params.get_all("set")
    asked = " ".join([uid or "", *changes])
    if uid and st.session_state.get(f"{task}.from") != asked:
        st.session_state[f"{task}.from"] = asked
        _start_from(lab, task, uid, changes)
    return page_form(task, run.spec if run else None)


def _start_from(lab: Lab, task: str, uid: str, changes: list[str]) -> None:
    st.session_state.pop(f"{task}.change", None)
    try:
        source = lab.run(uid)
        if source.task != task:
            return
        restart_form(task, source.spec)
        spec = with_settings(source.spec, changes)
    except NotFound as error:
        st.error(str(error), icon=":material/error:")
    except SpecError as error:
        for problem in error.problems:
            st.error(problem.message, icon=":material/error:")
    else:
        if spec != source.spec:
            restart_form(task, spec)
            st.session_state[f"{task}.change"] = (source, spec)


def change_note(task: str) -> None:
    """What was changed from the run the form comes from, with a way back."""
    if f"{task}.change" not in st.session_state:
        return
    source, spec = st.session_state[f"{task}.change"]

    def undo() -> None:
        restart_form(task, source.spec)
        forget_change(task)

    before, after = settings(source.spec), settings(spec)
    titles = {key: field.title for key, field in dotted_fields(spec)}
    changed = [
        f"{titles[key]} {shown_value(before.get(key, 'none'))} → **{shown_value(value)}**"
        for key, value in after.items()
        if before.get(key) != value
    ]
    with st.container(border=True):
        st.caption(f"Changed from {plain(source.title)}, seed {source.seed}: {'; '.join(changed)}.")
        st.button("Undo the change", key="undo_change", icon=":material/undo:", on_click=undo)


def forget_change(task: str) -> None:
    """Let the form stand for itself again, no longer for a change of a run."""
    st.session_state.pop(f"{task}.change", None)
    for name in ("from", "set"):
        st.query_params.pop(name, None)
    st.session_state.pop(f"{task}.from", None)


def shown_value(value: object) -> str:
    """A setting's value as the form shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


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
        num_seeds, is_clicked = _train_row(state)
        if is_clicked and state.spec is not None:
            try:
                started = lab.submit_seeds(state.spec, num_seeds)
            except SpecError as error:
                problems = error.problems
        change_note(form.start.task)
        for problem in problems:
            st.error(problem.message, icon=":material/error:")
        if state.spec is not None:
            network_summary(state.spec)
    preset_buttons(form.start.task)
    form.draw(FormState(state.values, state.spec, problems))
    return state, started


def _train_row(state: FormState) -> tuple[int, bool]:
    train, seeds = st.columns([2, 1], vertical_alignment="bottom")
    num_seeds = seeds.number_input(
        "Seeds",
        min_value=1,
        max_value=MAX_SEEDS,
        step=1,
        key="num_seeds",
        help="How many runs to train that differ in the seed alone, from the form's seed on. "
        "They are drawn as one curve: the mean, with a band from the lowest to the highest.",
        persist_state="session",
    )
    is_clicked = train.button(
        "Train",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=state.spec is None,
        width="stretch",
        shortcut="Ctrl+Enter",
    )
    return int(num_seeds), is_clicked


def open_started(lab: Lab, task: str, uids: list[str]) -> RunView:
    """Put runs that were just started into the address, so that a reload shows them again.

    A run that came from a change of another one is shown beside that one.
    """
    beside = uids[1:]
    if f"{task}.change" in st.session_state:
        source, _ = st.session_state.pop(f"{task}.change")
        beside.append(source.uid)
    query = {"run": uids[0], "with": ",".join(beside)}
    st.query_params.from_dict({name: value for name, value in query.items() if value})
    return lab.run(uids[0])


def network_panel(state: FormState, *, is_open: bool) -> None:
    """The arithmetic of the network the form describes."""
    with st.expander("The network of the settings on the left", expanded=is_open):
        if state.spec:
            network_table(state.spec)
        else:
            st.caption("The arithmetic appears as soon as the settings fit together.")
        if state.values["task"] == "classify":
            budget_panel(state)


def run_heading(lab: Lab, run: RunView | None, title: str) -> list[RunView]:
    """Name of the page, the run that is shown, and the buttons that act on it.

    Returns:
        The runs to draw beside it.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.title) if run else title, anchor=False)
        if run:
            beside = compare_picker(lab, run)
            run_controls(lab, run)
            return beside
    return []
