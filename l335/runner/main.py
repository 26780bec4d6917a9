"""Entry of the runner: ``l335 runner``, or started by the dashboard."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
import signal
import sys
import time
from collections.abc import Callable

from l335.core.disk import make_folder, sentences_for
from l335.core.errors import LabError
from l335.core.settings import Settings
from l335.data.blobs import BLOBS_FOLDER, Blobs
from l335.runner.loop import Runner
from l335.store import Store
from l335.store.locks import DASHBOARD_LOCK, RUNNER_LOCK, FileLock, is_held

log = logging.getLogger("l335.runner")

LOG_FILE = "runner.log"
MAX_LOG_BYTES = 2_000_000
MAX_NOTE_CHARACTERS = 1000
LOCK_TRIES, LOCK_TRY_SECONDS = 10, 0.1
IDLE_SECONDS = 30.0
IDLE_POLL_SECONDS = 1.0


def main(settings: Settings, *, stays: bool = True) -> None:
    """Run until SIGTERM or Ctrl+C; a second runner of the same data folder leaves at once.

    Args:
        settings: Where the data lives and how much of the machine to use.
        stays: Whether to stay when there is nothing to do and no dashboard is open.
    """
    make_folder(settings.data_dir)
    lock = FileLock(settings.data_dir / RUNNER_LOCK)
    if not _take(lock):
        print(f"A runner already works on {settings.data_dir}.")
        return
    with lock:
        _log_to(settings)
        try:
            _run(settings, stays, lock)
        except LabError as error:
            log.error("the runner can't work: %s", error)
            raise
        except Exception:
            log.exception("the runner failed")
            raise


def _take(lock: FileLock) -> bool:
    # Asking whether a runner lives holds the lock for a moment, so one refusal proves nothing.
    for _ in range(LOCK_TRIES):
        if lock.acquire(wait=False):
            return True
        time.sleep(LOCK_TRY_SECONDS)
    return False


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log that loses lines where the disk is full, which pages tell, instead of complaining."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _log_to(settings: Settings) -> None:
    path = settings.data_dir / LOG_FILE
    with sentences_for(path):
        handler = _LogFile(path, maxBytes=MAX_LOG_BYTES, backupCount=2)
    line = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(line, "%Y-%m-%d %H:%M:%S %z"))
    logging.getLogger("l335").addHandler(handler)
    logging.getLogger("l335").setLevel(logging.INFO)


class _Leave:
    """Decides when a runner leaves: on a signal, or when nobody needs it any more."""

    def __init__(self, settings: Settings, stays: bool) -> None:
        self._dashboards = settings.data_dir / DASHBOARD_LOCK
        self._stays = stays
        self._is_asked = False
        self._idle_since: float | None = None
        self._looked_at = 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self._is_asked = True

    def __call__(self, is_idle: Callable[[], bool]) -> bool:
        return self._is_asked or (not self._stays and self._is_unneeded(is_idle))

    def _is_unneeded(self, is_idle: Callable[[], bool]) -> bool:
        now = time.monotonic()
        if now - self._looked_at >= IDLE_POLL_SECONDS:
            self._looked_at = now
            if not is_idle() or is_held(self._dashboards, by_anyone=True):
                self._idle_since = None
            elif self._idle_since is None:
                self._idle_since = now
        return self._idle_since is not None and now - self._idle_since >= IDLE_SECONDS


def _run(settings: Settings, stays: bool, lock: FileLock) -> None:
    def tell(waits_for: str) -> None:
        note = {"pid": os.getpid(), "stays": stays, "waits_for": waits_for[:MAX_NOTE_CHARACTERS]}
        lock.write(json.dumps(note))

    def tell_later(waits_for: str) -> None:
        with contextlib.suppress(OSError):  # where the full disk is what is to be told
            tell(waits_for)

    with sentences_for(lock.path):
        tell("")
    leave = _Leave(settings, stays)
    root = settings.data_dir / BLOBS_FOLDER
    store = Store.open(settings.data_dir, is_runner=True)
    log.info("started (pid %d, %d slots)", os.getpid(), settings.slots)
    runner = Runner(settings, store, Blobs(root), root, tell_later)
    _prepare_data(settings)  # while the fork server imports
    runner.run(leave)
    store.close()
    log.info("left")


def _prepare_data(settings: Settings) -> None:
    from l335.data.datasets import prepare_fashion_mnist

    try:
        prepare_fashion_mnist(settings.data_dir)
    except (LabError, OSError) as error:  # runs that need it will say so; others still train
        log.warning("Fashion-MNIST is not ready: %s", error)
