"""What of a data folder nobody needs: what was deleted, files nothing names, leftovers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from l335.core.settings import Settings
from l335.data.blobs import BLOBS_FOLDER, Blobs
from l335.store import Store, removal
from l335.store.locks import BACKUP_LOCK, FileLock

UNDO_SECONDS = 3600.0
"""For so long a deletion can be undone on a page that is still open."""

GRACE_SECONDS = 3600.0
"""A file this new may be about to be named by a row, or may still be written."""


@dataclass(frozen=True)
class Dispensable:
    """What may go.

    Attributes:
        runs: Deleted runs, by the store's number.
        sweeps: Deleted sweeps, by the store's number.
        num_rows: Points of those runs' curves.
        files: SHA-256 of files that no row names, or only rows of those runs, with their bytes.
        leftovers: Files whose writers were killed, with their bytes.
    """

    runs: list[int]
    sweeps: list[int]
    num_rows: int
    files: dict[str, int]
    leftovers: dict[Path, int]

    @property
    def num_bytes(self) -> int:
        """Of all files together."""
        return sum(self.files.values()) + sum(self.leftovers.values())

    def is_empty(self) -> bool:
        """Whether there is nothing to free."""
        return not (self.runs or self.sweeps or self.files or self.leftovers)


def dispensable(settings: Settings, store: Store, blobs: Blobs) -> Dispensable:
    """Look for what may go; nothing is changed."""
    before = time.time() - UNDO_SECONDS
    with store.read() as connection:
        runs = removal.deleted_runs(connection, before)
        sweeps = removal.deleted_sweeps(connection, before)
        num_rows = removal.num_rows(connection, runs)
        named = removal.named_files(connection, runs)
    files = {
        sha256: size
        for sha256 in blobs.addresses()
        if sha256 not in named and (size := _old_size(_path(settings, sha256))) is not None
    }
    leftovers = {path: path.stat().st_size for path in _leftovers(settings.data_dir, blobs)}
    return Dispensable(runs, sweeps, num_rows, files, leftovers)


def free(settings: Settings, store: Store, blobs: Blobs, found: Dispensable) -> int:
    """Free what was found, as far as it is still not needed; returns the bytes of the files gone.

    Runs may train meanwhile: each row and file is looked at again before it goes. A backup that is
    being made is waited for, since what it has yet to copy must not go.
    """
    with FileLock(settings.data_dir / BACKUP_LOCK):
        return _free(store, blobs, found)


def _free(store: Store, blobs: Blobs, found: Dispensable) -> int:
    for number in found.sweeps:
        with store.write() as connection:
            removal.forget_sweep(connection, number)
    for number in found.runs:
        with store.write() as connection:  # one at a time, so that nobody waits long
            removal.forget_run(connection, number)
    num_bytes = 0
    with store.read() as connection:
        named = removal.named_files(connection)
    for sha256, size in found.files.items():
        # A row is only ever added for a file whose date is fresh, so what is old and was not named
        # a moment ago stays unnamed.
        if sha256 not in named and blobs.delete(sha256, grace_seconds=GRACE_SECONDS):
            num_bytes += size
    for path, size in found.leftovers.items():
        with contextlib.suppress(FileNotFoundError):
            if _old_size(path) is not None:
                path.unlink()
                num_bytes += size
    return num_bytes


def _path(settings: Settings, sha256: str) -> Path:
    return settings.data_dir / BLOBS_FOLDER / sha256[:2] / sha256


def _old_size(path: Path) -> int | None:
    """Bytes of a file that was not written to for a while; None of another one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size if time.time() - found.st_mtime >= GRACE_SECONDS else None


def _leftovers(data_dir: Path, blobs: Blobs) -> Iterator[Path]:
    yield from blobs.unfinished(grace_seconds=GRACE_SECONDS)
    for path in (data_dir / "FashionMNIST").rglob("*.part"):  # of an unpacking that was killed
        if _old_size(path) is not None:
            yield path
