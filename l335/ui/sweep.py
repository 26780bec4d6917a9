"""Runs that belong together: found again by their settings, started, watched and stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from l335.core.errors import LabError, NotFound, SpecError
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec, Spec
from l335.spec.identity import settings_text
from l335.ui.time_line import time_line
from l335.ui.wording import count, duration, plain

Name = TypeVar("Name")
REFRESH_SECONDS = 2.0


def found_runs(
    lab: Lab, key: str, specs: Mapping[Name, FitImageSpec], *, keep_failed: bool = False
) -> dict[Name, RunView | None]:
    """The run of each specification; None where it has to be trained.

    Args:
        lab: The lab.
        key: Begins what is remembered of this set of runs.
        specs: What is wanted, by any name.
        keep_failed: Whether the newest run counts even where it has failed or been stopped; else
            it has to be trained again, and a failure is said here.
    """
    find = lab.newest_run if keep_failed else lab.find_run
    # Looking up by settings reads many rows, so what was found once is asked for by its uid.
    known: dict[str, str] = st.session_state.setdefault(f"{key}.uids", {})
    found: dict[Name, RunView | None] = {}
    for name, spec in specs.items():
        text = settings_text(spec)
        run = _by_uid(lab, known.get(text), text, say_failure=not keep_failed) or find(spec)
        if run is not None:
            known[text] = run.uid
        found[name] = run
    return found


def _by_uid(lab: Lab, uid: str | None, text: str, *, say_failure: bool) -> RunView | None:
    if uid is None:
        return None
    try:
        run = lab.run(uid)
    except NotFound:
        return None
    if run.bends or settings_text(run.spec) != text:  # it was trained on past its end
        return None
    if run.state == "failed" and say_failure:
        st.error(f"A run failed: {plain(run.error_text)}", icon=":material/error:")
    # One that failed or was stopped may have been started again since.
    return None if run.state in ("failed", "cancelled") else run


def is_unfinished(runs: Mapping[Name, RunView | None]) -> bool:
    """Whether any of the runs is still to change."""
    return any(run is not None and not run.is_over for run in runs.values())


def start_and_stop(
    lab: Lab,
    key: str,
    specs: Mapping[Name, FitImageSpec],
    runs: Mapping[Name, RunView | None],
    *,
    max_runs: int,
) -> None:
    """Draw the buttons that train what is missing and stop what trains, and what it will take."""
    missing = [spec for name, spec in specs.items() if runs[name] is None]
    active = [run for run in runs.values() if run is not None and not run.is_over]
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Train {count(len(missing), 'run')}" if missing else "Nothing to train"
        if st.button(
            label,
            key=f"{key}.start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not missing or len(specs) > max_runs,
            shortcut="Ctrl+Enter",
        ):
            submit_all(lab, missing)
        if active and st.button("Stop all", key=f"{key}.stop", icon=":material/stop:"):
            for run in active:
                lab.stop(run.uid)
            st.rerun()
        if len(specs) > max_runs:
            st.caption(
                f"These settings make {len(specs)} runs; at most {max_runs} are trained at once. "
                "Take a choice or two away."
            )
        elif missing:
            time_line(lab, missing)
        else:
            st.caption(f"All {count(len(specs), 'run')} of these settings are here.")


def submit_all(lab: Lab, specs: Sequence[Spec]) -> None:
    """Queue runs, all or none, and draw the page anew; where one is refused, say why."""
    try:
        lab.submit_all(specs)
    except SpecError as error:
        for problem in error.problems:
            st.error(problem.message, icon=":material/error:")
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.rerun()


def progress(runs: Mapping[Name, RunView | None]) -> None:
    """One bar for all runs together, with what they are doing."""
    started = [run for run in runs.values() if run is not None]
    if not started:
        return
    completed = sum(run.state == "completed" for run in started)
    training = sum(run.state == "running" for run in started)
    waiting = sum(run.state in ("queued", "paused") for run in started)
    words = [f"{completed} of {count(len(started), 'run')} completed"]
    words += [f"{training} training"] if training else []
    words += [f"{waiting} waiting"] if waiting else []
    left = seconds_left(started)
    words += [f"about {duration(left)} left"] if left else []
    st.progress(share_done(started), text=", ".join(words))


def share_done(runs: Sequence[RunView]) -> float:
    """How much of the training is done, in [0, 1]."""
    total = sum(run.total_steps for run in runs)
    done = sum(run.total_steps if run.state == "completed" else run.step for run in runs)
    return min(1.0, done / total) if total else 0.0


def seconds_left(started: Sequence[RunView]) -> float | None:
    training = [run for run in started if run.state == "running"]
    paces = [run.train_seconds / run.step for run in started if run.step and run.train_seconds]
    if not training or not paces:
        return None
    steps = sum(run.total_steps - run.step for run in started if not run.is_over)
    return steps * sum(paces) / len(paces) / len(training)
