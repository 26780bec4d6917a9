"""Files of runs that were lost or damaged, made anew where that can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from l335.images import BUNDLED, sanitise
from l335.lab import Lab
from l335.settings import ASSETS
from l335.store.backup import OpenedBackup
from l335.store.soundness import Compared, compare
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
    found = compare(data_dir)
    copied = _from_backup(lab, found, backup) if backup is not None else 0
    bundled = _from_assets(lab, found)
    still = compare(data_dir).lost
    forgotten = _forget_looks(lab, [sha256 for sha256, kind in still.items() if kind == "product"])
    return Mended(copied, bundled, forgotten, compare(data_dir).lost)


def _from_backup(lab: Lab, found: Compared, path: Path) -> int:
    with OpenedBackup(path) as backup:
        kept = [data for sha256 in found.lost if (data := backup.blob(sha256)) is not None]
    for data in kept:
        lab.blobs.put(data)
    return len(kept)


def _from_assets(lab: Lab, found: Compared) -> int:
    if "image" not in found.lost.values():
        return 0
    for name, _ in BUNDLED:
        lab.blobs.put(sanitise((ASSETS / "images" / name).read_bytes()).png)
    left = compare(lab.settings.data_dir).lost
    return len([sha256 for sha256, kind in found.lost.items() if kind == "image"]) - len(
        [sha256 for sha256, kind in left.items() if kind == "image"]
    )


def _forget_looks(lab: Lab, addresses: list[str]) -> int:
    with lab.store.write() as connection:
        of_lost = select(artifact.c.job_id).where(
            artifact.c.sha256.in_(addresses), artifact.c.job_id.is_not(None)
        )
        return connection.execute(delete(job).where(job.c.id.in_(of_lost))).rowcount
