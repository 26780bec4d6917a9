"""Locks between processes, held as long as the file stays open: a killed holder lets go."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from l335.core.disk import sentences_for

RUNNER_LOCK = "runner.lock"
"""File in the data folder that the one runner working on it holds."""

DASHBOARD_LOCK = "dashboard.lock"
"""Shared by the dashboards, labs and sweeps that need a runner on this data folder."""

STORE_LOCK = "store.lock"
"""Shared by all that have the store open; whoever migrates or restores it holds it alone."""

BACKUP_LOCK = "backup.lock"
"""Held by a backup while it copies blobs, and by whoever deletes some while it does so."""

WAIT_SECONDS = 0.05
NOTE_BYTES = 4096


class FileLock:
    """A lock on a file, for one holder or shared by many."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self, *, is_shared: bool = False, wait: bool = True) -> bool:
        """Take the lock; without ``wait``, false where another process is in the way.

        Raises:
            Unusable: The file can't be made or opened.
        """
        with sentences_for(self.path):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        mode = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(fd, mode if wait else mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def acquire_within(self, seconds: float, *, is_shared: bool = False) -> bool:
        """Take the lock, waiting so long at most; false where another process still holds it."""
        deadline = time.monotonic() + seconds
        while not self.acquire(is_shared=is_shared, wait=False):
            if time.monotonic() >= deadline:
                return False
            time.sleep(WAIT_SECONDS)
        return True

    def release(self) -> None:
        """Let go; harmless where the lock is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def write(self, text: str) -> None:
        """Leave a note for others in the locked file, with blanks behind it.

        Raises:
            OSError: There is no room for the first one; later ones take the same room.
        """
        assert self._fd is not None
        os.pwrite(self._fd, text.encode().ljust(NOTE_BYTES), 0)

    def __enter__(self) -> FileLock:
        if self._fd is None:
            self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def is_held(path: Path, *, by_anyone: bool = False) -> bool:
    """Whether another process holds the lock alone, or ``by_anyone`` also shared."""
    if not path.exists():
        return False
    lock = FileLock(path)
    is_free = lock.acquire(is_shared=not by_anyone, wait=False)
    lock.release()
    return not is_free
