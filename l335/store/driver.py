"""SQLite itself: which build is used, reading a file without changing it, and copying one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from l335.store.trouble import in_sentences

BUSY_SECONDS = 10.0


def sqlite_module() -> ModuleType:
    """The driver: pysqlite3 where it is installed, else Python's own."""
    # SQLite 3.7.0 to 3.51.2 can lose committed rows in WAL mode; pysqlite3 brings a fixed one.
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    return pysqlite3  # type: ignore[no-any-return]


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can lose rows when two connections write back the WAL at once."""
    backports = ((3, 44, 6), (3, 50, 7))
    is_backport = any(version[:2] == fix[:2] and version >= fix for fix in backports)
    return not is_backport and version < (3, 51, 3)


@contextlib.contextmanager
def reading(path: Path, *, is_still: bool = False) -> Iterator[Any]:
    """A connection that only reads a database, in one transaction: one moment of it.

    Args:
        path: The file; nothing of it is changed, whoever made it.
        is_still: Whether nobody writes it meanwhile, which lets a file in a folder be read where
            nothing may be written; what is in its write-ahead log is left out then.

    Raises:
        Unusable: It can't be read now; the text says why.
        StoreBroken: It is damaged, or no database.
    """
    module = sqlite_module()
    address = f"file:{quote(str(path.absolute()))}?{'immutable=1' if is_still else 'mode=ro'}"
    with in_words(path):
        connection = module.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others go on writing it.

    The copy is a single file, without a write-ahead log beside it.

    Raises:
        Unusable: The one can't be read or the other not be written; the text says why.
        StoreBroken: The source is damaged.
    """
    with reading(source) as found:
        # The first read takes the snapshot, and waits for whoever has the file for itself no
        # longer than any other does; the copying would wait for ever.
        found.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with in_words(target):
            copied = sqlite_module().connect(str(target), isolation_level=None)
            try:
                found.backup(copied)
                copied.execute("PRAGMA journal_mode=DELETE").fetchone()
            finally:
                copied.close()


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Tell in a sentence what the driver refuses to do with a file.

    Raises:
        Unusable, StoreBroken: In place of the driver's errors.
    """
    try:
        yield
    except sqlite_module().Error as error:
        raise (in_sentences(error, path, BUSY_SECONDS) or error) from error
