"""What both training pages share: form, Train button, and the run in the address."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from l335.errors import NotFound, SpecError
from l335.lab import Lab
from l335.ui.controls import run_controls
from l335.ui.forms import FormState, SpecForm, page_form, preset_buttons, restart_form
from l335.ui.network_table import network_summary
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
    """The page's form; ``?from=RUN`` makes it start with the settings of that run."""
    uid = st.query_params.get("from")
    if uid and st.session_state.get(f"{task}.from") != uid:
        st.session_state[f"{task}.from"] = uid
        try:
            source = lab.run(uid)
        except NotFound as error:
            st.error(str(error), icon=":material/error:")
        else:
            if source.task == task:
                restart_form(task, source.spec)
    return page_form(task, run.spec if run else None)


def train_panel(
    lab: Lab, form: SpecForm, fixed: dict[str, Any], top: DeltaGenerator
) -> tuple[FormState, str | None]:
    """Draw Train and what is wrong at the top, then the form.

    Returns:
        What the form holds, and the run that was started, if one was.
    """
    state = form.state(fixed)
    started, problems = None, state.problems
    with top:
        if _is_train_clicked(state) and state.spec is not None:
            try:
                started = lab.submit(state.spec)
            except SpecError as error:
                problems = error.problems
        for problem in problems:
            st.error(problem.message, icon=":material/error:")
        if state.spec is not None:
            network_summary(state.spec)
    preset_buttons(form.start.task)
    form.draw(FormState(state.values, state.spec, problems))
    return state, started


def _is_train_clicked(state: FormState) -> bool:
    return st.button(
        "Train",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=state.spec is None,
        width="stretch",
        shortcut="Ctrl+Enter",
    )


def open_started(lab: Lab, uid: str) -> RunView:
    """Put a run that was just started into the address, so that a reload shows it again."""
    st.query_params.from_dict({"run": uid})
    return lab.run(uid)


def run_heading(lab: Lab, run: RunView | None, title: str) -> None:
    """Name of the page, the run that is shown, and the buttons that act on it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.title) if run else title, anchor=False)
        if run:
            run_controls(lab, run)
