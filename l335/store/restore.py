"""A data folder made from a backup, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from l335.core.disk import Unusable, make_folder, sentences_for
from l335.core.errors import LabError
from l335.core.faults import fault
from l335.data.blobs import BLOBS_FOLDER, Blobs
from l335.store import driver, opening
from l335.store.backup import Contents, OpenedBackup
from l335.store.locks import BACKUP_LOCK, DASHBOARD_LOCK, RUNNER_LOCK, STORE_LOCK, FileLock
from l335.store.opening import FILE_NAME, MIGRATE_LOCK, RESTORING
from l335.store.references import named_blobs

HARMLESS = {STORE_LOCK, BACKUP_LOCK, MIGRATE_LOCK, DASHBOARD_LOCK, RUNNER_LOCK, "lost+found"}
"""Names an empty data folder may hold: locks nobody holds, and what a new disk begins with."""

# No runner of the new folder has any of these in hand, even where the old folder's still lives.
_LET_GO = (
    "UPDATE run SET runner_id = NULL, lease_until = NULL, want = 'run', state = CASE want "
    "WHEN 'pause' THEN 'paused' WHEN 'cancel' THEN 'cancelled' ELSE 'queued' END "
    "WHERE state = 'running'",
    "UPDATE job SET runner_id = NULL, state = 'queued' WHERE state = 'running'",
)


def restore(source: Path, data_dir: Path) -> Contents:
    """Make a data folder from a backup; runs that were training go on from their checkpoints.

    Raises:
        LabError: The folder is not empty, or the file is no whole backup.
        Unusable: The folder is in use or can't be written; the text says why.
        StoreBroken: The backup is of a later version, or its store is damaged.
    """
    with OpenedBackup(source) as backup:
        opening.refuse_newer(source, backup.about.layout)
        _refuse_full(data_dir)
        make_folder(data_dir)
        alone = FileLock(data_dir / STORE_LOCK)
        at_work = opening.at_work(data_dir)
        if at_work or not alone.acquire(wait=False):
            raise Unusable(
                f"{data_dir} is in use by {at_work or 'another process'}. Stop that first, or "
                "give another folder with --data-dir."
            )
        with alone, sentences_for(data_dir):
            _refuse_full(data_dir)
            _place(backup, data_dir)
        return backup.about


def _refuse_full(data_dir: Path) -> None:
    if not os.path.isdir(data_dir):
        return  # made soon, or refused as what it is
    with sentences_for(data_dir):
        names = {path.name for path in data_dir.iterdir()} - HARMLESS
    if RESTORING in names and FILE_NAME not in names:
        names -= {RESTORING, BLOBS_FOLDER}  # of a restore that was cut off
    if names:
        raise LabError(
            f"{data_dir} is not empty: it holds {sorted(names)[0]}. A backup is restored into an "
            "empty folder only; move what is there to another place, or give another folder with "
            "--data-dir."
        )


def _place(backup: OpenedBackup, data_dir: Path) -> None:
    begun = data_dir / RESTORING
    for remains in (begun, data_dir / BLOBS_FOLDER):
        shutil.rmtree(remains, ignore_errors=True)
    begun.mkdir()
    try:
        backup.extract_store(begun / FILE_NAME)
        _let_go(begun / FILE_NAME)
        _extract_blobs(backup, begun)
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    fault("restored")
    os.sync()
    # The store comes last: without it nothing here is taken for a lab.
    os.replace(begun / BLOBS_FOLDER, data_dir / BLOBS_FOLDER)
    os.replace(begun / FILE_NAME, data_dir / FILE_NAME)
    begun.rmdir()
    os.sync()


def _let_go(store: Path) -> None:
    with driver.in_words(store):
        connection = driver.sqlite_module().connect(str(store), isolation_level=None)
        try:
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
            if verdict != "ok":
                raise LabError(f"The store in the backup is damaged ({verdict}). Use another one.")
            for statement in _LET_GO:
                connection.execute(statement)
        finally:
            connection.close()


def _extract_blobs(backup: OpenedBackup, begun: Path) -> None:
    blobs = Blobs(begun / BLOBS_FOLDER)
    (begun / BLOBS_FOLDER).mkdir()
    with driver.reading(begun / FILE_NAME, is_still=True) as connection:
        named = named_blobs(connection)
    for sha256 in sorted(named.keys() - set(backup.about.lacking)):
        data = backup.blob(sha256)
        if data is None:
            raise LabError(
                f"{backup.path} lacks the file {sha256}, or it is damaged in there. Nothing was "
                "restored; use another backup."
            )
        blobs.put(data)
