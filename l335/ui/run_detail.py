"""One run, opened by its address."""

from __future__ import annotations

import streamlit as st

from l335.core.metrics import METRICS, describe
from l335.core.wording import decimal
from l335.export.command_line import command_line, settings
from l335.results.views import RunView
from l335.service import Lab
from l335.spec.fields import dotted_fields
from l335.ui import links, wording
from l335.ui.controls import delete_button, reuse_link, run_controls, sweep_link
from l335.ui.last_words import last_words
from l335.ui.live_view import live_view
from l335.ui.measures import how_measured
from l335.ui.reproduce import reproduce


def run_detail(lab: Lab, run: RunView) -> None:
    """Draw everything about a run: live view, settings, figures, and what can be done with it."""
    st.page_link(links.RUNS, label="All runs", icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(wording.plain(run.title), anchor=False)
        run_controls(lab, run)
    st.caption(_origin(run))
    last_words(lab, run)
    aspect = run.spec.shown_size
    live_view(run.task, run, aspect=aspect)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            links.OF_TASK[run.task],
            label="Feature maps" if run.task == "classify" else "Upsample",
            icon=":material/grid_view:" if run.task == "classify" else ":material/zoom_out_map:",
            query_params={"run": run.uid},
        )
        st.page_link(
            links.REPORT,
            label="Report",
            icon=":material/description:",
            query_params={"runs": run.uid},
        )
        reuse_link(run)
        sweep_link(run)
        delete_button(lab, run)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Settings", anchor=False)
        st.markdown(settings_table(run))
    with right:
        st.subheader("Figures", anchor=False)
        st.markdown(figures_table(run))
        how_measured(run.summary)
        st.subheader("The same from the command line", anchor=False)
        st.code(command_line(run.spec), language="shell", wrap_lines=True)
        reproduce(lab, run)


def _origin(run: RunView) -> str:
    return (
        f"{wording.TASKS[run.task]} · {wording.count(run.num_parameters, 'parameter')} · "
        f"seed {run.seed} · {run.device}, {wording.count(run.threads, 'thread')} · "
        f"submitted {wording.age(run.created_at)} · `{run.uid}`"
    )


def settings_table(run: RunView) -> str:
    """Each setting with its value, as a markdown table."""
    values = settings(run.spec)
    rows = [
        f"| {field.title} | {_shown(values[key])} | `{key}` |"
        for key, field in dotted_fields(run.spec)
        if key in values
    ]
    return "\n".join(["| Setting | Value | Key |", "|:--|:--|:--|", *rows])


def _shown(value: object) -> str:
    return decimal(value) if isinstance(value, float) else str(value)


def figures_table(run: RunView) -> str:
    """Last and best value of each metric, as a markdown table."""
    if not run.summary:
        return "There is none yet: the run has not started."
    # Statistics of single layers belong to curves; here they would bury the rest.
    rows = [
        f"| {describe(key).title} "
        f"| {wording.value(key, entry.get('last'))} "
        f"| {wording.value(key, entry.get('best'))} | {_step(entry.get('best_step'))} |"
        for key, entry in run.summary.items()
        if key in METRICS
    ]
    head = ["| Metric | Last | Best | at step |", "|:--|--:|--:|--:|"]
    return "\n".join([*head, *rows])


def _step(step: int | None) -> str:
    return "–" if step is None else f"{step:,}"
