"""A data folder as one file, made while runs train; and a data folder made from one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from l335 import __version__
from l335.core import disk
from l335.core.errors import LabError, NotFound
from l335.core.faults import fault
from l335.data.blobs import BLOBS_FOLDER, BlobDamaged, Blobs
from l335.store import driver, opening
from l335.store.locks import BACKUP_LOCK, FileLock
from l335.store.opening import FILE_NAME
from l335.store.references import named_blobs, num_runs

ABOUT = "about.json"
ANOTHER_DISK = "or write the backup to another disk."


@dataclass(frozen=True)
class Contents:
    """What a backup holds, as it says itself.

    Attributes:
        version: Of the lab that made it.
        made_at: When, in seconds since 1970.
        layout: Of its store.
        runs: How many runs, deleted ones included.
        files: How many pictures, checkpoints and other blobs.
        lacking: SHA-256 of files the store names that were missing or damaged already.
    """

    version: str
    made_at: float
    layout: str
    runs: int
    files: int
    lacking: tuple[str, ...] = ()


def blob_name(sha256: str) -> str:
    """Name of a blob in a backup, and in the data folder."""
    return f"{BLOBS_FOLDER}/{sha256[:2]}/{sha256}"


def back_up(data_dir: Path, target: Path, *, overwrite: bool = False) -> Contents:
    """Write a backup of a data folder; runs may train meanwhile.

    The store is copied at one moment, then every file that this copy names. Files are deleted by
    nobody in between, and the backup appears under its name whole or not at all.

    Args:
        data_dir: What is backed up.
        target: The file to write, a zip.
        overwrite: Whether a file of this name may be replaced.

    Raises:
        LabError: There is no store, or the file exists and may not be replaced.
        Unusable: The folder can't be read or the file not be written; the text says why.
        StoreBroken: The store is damaged.
    """
    if not disk.nearest(data_dir).is_dir():
        raise disk.Unusable(disk.refusal(data_dir, NotADirectoryError()))
    layout = opening.revision_of(data_dir / FILE_NAME)
    if not layout:
        raise LabError(f"There is nothing to back up: {data_dir} holds no store.")
    if target.is_dir():
        raise LabError(f"{target} is a folder; give the name of a file in it.")
    if not target.absolute().parent.is_dir():
        raise LabError(f"The folder {target.absolute().parent} does not exist. Make it first.")
    with opening.shared(data_dir), FileLock(data_dir / BACKUP_LOCK):
        # Looked at here, for another backup to the same name may have been waited for.
        if target.exists() and not overwrite:
            raise LabError(f"{target} exists. Give another name, or --overwrite to replace it.")
        begun = target.absolute().parent / _name_of_begun(data_dir)
        with disk.sentences_for(target, ANOTHER_DISK):
            shutil.rmtree(begun, ignore_errors=True)  # of a backup that was killed
            begun.mkdir()
            try:
                return _write(data_dir, layout, begun, target)
            finally:
                shutil.rmtree(begun, ignore_errors=True)


def _name_of_begun(data_dir: Path) -> str:
    # Of this data folder alone: only one backup of it is written at a time.
    place = f"{socket.gethostname()}:{data_dir.resolve()}"
    return f".l335-backup-{hashlib.sha256(place.encode()).hexdigest()[:8]}"


def _write(data_dir: Path, layout: str, begun: Path, target: Path) -> Contents:
    store, archive = begun / FILE_NAME, begun / "backup.zip"
    made_at = time.time()
    driver.copy(data_dir / FILE_NAME, store)
    fault("store_copied")
    with driver.reading(store, is_still=True) as connection:
        named, number = named_blobs(connection), num_runs(connection)
    blobs, lacking = Blobs(data_dir / BLOBS_FOLDER), []
    with archive.open("wb") as file:
        with zipfile.ZipFile(file, "w", strict_timestamps=False) as written:
            written.write(store, FILE_NAME, zipfile.ZIP_DEFLATED, compresslevel=1)
            for sha256 in sorted(named):
                data = _sound(blobs, sha256)
                if data is None:
                    lacking.append(sha256)
                else:
                    written.writestr(blob_name(sha256), data)
            files = len(named) - len(lacking)
            about = Contents(__version__, made_at, layout, number, files, tuple(lacking))
            written.writestr(ABOUT, json.dumps(asdict(about), indent=1))
        file.flush()
        os.fsync(file.fileno())
    os.replace(archive, target)
    return about


def _sound(blobs: Blobs, sha256: str) -> bytes | None:
    fault("blob_read")
    try:
        return blobs.get(sha256)
    except (NotFound, BlobDamaged, OSError):
        return None


class OpenedBackup:
    """A backup that is read: ``with OpenedBackup(path) as backup``.

    Raises:
        LabError: The file is none, or not a whole one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with disk.sentences_for(path, "or use another one."):
                self._archive = zipfile.ZipFile(path)
            self._names = set(self._archive.namelist())
            values: dict[str, Any] = json.loads(self._archive.read(ABOUT))
            self.about = Contents(**values | {"lacking": tuple(values["lacking"])})
            if FILE_NAME not in self._names:
                raise KeyError(FILE_NAME)
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
            raise self._refusal(str(error)) from error

    def _refusal(self, words: str) -> LabError:
        return LabError(
            f"{self.path} is no whole backup of the lab ({words}). Use another one; files that "
            "were copied while they were written are cut short."
        )

    def blob(self, sha256: str) -> bytes | None:
        """A file by its address, checked; None where the backup has no sound one."""
        if blob_name(sha256) not in self._names:
            return None
        try:
            data = self._archive.read(blob_name(sha256))
        except (zipfile.BadZipFile, EOFError):
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def extract_store(self, target: Path) -> None:
        """Write the store to a file.

        Raises:
            LabError: It is damaged.
        """
        try:
            with self._archive.open(FILE_NAME) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise self._refusal(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def __enter__(self) -> OpenedBackup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
