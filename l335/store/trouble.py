"""What the database refuses to do, told once and in sentences."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from l335.core import disk
from l335.core.disk import Unusable
from l335.core.errors import LabError

LAYOUT = ("no such table", "no such column", "has no column named")


class StoreBroken(LabError):
    """The store is damaged, or of a version that is not ours; waiting does not mend it."""


def in_sentences(error: BaseException, path: Path, busy_seconds: float) -> LabError | None:
    """What a driver's error means; None where it is a fault of ours.

    Args:
        error: As the driver raises it.
        path: The store's file.
        busy_seconds: How long was waited for others.
    """
    code, words = _primary_code(error), str(error)
    if is_busy(error):
        return Unusable(busy(path, busy_seconds))
    if code == sqlite3.SQLITE_FULL or (_may_be_for_space(code, words) and disk.is_full(path)):
        return Unusable(disk.full(path))
    if code == sqlite3.SQLITE_PROTOCOL:  # it gave up waiting for others' changes of the log
        return Unusable(busy(path, busy_seconds))
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return Unusable(disk.read_only(path))
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or words.startswith(LAYOUT):
        return StoreBroken(damaged(path, words))
    if code in _DISK:
        return Unusable(_unreachable(path, words))
    return None


def damaged(path: Path, words: str) -> str:
    """That a store is damaged; nothing of it is thrown away."""
    return (
        f"The store {path} is damaged ({words}). Stop the dashboard, move the data folder to "
        "another place and keep it, and restore a backup: `python -m l335 restore FILE`."
    )


def is_busy(error: BaseException) -> bool:
    """Whether a driver's error only says that others hold the store."""
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


_DISK = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_LOG = (sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY)  # it can't be grown, or not be begun


def _may_be_for_space(code: int, words: str) -> bool:
    # What was undone already can't be undone again: the second error hides the first.
    return code in (*_DISK, *_LOG) or words.startswith(("cannot rollback", "cannot commit"))


def busy(path: Path, seconds: float) -> str:
    """That others hold the store."""
    return (
        f"The store {path} is locked by another program for more than {seconds:g} s. Try again; "
        "where that does not help, close what holds it, such as a backup or a database viewer."
    )


def _unreachable(path: Path, words: str) -> str:
    folder = path.parent
    if not folder.exists():
        return f"The data folder {folder} is gone. Put it back, {disk.ELSEWHERE}"
    if path.is_dir():
        return f"{path} is a folder, where the store's file is needed. Move it away."
    try:
        with path.open("r+b"):
            pass
    except OSError as error:
        return disk.refusal(path, error)
    if not os.access(folder, os.W_OK | os.X_OK):
        return disk.read_only(folder)
    return (
        f"The store {path} can't be used: {words}. Look at the disk that holds it, and try again."
    )


def _primary_code(error: BaseException) -> int:
    # An extended code holds the primary one in its lowest byte.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
