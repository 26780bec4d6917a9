"""The stored files held against what the store says of them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from l335.core.disk import Unusable
from l335.core.errors import NotFound
from l335.data.blobs import BLOBS_FOLDER, BlobDamaged, Blobs
from l335.store import opening
from l335.store.driver import reading
from l335.store.locks import BACKUP_LOCK, FileLock
from l335.store.opening import FILE_NAME
from l335.store.references import named_blobs


@dataclass(frozen=True)
class Compared:
    """How files and store agree.

    Attributes:
        num_files: Files the store names that are there and whole.
        num_bytes: Their size.
        missing: Files the store names that are not there: what each is of, by SHA-256.
        damaged: The same for those with another content.
        unnamed: Files nothing names: of runs that were removed, or about to be named.
        num_unnamed_bytes: Their size.
    """

    num_files: int
    num_bytes: int
    missing: dict[str, str]
    damaged: dict[str, str]
    unnamed: tuple[str, ...]
    num_unnamed_bytes: int

    @property
    def lost(self) -> dict[str, str]:
        """What is missing or damaged."""
        return self.missing | self.damaged


def compare(data_dir: Path) -> Compared:
    """Read every file the store names; takes as long as the disk does, and changes nothing.

    Raises:
        Unusable: The store can't be read now.
        StoreBroken: It is damaged.
    """
    path, blobs = data_dir / FILE_NAME, Blobs(data_dir / BLOBS_FOLDER)
    if not opening.revision_of(path):
        return Compared(0, 0, {}, {}, (), 0)
    lock = FileLock(data_dir / BACKUP_LOCK)
    with contextlib.suppress(Unusable):  # where nothing can be written, nobody deletes either
        lock.acquire()
    try:
        with reading(path) as connection:
            named = named_blobs(connection)
        return _compared(blobs, named, data_dir)
    finally:
        lock.release()


def _compared(blobs: Blobs, named: dict[str, str], data_dir: Path) -> Compared:
    missing, damaged, num_bytes = {}, {}, 0
    for sha256, kind in named.items():
        try:
            num_bytes += len(blobs.get(sha256))
        except NotFound:
            missing[sha256] = kind
        except (BlobDamaged, OSError):
            damaged[sha256] = kind
    unnamed = tuple(sorted(set(blobs.addresses()) - named.keys()))
    sizes = [_size(data_dir / BLOBS_FOLDER / one[:2] / one) for one in unnamed]
    num_files = len(named) - len(missing) - len(damaged)
    return Compared(num_files, num_bytes, missing, damaged, unnamed, sum(sizes))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it has just been deleted
        return 0
