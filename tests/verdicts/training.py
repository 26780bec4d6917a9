"""Trains specifications that a data folder lacks, and reads their curves back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from l335.core.settings import Settings
from l335.results.views import RunView
from l335.runner.launch import DashboardPresence, ensure_runner
from l335.service import Lab
from l335.spec import ClassifySpec

POLL_SECONDS = 10.0  # reading thousands of runs takes time from those that train
RUNNER_CHECK_SECONDS = 5.0


class Trainer:
    """A data folder whose runs are used as they are, and trained where there is none.

    Args:
        data_dir: The folder.
        slots: Runs that train at once, each on one thread.
    """

    def __init__(self, data_dir: Path, slots: int) -> None:
        settings = Settings(data_dir=data_dir, slots=slots, threads=1, device="cpu")
        self.lab = Lab.open(settings)

    def train(self, specs: Sequence[ClassifySpec]) -> dict[str, RunView]:
        """The runs of these settings, by ``key_of``; waits until all are over."""
        wanted = {key_of(spec): spec for spec in specs}
        missing = [spec for spec in wanted.values() if self.lab.newest_run(spec) is None]
        self.lab.submit_all(missing)
        with DashboardPresence(self.lab.settings):
            self._wait(len(missing))
        found = {key: self.lab.newest_run(spec) for key, spec in wanted.items()}
        return {key: run for key, run in found.items() if run is not None}

    def _wait(self, number: int) -> None:
        checked_at = shown_at = -RUNNER_CHECK_SECONDS
        while True:
            if time.monotonic() - checked_at >= RUNNER_CHECK_SECONDS:
                ensure_runner(self.lab.settings)
                checked_at = time.monotonic()
            left = sum(not run.is_over for run in self.lab.runs(limit=10_000))
            if not left:
                return
            if time.monotonic() - shown_at > 60:
                print(f"{left:,} of {number:,} runs to come", flush=True)
                shown_at = time.monotonic()
            time.sleep(POLL_SECONDS)


def key_of(spec: ClassifySpec) -> str:
    """What tells one specification from every other."""
    return spec.model_dump_json()
