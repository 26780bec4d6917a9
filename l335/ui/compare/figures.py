"""What each run has reached so far, and at what cost."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from l335.core.metrics import describe
from l335.results.views import RunView
from l335.service import Lab
from l335.ui import links, wording
from l335.ui.comparison import names_of_runs
from l335.ui.html_table import html_table

REFRESH_SECONDS = 2.0

SHOWN = {
    "classify": ("test/accuracy", "train/accuracy", "test/loss"),
    "fit-image": (
        "test/psnr_db",
        "train/psnr_db",
        "train/ssim_valid",
        "train/ssim",
        "original/psnr_db",
    ),
}
"""Figures of each half of the lab; those no run has take no column."""


def figures(lab: Lab, runs: Sequence[RunView]) -> None:
    """Draw a row for each run with its figures, kept up with while any of them trains."""
    st.subheader("Figures", anchor=False)
    is_moving = any(not run.is_over and run.state != "paused" for run in runs)
    # Only what moves is in the fragment: widgets in it would lose clicks.
    refresh = REFRESH_SECONDS if is_moving else None
    stands = [(run.uid, _stand(run)) for run in runs]
    st.fragment(_fresh_figures, run_every=refresh)(lab, stands)


def _stand(run: RunView) -> tuple[str, bool]:
    """What the rest of the page hangs on: the state, and whether there is an evaluation."""
    return run.state, run.headline in run.summary


def _fresh_figures(lab: Lab, stands: list[tuple[str, tuple[str, bool]]]) -> None:
    runs = [lab.run(uid) for uid, _ in stands]
    if any(_stand(run) != stand for run, (_, stand) in zip(runs, stands, strict=True)):
        st.rerun()  # what follows from these figures is drawn anew with them
    tasks = dict.fromkeys(run.task for run in runs)
    keys = [key for task in tasks for key in SHOWN[task] if any(key in run.summary for run in runs)]
    best = {run.headline for run in runs} & set(keys)
    head = ["Run", "State"]
    for key in keys:
        head += [describe(key).title, "best, at step"] if key in best else [describe(key).title]
    names = names_of_runs(runs)
    html_table(
        "Figures, a row for each run",
        [*head, "Parameters", "Steps", "Training time"],
        [_row(run, names[run.uid], keys, best) for run in runs],
        words=(0, 1),
    )
    st.caption("Figures are the last ones of each run; a name opens its run.")


def _row(run: RunView, name: str, keys: Sequence[str], best: set[str]) -> list[str]:
    address = f"{links.base_path()}/runs?run={run.uid}"
    link = f'<a href="{address}" target="_self" style="color: inherit">{html.escape(name)}</a>'
    cells = [link, wording.STATES[run.state][0]]
    for key in keys:
        entry = run.summary.get(key, {})
        cells.append(wording.value(key, entry.get("last")))
        if key in best:
            step = entry.get("best_step")
            at = "" if step is None else f", {step:,}"
            cells.append(f"{wording.value(key, entry.get('best'))}{at}")
    steps = (
        f"{run.step:,}" if run.step == run.total_steps else f"{run.step:,} of {run.total_steps:,}"
    )
    time = wording.duration(run.train_seconds) if run.step else "–"
    return [*cells, f"{run.num_parameters:,}", steps, time]
