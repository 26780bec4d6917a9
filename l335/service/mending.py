"""Files of runs that were lost or damaged, made anew where that can be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from l335.core.settings import ASSETS
from l335.data.images import BUNDLED, sanitise
from l335.service import Lab
from l335.store.backup import OpenedBackup
from l335.store.soundness import compare
from l335.store.tables import artifact, job


@dataclass(frozen=True)
class Mended:
    """What was mended.

    Attributes:
        copied: Files taken from a backup.
        bundled: Bundled pictures stored anew.
        forgotten: Analyses whose pictures were lost; asked for again they are made again.
        left: What could not be mended: what each file is of, by SHA-256.
    """

    copied: int
    bundled: int
    forgotten: int
    left: dict[str, str]


def mend(lab: Lab, backup: Path | None = None) -> Mended:
    """Mend what can be mended of the files the store names; sound ones are not touched.

    Args:
        lab: The lab.
        backup: Of this lab, to take files from.

    Raises:
        LabError: The backup can't be read, or the folder not be written.
    """
    data_dir = lab.settings.data_dir
    lost = compare(data_dir).lost
    copied = _put(lab, lost, _from_backup(lost, backup)) if backup is not None else 0
    bundled = _put(lab, lost, _bundled()) if "image" in lost.values() else 0
    forgotten = _forget_looks(lab, lost) if "product" in lost.values() else 0
    return Mended(copied, bundled, forgotten, compare(data_dir).lost)


def _put(lab: Lab, lost: dict[str, str], files: Iterable[bytes]) -> int:
    """Store those of the files that are lost, which they are no longer; returns how many."""
    before = len(lost)
    for data in files:
        if lost.pop(hashlib.sha256(data).hexdigest(), None) is not None:
            lab.blobs.put(data)
    return before - len(lost)


def _from_backup(lost: dict[str, str], path: Path) -> Iterator[bytes]:
    with OpenedBackup(path) as backup:
        for sha256 in list(lost):
            data = backup.blob(sha256)
            if data is not None:
                yield data


def _bundled() -> Iterator[bytes]:
    for name, _ in BUNDLED:
        yield sanitise((ASSETS / "images" / name).read_bytes()).png


def _forget_looks(lab: Lab, lost: dict[str, str]) -> int:
    addresses = [sha256 for sha256, kind in lost.items() if kind == "product"]
    with lab.store.write() as connection:
        of_lost = select(artifact.c.job_id).where(
            artifact.c.sha256.in_(addresses), artifact.c.job_id.is_not(None)
        )
        return connection.execute(delete(job).where(job.c.id.in_(of_lost))).rowcount
