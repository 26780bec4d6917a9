"""The overview of the ready labs: one card for each task of the practical."""

from __future__ import annotations

import streamlit as st

from l335.labs import LabPreset, labs
from l335.results.views import SweepView
from l335.service import Lab
from l335.ui import links
from l335.ui.lab_address import LAB
from l335.ui.lab_controls import is_unfinished, progress_words, seconds_left
from l335.ui.wording import TASKS, age, count, plain

REFRESH_SECONDS = 4.0
CARD_PIXELS = 330


def labs_overview(lab: Lab) -> None:
    """Draw a card for each lab, kept up to date while any of them trains."""
    is_live = any(is_unfinished(newest_sweep(lab, name)) for name in labs())
    st.fragment(_cards, run_every=REFRESH_SECONDS if is_live else None)(lab)


def _cards(lab: Lab) -> None:
    # Cards hold links and no widgets, so a click is not lost to a refresh.
    with st.grid(min_column_width=CARD_PIXELS, gap="medium"):
        for name, kind in labs().items():
            _card(lab, name, kind)


def _card(lab: Lab, name: str, kind: type[LabPreset]) -> None:
    with st.container(border=True, height="stretch"):
        st.caption(f"{kind.number} · {TASKS[kind.task]}")
        st.subheader(kind.title, anchor=False)
        st.markdown(kind.question)
        st.space("stretch")  # states and links of a row stand side by side
        st.caption(state_words(lab, newest_sweep(lab, name)))
        st.page_link(
            links.LABS,
            label=f"Open lab {kind.number}",
            icon=":material/arrow_forward:",
            query_params={LAB: name},
        )


def newest_sweep(lab: Lab, name: str) -> SweepView | None:
    """The sweep of a lab that was started last; None before the first."""
    found = lab.sweeps.listing(limit=1, lab=name)
    return lab.sweeps.one(found[0].uid) if found else None


def state_words(lab: Lab, sweep: SweepView | None) -> str:
    """What became of a lab's newest sweep: "3 of 9 runs, 2 min left", "Done 2 hours ago"."""
    if sweep is None:
        return ":gray[○] Not run yet"
    runs = sweep.runs
    if any(not run.is_over for run in runs):
        return f":blue[●] {progress_words(runs, seconds_left(lab, runs))}"
    ends = [run.finished_at for run in runs if run.finished_at]
    when = age(max([*ends, sweep.created_at]))
    failed = sum(run.state == "failed" for run in runs)
    stopped = len(sweep.cells) - failed - sum(run.state == "completed" for run in runs)
    words = [count(failed, "run") + " failed"] if failed else []
    words += [f"{count(stopped, 'run')} stopped or deleted"] if stopped else []
    color = "orange" if words else "green"
    return f":{color}[●] {plain(', '.join([f'Done {when}', *words]))}"
