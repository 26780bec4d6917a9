"""Starting, stopping and watching the runs of a sweep: buttons and one line on how far it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from l335.core.errors import LabError, Problem, SpecError
from l335.labs import LabPreset
from l335.results.views import RunView, SweepView
from l335.service import Lab
from l335.spec.sweeps import Cell
from l335.ui.lab_address import SWEEP
from l335.ui.sweep import share_done
from l335.ui.time_line import time_line
from l335.ui.wording import DOING, count, duration, plain, round_seconds, sentence

REFRESH_SECONDS = 2.0


def cells_of(lab: Lab, preset: LabPreset) -> tuple[list[Cell], list[Problem]]:
    """The runs of a lab, or what keeps them from being trained."""
    try:
        cells = preset.cells(lab.images.called)
        lab.find_runs([cell.spec for cell in cells[:1]])
    except SpecError as error:
        return [], error.problems
    return cells, []


def start_row(lab: Lab, preset: LabPreset, cells: Sequence[Cell], *, can_start: bool) -> None:
    """Draw the button that starts a lab, and what it will take; the address gets the sweep."""
    missing = []
    if cells:
        runs = lab.find_runs([cell.spec for cell in cells])
        missing = [cell for cell, run in zip(cells, runs, strict=True) if run is None]
    is_clicked = st.button(
        start_label(len(cells), len(missing)),
        key="lab.start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not can_start or not cells,
        shortcut="Ctrl+Enter",
    )
    if is_clicked:
        start(lab, preset)
    with st.container(width="stretch", gap=None):
        if words := already_here(len(cells), len(missing)):
            st.caption(words)
        if missing:
            time_line(lab, [cell.spec for cell in missing])


def start_label(num_runs: int, num_missing: int) -> str:
    """What the button that starts so many runs says."""
    if num_runs and not num_missing:
        return "Show the results"
    if num_missing < num_runs:
        return f"Start {num_missing:,} of {count(num_runs, 'run')}"
    return f"Start {count(num_runs, 'run')}"


def start(lab: Lab, preset: LabPreset) -> None:
    """Start a lab and draw the page anew; where it is refused, say why."""
    try:
        uid = lab.sweeps.start_lab(preset)
    except SpecError as error:
        for problem in error.problems:
            st.error(sentence(problem.message), icon=":material/error:")
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.query_params[SWEEP] = uid
        st.rerun()


def already_here(num_runs: int, num_missing: int) -> str:
    """How many runs of some settings need not be trained, in words; empty where all do."""
    here = num_runs - num_missing
    if not num_runs:
        return "These settings make no run yet."
    if not here:
        return ""
    if not num_missing:
        return f"All {count(num_runs, 'run')} of these settings are here."
    return f"{count(here, 'run')} of these settings {'is' if here == 1 else 'are'} here already."


def is_unfinished(sweep: SweepView | None) -> bool:
    """Whether any run of a sweep trains or waits for its turn."""
    return sweep is not None and any(run.state in ("queued", "running") for run in sweep.runs)


def progress_line(lab: Lab, sweep: SweepView) -> None:
    """Draw how far a sweep is, kept up to date while it trains.

    The page is drawn anew when the last run is over, for its buttons and results.
    """
    every = REFRESH_SECONDS if is_unfinished(sweep) else None
    st.fragment(_progress_line, run_every=every)(lab, sweep.uid, _states(sweep))


def _states(sweep: SweepView) -> tuple[bool, bool]:
    # What the buttons of the page depend on.
    return is_unfinished(sweep), bool(sweep.to_rerun)


def _progress_line(lab: Lab, uid: str, before: tuple[bool, bool]) -> None:
    sweep = lab.sweeps.one(uid)
    if _states(sweep) != before:
        st.rerun()
    words = progress_words(sweep.runs, seconds_left(lab, sweep.runs))
    st.progress(share_done(sweep.runs), text=words)


def seconds_left(lab: Lab, runs: Sequence[RunView]) -> float | None:
    """Wall-clock until the last of some runs is over, at the pace measured on this machine.

    None where none of them trains or waits, or where a pace is not known.
    """
    active = [run.spec for run in runs if run.state in ("queued", "running")]
    if not active:
        return None
    estimate = lab.estimates.of(active)
    return estimate.seconds if estimate.is_complete else None


def progress_words(runs: Sequence[RunView], left: float | None) -> str:
    """How far runs are: "3 of 9 runs done, 2 training, about 2 min 10 s left".

    Args:
        runs: All of them.
        left: Seconds until the last is over; None where that is not known.
    """
    states = [run.state for run in runs]
    done = states.count("completed")
    words = [f"{done} of {count(len(runs), 'run')} done"]
    for state, word in DOING.items():
        number = states.count(state)
        words += [f"{number} {word}"] if number else []
    words += [f"about {duration(round_seconds(left))} left"] if left else []
    spent = sum(run.train_seconds for run in runs)
    if runs and done == len(runs):
        words = [f"All {count(len(runs), 'run')} done, {duration(spent)} of training"]
    return ", ".join(words)
