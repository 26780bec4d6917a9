"""The dashboard's side of the runner: start it where none lives, stop it when all have left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

from l335.core.disk import make_folder, sentences_for
from l335.core.settings import ROOT, Settings
from l335.runner import said
from l335.runner.process import worker_environment
from l335.store.locks import DASHBOARD_LOCK, RUNNER_LOCK, FileLock, is_held

START_SECONDS = 10.0
POLL_SECONDS = 0.02

_started: list[subprocess.Popen[bytes]] = []


def ensure_runner(settings: Settings) -> None:
    """Start a runner in the background unless one lives; returns once it holds its lock."""
    _started[:] = [process for process in _started if process.poll() is None]
    path = settings.data_dir / RUNNER_LOCK
    if is_held(path):
        return
    make_folder(settings.data_dir)
    chosen = {f"L335_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    printed = settings.data_dir / said.FILE
    with sentences_for(printed), printed.open("ab") as output:
        said.trim(settings.data_dir)
        process = subprocess.Popen(
            [sys.executable, "-m", "l335.runner"],
            cwd=ROOT,
            env=worker_environment() | chosen,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        output.write(said.heading(process.pid))
    _started.append(process)
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and not is_held(path) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def stop_runner(settings: Settings) -> None:
    """Ask the runner to checkpoint, requeue and leave; one started by hand is left alone."""
    note = runner_note(settings)
    if note is not None and not note["stays"]:
        os.kill(note["pid"], signal.SIGTERM)


def runner_note(settings: Settings) -> dict[str, Any] | None:
    """What the runner at work says of itself; None where none is known.

    Its ``pid``, whether it ``stays``, and what it ``waits_for``, as a sentence or empty.
    """
    path = settings.data_dir / RUNNER_LOCK
    if not is_held(path):
        return None
    try:
        note: dict[str, Any] = json.loads(path.read_text())
    except (ValueError, OSError):  # it has taken the lock and not yet written
        return None
    return note


class DashboardPresence:
    """Tells the runner that a dashboard is open: ``with DashboardPresence(settings): ...``.

    The last dashboard that leaves stops the runner; its runs go on at the next start.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = FileLock(settings.data_dir / DASHBOARD_LOCK)

    def __enter__(self) -> DashboardPresence:
        make_folder(self._settings.data_dir)
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
