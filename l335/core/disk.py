"""Folders and files that can't be used: what is wrong with them, and what to do about it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l335.core.errors import LabError

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
FEW_BYTES = 1 << 16
"""Less space than the store needs to be opened."""

ELSEWHERE = "or choose another folder with L335_DATA_DIR."


class Unusable(LabError):
    """The store or a folder can't be used now; what was stored is untouched.

    It may be usable again by itself: whoever waits in the background tries again.
    """


@contextmanager
def sentences_for(path: Path, elsewhere: str = ELSEWHERE) -> Iterator[None]:
    """Tell in a sentence what the system refuses to do with a file or folder.

    Args:
        path: The file or folder.
        elsewhere: How another place is chosen; the end of a sentence.

    Raises:
        Unusable: In place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise Unusable(refusal(path, error, elsewhere)) from error


def make_folder(folder: Path) -> None:
    """Make a folder with those above it, where it does not exist.

    Raises:
        Unusable: It can't be made; the text says why.
    """
    with sentences_for(folder):
        folder.mkdir(parents=True, exist_ok=True)


def refusal(path: Path, error: OSError, elsewhere: str = ELSEWHERE) -> str:
    """What the system refuses to do with a file or folder, in sentences."""
    if error.errno in NO_SPACE:
        return full(path)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{nearest(path)} is a file, where a folder is needed. Move it away, {elsewhere}"
    if error.errno == errno.EROFS or isinstance(error, PermissionError):
        return read_only(path, elsewhere)
    return f"{path} can't be used: {error.strerror}. Look at the disk that holds it, {elsewhere}"


def nearest(path: Path) -> Path:
    """The path itself, or what of those above it exists."""
    return next(place for place in (path, *path.parents) if os.path.exists(place))


def full(path: Path) -> str:
    """That no space is left."""
    return f"The disk that holds {path} is full. Free some space and try again."


def read_only(path: Path, elsewhere: str = ELSEWHERE) -> str:
    """That a file or folder may not be written."""
    return (
        f"{path} can't be written by user {os.getuid()}: it is read-only. Make it and its folder "
        f"writable, {elsewhere}"
    )


def is_full(path: Path) -> bool:
    """Whether the disk that holds a file or folder has no space left to speak of."""
    existing = next((place for place in (path, *path.parents) if os.path.exists(place)), None)
    return existing is not None and shutil.disk_usage(existing).free < FEW_BYTES
