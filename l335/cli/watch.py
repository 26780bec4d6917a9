"""Waits in the terminal for the runs of a sweep, which train in the background."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from l335.core.metrics import describe
from l335.results.views import CellView, RunView, SweepView
from l335.runner.launch import DashboardPresence, ensure_runner
from l335.service import Lab

POLL_SECONDS = 0.2
RUNNER_CHECK_SECONDS = 2.0


def wait(lab: Lab, uid: str) -> SweepView:
    """Follow a sweep until it is over; Ctrl+C stops its runs, which keep what they have made.

    Where no runner lives one is started, and it leaves with us.
    """
    with DashboardPresence(lab.settings), _asked_to_stop() as asked:
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as bar:
            return _Follower(lab, uid, bar, console, asked).follow()


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    asked: list[int] = []
    before = {
        number: signal.signal(number, lambda received, _frame: asked.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Follower:
    """What was shown of a sweep so far."""

    def __init__(
        self, lab: Lab, uid: str, bar: Progress, console: Console, asked: list[int]
    ) -> None:
        self._lab, self._uid, self._bar, self._console, self._asked = lab, uid, bar, console, asked
        self._task = bar.add_task("", total=None)
        self._shown: set[int] = set()
        self._is_stopped = False

    def follow(self) -> SweepView:
        checked_at = -RUNNER_CHECK_SECONDS
        while True:
            if time.monotonic() - checked_at >= RUNNER_CHECK_SECONDS:
                ensure_runner(self._lab.settings)
                checked_at = time.monotonic()
            sweep = self._lab.sweeps.one(self._uid)
            self._show(sweep)
            if all(run.is_over or run.state == "paused" for run in sweep.runs):
                return sweep
            if self._asked and not self._is_stopped:
                self._lab.sweeps.stop(self._uid)
                self._is_stopped = True
            time.sleep(POLL_SECONDS)

    def _show(self, sweep: SweepView) -> None:
        runs = sweep.runs
        total = sum(run.total_steps for run in runs)
        done = sum(run.total_steps if run.is_over else run.step for run in runs)
        over = sum(run.is_over for run in runs)
        text = f"{over} of {len(runs)} runs over"
        self._bar.update(self._task, description=text, total=total, completed=done)
        for cell in sweep.cells:
            if cell.run is not None and cell.run.is_over and cell.place not in self._shown:
                self._shown.add(cell.place)
                self._console.print(line(cell, cell.run), highlight=False, soft_wrap=True)


def line(cell: CellView, run: RunView) -> str:
    """One finished run: "[3] lr 0.1, seed 0: completed, test accuracy 87.1 %, 4.2 s"."""
    state = "stopped" if run.state == "cancelled" else run.state
    words = [f"\\[{cell.place + 1}] {cell.name}, seed {run.seed}: {state}"]
    if run.state == "failed":
        return f"{words[0]}: {run.error_text}"
    metric = describe(run.headline)
    value = run.summary.get(metric.key, {}).get("last")
    if value is not None:
        # "PSNR" is written in capitals inside a sentence too.
        title = metric.title if metric.title[:2].isupper() else metric.title.lower()
        words.append(f"{title} {metric.show(value)}")
    return ", ".join([*words, f"{run.train_seconds:.1f} s of training"])
