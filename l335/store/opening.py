"""What stands in a data folder before its store is opened, and whether it may be migrated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from l335.core.disk import ELSEWHERE, Unusable
from l335.data.blobs import BLOBS_FOLDER
from l335.store import tables
from l335.store.driver import reading
from l335.store.locks import DASHBOARD_LOCK, RUNNER_LOCK, STORE_LOCK, FileLock, is_held
from l335.store.trouble import StoreBroken

FILE_NAME = "lab.sqlite3"
MIGRATE_LOCK = "migrate.lock"
RESTORING = ".restoring"
"""Folder in the data folder in which a backup is unpacked."""

PATIENCE_SECONDS = 60.0
"""Longest wait for another process that migrates or restores this store."""

NUM_NAMED = 3


def revision_of(path: Path, *, is_still: bool = False) -> str:
    """The layout of the store in a file; empty where it is to be made. Nothing is changed.

    Args:
        path: The file.
        is_still: As of ``driver.reading``.

    Raises:
        StoreBroken: Another program's database, a later layout, a damaged file, or no file where
            something of a lab is left.
        Unusable: It can't be read now.
    """
    names, revision = _contents(path, is_still)
    if not names:
        _refuse_remains(path)
        return ""
    if not names >= {"alembic_version", tables.run.name}:
        shown = ", ".join(f"`{name}`" for name in sorted(names)[:NUM_NAMED])
        raise StoreBroken(
            f"{path} is a database of another program, with tables such as {shown}; it was left "
            f"as it is. Move it to another place, {ELSEWHERE}"
        )
    refuse_newer(path, revision)
    return revision


def refuse_newer(path: Path, revision: str) -> None:
    """Go no further with a store of a later version.

    Raises:
        StoreBroken: This version does not know its layout.
    """
    is_known = revision.isdigit() and len(revision) == len(tables.REVISION)
    if not is_known or revision > tables.REVISION:
        raise StoreBroken(
            f"The store {path} has the layout `{revision}`, which this version does not "
            f"know; it knows those up to `{tables.REVISION}`. Use the newer version it was "
            "written with."
        )


def _contents(path: Path, is_still: bool) -> tuple[set[str], str]:
    """Names of the tables, and the layout they say they have."""
    if not path.is_file() or not path.stat().st_size:
        return set(), ""
    with reading(path, is_still=is_still) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        names = {name for (name,) in connection.execute(query)}
        row = None
        if "alembic_version" in names:
            row = connection.execute("SELECT * FROM alembic_version").fetchone()
    return names, str(row[0]) if row else ""


def _refuse_remains(path: Path) -> None:
    folder = path.parent
    copies = sorted(folder.glob(f"{path.stem}.before-*.sqlite3"))
    if (folder / RESTORING).exists():
        raise StoreBroken(
            f"Restoring a backup into {folder} was cut off. Restore it once more: "
            "`python -m l335 restore FILE`."
        )
    blob = next((folder / BLOBS_FOLDER).glob(f"??/{'?' * 64}"), None)
    if blob is None and not copies:
        return
    left = "the pictures and checkpoints of runs" if blob is not None else "a copy of a store"
    what = "is empty" if path.exists() else "is missing"
    raise StoreBroken(
        f"{folder} holds {left}, but its store {path.name} {what}. Nothing was changed. Put the "
        "store back, or restore a backup into an empty folder; docs/operations.md tells how. To "
        f"begin anew, move what is left to another place, {ELSEWHERE}"
    )


def shared(data_dir: Path) -> FileLock:
    """The lock of those that have the store open, taken.

    Raises:
        Unusable: Another process migrates or restores the store, for longer than we wait.
    """
    lock = FileLock(data_dir / STORE_LOCK)
    if not lock.acquire_within(PATIENCE_SECONDS, is_shared=True):
        raise Unusable(
            f"The store in {data_dir} is being migrated or restored by another process. Try again "
            "when it is done."
        )
    return lock


def migrate_alone(data_dir: Path, migrate: Callable[[], None], *, is_runner: bool) -> None:
    """Have the store made or migrated, by one process and while no other works on it.

    Args:
        data_dir: The data folder.
        migrate: Does it.
        is_runner: Whether this process is the runner, whose lock is its own.

    Raises:
        Unusable: Another process works on an older store; nothing was changed.
    """
    with FileLock(data_dir / MIGRATE_LOCK):
        before = revision_of(data_dir / FILE_NAME)
        if before == tables.REVISION:
            return
        # Nobody can be at work on a store that does not exist; many may open a new one at once.
        is_new = not before
        others = "" if is_new else at_work(data_dir, is_runner=is_runner)
        alone = FileLock(data_dir / STORE_LOCK)
        if others or not alone.acquire(is_shared=is_new, wait=False):
            raise Unusable(
                f"The store in {data_dir} has the older layout `{before}` and must be migrated, "
                f"but {others or 'another process'} still works on it. Stop that first, then "
                "start this again; nothing was changed."
            )
        with alone:
            migrate()


def at_work(data_dir: Path, *, is_runner: bool = False) -> str:
    """Who works on a folder, of those that earlier versions tell of; empty where nobody does."""
    if is_held(data_dir / DASHBOARD_LOCK, by_anyone=True):
        return "a dashboard, lab or sweep"
    path = data_dir / RUNNER_LOCK
    if is_runner or not is_held(path):
        return ""
    try:
        return f"a runner (process {json.loads(path.read_text())['pid']})"
    except (ValueError, LookupError, OSError):
        return "a runner"
