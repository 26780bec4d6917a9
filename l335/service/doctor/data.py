"""The data folder, its store and its files, looked at without changing anything."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from l335.core import disk
from l335.core.disk import ELSEWHERE, Unusable
from l335.core.errors import LabError
from l335.core.wording import count
from l335.data.blobs import BLOBS_FOLDER
from l335.service.doctor.check import Check
from l335.store import driver, opening
from l335.store.opening import FILE_NAME
from l335.store.references import num_runs
from l335.store.soundness import compare
from l335.store.trouble import StoreBroken, damaged

MIN_FREE_BYTES = 2_000_000_000
NUM_NAMED = 3
UNTOUCHED = "Nothing was changed; docs/operations.md tells more, under Faults."


def data_folder(folder: Path) -> Check:
    """Whether it can be made, written as a whole, and has space."""
    existing = disk.nearest(folder.absolute())
    if not os.path.isdir(existing):
        return _folder(f"{existing} is a file, where a folder is needed", f"Move it, {ELSEWHERE}")
    rights = f"Give user {os.getuid()} the right to write it, {ELSEWHERE}"
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
        locked = [str(path.relative_to(folder)) for path in _unwritable(folder)]
    except OSError as error:
        full = error.errno in disk.NO_SPACE
        return _folder(
            f"{folder} can't be written: {error.strerror}", disk.full(folder) if full else rights
        )
    if locked:
        shown = ", ".join(locked[:NUM_NAMED]) + (" ..." if len(locked) > NUM_NAMED else "")
        remedy = f"Give user {os.getuid()} all of it: `sudo chown -R {os.getuid()} {folder}`."
        return _folder(f"{folder} can be written only in part; not {shown}", remedy)
    free = shutil.disk_usage(existing).free
    remedy = f"Free {MIN_FREE_BYTES / 1e9:.0f} GB there, {ELSEWHERE}"
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    return Check("Data folder", free >= MIN_FREE_BYTES, detail, remedy)


def _folder(detail: str, remedy: str) -> Check:
    return Check("Data folder", False, detail, remedy)


def _unwritable(folder: Path) -> Iterator[Path]:
    """What of the folder this user may not change, of what the lab has to."""
    if not os.path.isdir(folder):
        return
    places = sorted(folder.iterdir())
    if os.path.isdir(folder / BLOBS_FOLDER):
        places += sorted((folder / BLOBS_FOLDER).iterdir())
    for place in places:
        is_ours = not place.is_symlink()  # what is linked to belongs to somebody else
        if is_ours and not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0)):
            yield place


def store(folder: Path) -> Check:
    """Whether the store is whole and of a layout this version knows."""
    path = folder / FILE_NAME
    try:
        return Check("Store", True, _examined(path, is_still=False))
    except StoreBroken as error:
        return Check("Store", False, str(error), UNTOUCHED)
    except Unusable as error:
        # Whole or not can often be seen even where nothing can be written.
        try:
            whole = _examined(path, is_still=True)
        except LabError:
            return Check("Store", False, str(error), UNTOUCHED)
        remedy = f"The store is whole and needs no copy put back. {UNTOUCHED}"
        return Check("Store", False, f"{whole}; but now it can't be used: {error}", remedy)


def _examined(path: Path, *, is_still: bool) -> str:
    if not opening.revision_of(path, is_still=is_still):
        return f"none yet; the first start makes {path}"
    with driver.reading(path, is_still=is_still) as connection:
        verdict = str(connection.execute("PRAGMA quick_check").fetchone()[0])
        number = num_runs(connection)
    if verdict != "ok":
        raise StoreBroken(damaged(path, verdict))
    return f"{path}, {count(number, 'run')}"


def blobs(folder: Path) -> Check:
    """Whether every file the store names is there, with the content it had."""
    try:
        found = compare(folder)
    except LabError as error:
        return Check(
            "Files of runs", False, f"can't be compared with the store: {error}", UNTOUCHED
        )
    detail = f"{count(found.num_files, 'file')}, {found.num_bytes / 1e6:,.1f} MB"
    if found.unnamed:
        detail += (
            f"; {count(len(found.unnamed), 'more file')} ({found.num_unnamed_bytes / 1e6:,.1f} MB) "
            "that nothing names, which the runner deletes at its start once they are a day old"
        )
    if not found.lost:
        return Check("Files of runs", True, detail)
    words = [
        f"{len(which)} {word} ({_kinds(which)})"
        for word, which in (("missing", found.missing), ("damaged", found.damaged))
        if which
    ]
    return Check(
        "Files of runs",
        False,
        f"{' and '.join(words)}; {detail}",
        "`python -m l335 doctor --mend` makes anew what it can: bundled pictures, and analyses "
        "when they are asked for again. With `--backup FILE` it takes the files from a backup. A "
        "run goes on from the checkpoint before a damaged one.",
    )


def _kinds(which: dict[str, str]) -> str:
    return ", ".join(count(number, kind) for kind, number in Counter(which.values()).items())
