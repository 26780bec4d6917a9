"""The buttons that act on all runs of a sweep, on its own page and on that of a lab."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from l335.results.views import CellView, SweepView
from l335.service import Lab
from l335.ui.failure import refusing


def sweep_buttons(lab: Lab, sweep: SweepView) -> None:
    """Draw the buttons that act on all runs of a sweep, those that fit their states."""
    active = [run for run in sweep.runs if not run.is_over and run.want != "cancel"]
    paused = [run for run in active if run.state == "paused" or run.want == "pause"]
    if active and len(paused) < len(active):
        _button("Pause", "pause", lab.sweeps.pause, sweep, "Keep checkpoints and free the places.")
    if paused:
        _button("Resume", "play_arrow", lab.sweeps.resume, sweep, "Go on from the checkpoints.")
    if active:
        _button("Stop all", "stop", lab.sweeps.stop, sweep, "What the runs have made is kept.")
    if sweep.to_rerun:
        label = f"Rerun {len(sweep.to_rerun):,} {what_ended(sweep.to_rerun)}"
        _button(
            label, "replay", lab.sweeps.rerun_failed, sweep, "From the last checkpoint, if any."
        )


def what_ended(cells: Sequence[CellView]) -> str:
    """Why cells are to be trained again: "failed", or "failed or stopped"."""
    states = {cell.run.state if cell.run else "deleted" for cell in cells}
    words = {"failed": "failed", "cancelled": "stopped", "deleted": "deleted"}
    return " or ".join(word for state, word in words.items() if state in states)


def _button(
    label: str, icon: str, act: Callable[[str], object], sweep: SweepView, help: str
) -> None:
    def click() -> None:
        act(sweep.uid)

    st.button(
        label,
        key=f"sweep.{icon}",
        icon=f":material/{icon}:",
        on_click=refusing(click),
        help=help,
    )
