"""Files by the hash of their content; no name a person typed ever becomes a path."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from l335.core import disk
from l335.core.errors import LabError, NotFound
from l335.core.faults import fault

_SHA256 = re.compile("[0-9a-f]{64}")
_UNFINISHED = ".put-"

BLOBS_FOLDER = "blobs"
"""Folder of the blobs in the data folder."""


class DiskFull(disk.Unusable):
    """There is no space left for a file."""


class BlobDamaged(LabError):
    """A stored file no longer has the content its address promises."""


class Blobs:
    """Stores bytes under their SHA-256, in a folder or any fsspec file system.

    Args:
        root: A folder, or a URL such as ``s3://bucket/lab``.
    """

    def __init__(self, root: str | Path) -> None:
        self._files, self._root = fsspec.core.url_to_fs(str(root))

    def put(self, data: bytes) -> str:
        """Store bytes for good and return their SHA-256; safe against a crash at any moment.

        A file that is there already is compared, and written anew where it is damaged.

        Raises:
            DiskFull: There is no space left; nothing was stored.
            Unusable: The folder can't be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        try:
            if self._is_kept(path, sha256):
                return sha256
            self._write(path, data)
        except OSError as error:
            kind = DiskFull if error.errno in disk.NO_SPACE else disk.Unusable
            raise kind(disk.refusal(Path(self._root), error)) from error
        fault("blob_stored")
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes behind an address.

        Raises:
            NotFound: Nothing is stored there.
            BlobDamaged: Something else is stored there.
        """
        try:
            data: bytes = self._files.cat_file(self._path(sha256))
        except FileNotFoundError:
            raise NotFound(f"There is no stored file {sha256}.") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(
                f"The stored file {sha256} is damaged. `python -m l335 doctor` tells what can be "
                "made anew, and takes files from a backup."
            )
        return data

    def delete(self, sha256: str, *, grace_seconds: float = 0.0) -> bool:
        """Delete a file unless it was stored again within the grace; false where it stays."""
        path = self._path(sha256)
        try:
            modified = self._files.modified(path).timestamp()
            if time.time() - modified < grace_seconds:
                return False
            self._files.rm_file(path)
        except FileNotFoundError:
            return False
        return True

    def addresses(self) -> Iterator[str]:
        """The SHA-256 of every stored file."""
        for path in self._files.find(self._root) if self._files.exists(self._root) else ():
            name = path.rpartition("/")[2]
            if _SHA256.fullmatch(name):
                yield name

    def delete_unfinished(self, *, grace_seconds: float) -> int:
        """Delete what writers that were killed have begun; returns how many files."""
        num_deleted = 0
        for path in self.unfinished(grace_seconds=grace_seconds):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                num_deleted += 1
        return num_deleted

    def unfinished(self, *, grace_seconds: float) -> Iterator[Path]:
        """Files that were begun, and not written to for so long."""
        if isinstance(self._files, LocalFileSystem):
            for path in Path(self._root).glob(f"*/{_UNFINISHED}*"):
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - path.stat().st_mtime >= grace_seconds:
                        yield path

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise NotFound("A stored file is named by 64 hexadecimal digits.")
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _write(self, path: str, data: bytes) -> None:
        if isinstance(self._files, LocalFileSystem):
            _write_atomically(Path(path), data)
        else:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, data)

    def _is_kept(self, path: str, sha256: str) -> bool:
        # A fresh date keeps the collector away until a row refers to the file; it is read after
        # that, for a collector may have been on its way already.
        if not isinstance(self._files, LocalFileSystem):
            return False
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        return False


def _write_atomically(path: Path, data: bytes) -> None:
    # A reader sees all of the file or none, and after a power cut a rename that was seen stays.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fault("blob_before_rename")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
