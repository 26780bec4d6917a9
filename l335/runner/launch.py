"""The dashboard's side of the runner: start it where none lives, stop it when all have left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import TracebackType

from l335.runner.main import DASHBOARD_LOCK
from l335.runner.process import worker_environment
from l335.settings import ROOT, Settings
from l335.store.locks import RUNNER_LOCK, FileLock, is_held

START_SECONDS = 10.0
POLL_SECONDS = 0.02

_started: list[subprocess.Popen[bytes]] = []


def ensure_runner(settings: Settings) -> None:
    """Start a runner in the background unless one lives; returns once it holds its lock."""
    _started[:] = [process for process in _started if process.poll() is None]
    path = settings.data_dir / RUNNER_LOCK
    if is_held(path):
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    chosen = {f"L335_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    with (settings.data_dir / "runner.out").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "l335.runner"],
            cwd=ROOT,
            env=worker_environment() | chosen,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _started.append(process)
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and not is_held(path) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def stop_runner(settings: Settings) -> None:
    """Ask the runner to checkpoint, requeue and leave; one started by hand is left alone."""
    path = settings.data_dir / RUNNER_LOCK
    if not is_held(path):
        return
    try:
        note = json.loads(path.read_text())
    except ValueError:  # it has taken the lock and not yet written
        return
    if not note["stays"]:
        os.kill(note["pid"], signal.SIGTERM)


class DashboardPresence:
    """Tells the runner that a dashboard is open: ``with DashboardPresence(settings): ...``.

    The last dashboard that leaves stops the runner; its runs go on at the next start.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = FileLock(settings.data_dir / DASHBOARD_LOCK)

    def __enter__(self) -> DashboardPresence:
        self._settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(is_shared=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()
        last = FileLock(self._lock.path)
        if last.acquire(wait=False):
            stop_runner(self._settings)
            last.release()
