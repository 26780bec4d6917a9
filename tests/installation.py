"""A real installation for tests: a data folder, a lab, and a runner process to be cruel to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from sqlalchemy import select

from l335.components.architectures.mlp import Mlp
from l335.core.settings import Settings
from l335.data.datasets import prepare_fashion_mnist
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.store import tables
from l335.store.locks import DASHBOARD_LOCK, FileLock

SHORT = ClassifySpec(train_size=500, epochs=2)
LONG = ClassifySpec(model=Mlp(width=64), train_size=3000, batch_size=10, epochs=10)
"""Long enough to be disturbed: some seconds, most of them steps and not evaluations."""

Rows = dict[str, dict[int, float | None]]


def eventually(is_so: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until something holds; returns how long it took."""
    started = time.monotonic()
    while not is_so():
        waited = time.monotonic() - started
        assert waited < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - started


class Installation:
    def __init__(self, data_dir: Path) -> None:
        self.settings = Settings(data_dir=data_dir, slots=2, threads=1, device="cpu")
        self.lab = Lab.open(self.settings)
        self.runner: subprocess.Popen[bytes] | None = None
        self._presence = FileLock(data_dir / DASHBOARD_LOCK)

    def start(self, fault: str = "", patch: str = "") -> None:
        """Start a runner; returns once its fork server can fork.

        Args:
            fault: See ``l335.core.faults``.
            patch: Python that the runner executes first, to shorten a wait or move a clock.
        """
        self._presence.release()
        self._presence.acquire(is_shared=True)  # or the runner leaves while other tests go on
        values = self.settings.model_dump() | ({"fault": fault} if fault else {})
        env = os.environ | {f"L335_{name.upper()}": str(value) for name, value in values.items()}
        log = self.settings.data_dir / "runner.log"
        seen = log.stat().st_size if log.exists() else 0
        code = f"{patch}\nimport l335.runner.__main__"
        self.runner = subprocess.Popen([sys.executable, "-c", code], env=env)
        eventually(
            lambda: (
                log.exists()
                and any(words in log.read_text()[seen:] for words in ("is ready", "start slower"))
            ),
            60,
            "a runner that can start workers",
        )

    def end(self) -> float:
        """Stop the runner as a service manager would; returns the seconds it took."""
        if self.runner is None:
            return 0.0
        started = time.monotonic()
        self.runner.send_signal(signal.SIGTERM)
        assert self.runner.wait(20) in (0, -signal.SIGKILL)
        self.runner = None
        return time.monotonic() - started

    def kill_runner(self) -> None:
        assert self.runner is not None
        self.runner.kill()
        self.runner.wait()
        self.runner = None

    def fork_server(self) -> psutil.Process:
        assert self.runner is not None
        [found] = psutil.Process(self.runner.pid).children()
        return found

    def workers(self) -> list[psutil.Process]:
        try:
            return [p for p in self.fork_server().children() if p.status() != psutil.STATUS_ZOMBIE]
        except (psutil.NoSuchProcess, ValueError):
            return []

    def at_step(self, uid: str, step: int) -> RunView:
        eventually(lambda: self.lab.run(uid).step >= step, 60, f"step {step}")
        return self.lab.run(uid)

    def in_state(self, uid: str, *states: str, seconds: float = 120) -> RunView:
        eventually(lambda: self.lab.run(uid).state in states, seconds, f"one of {states}")
        return self.lab.run(uid)

    def over(self, uid: str) -> RunView:
        return self.in_state(uid, "completed", "failed", "cancelled")

    def rows(self, uid: str) -> Rows:
        series = self.lab.metrics(uid, limit=1_000_000).series
        return {
            key: dict(zip(points.step, points.value, strict=True)) for key, points in series.items()
        }

    def attempts(self, uid: str) -> dict[int, int]:
        """Which attempt wrote the training loss of each step."""
        metric, run, key = tables.metric, tables.run, tables.metric_key
        query = (
            select(metric.c.step, metric.c.attempt)
            .join(run, metric.c.run_id == run.c.id)
            .join(key, metric.c.key_id == key.c.id)
            .where(run.c.uid == uid, key.c.name == "train/loss")
        )
        with self.lab.store.read() as connection:
            return {row.step: row.attempt for row in connection.execute(query)}

    def close(self) -> None:
        if self.runner is not None:
            self.end()
        self._presence.release()
        self.lab.close()


def new_installation(data_dir: Path, prepared: Path) -> Installation:
    """An installation that shares the decompressed data of another folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "FashionMNIST").symlink_to(prepared / "FashionMNIST")
    return Installation(data_dir)


def prepare(folder: Path) -> Path:
    """Decompress the data once."""
    prepare_fashion_mnist(folder)
    return folder
