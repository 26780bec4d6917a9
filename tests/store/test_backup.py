"""Backups and what is made of them: whole or not at all, and nothing is replaced unasked."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from l335.core.disk import Unusable
from l335.core.errors import LabError
from l335.core.records import Pointer, Row
from l335.data.blobs import Blobs
from l335.runner.garbage import Garbage
from l335.spec import ClassifySpec
from l335.store import Store, artifacts, queue, runs
from l335.store.backup import OpenedBackup, back_up, blob_name
from l335.store.locks import BACKUP_LOCK, DASHBOARD_LOCK, FileLock
from l335.store.restore import restore
from l335.store.trouble import StoreBroken
from l335.store.writer import Batch, commit


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder with a run in training: a row, a picture, two checkpoints."""
    folder = tmp_path / "data"
    store, blobs = Store.open(folder), Blobs(folder / "blobs")
    with store.write() as connection:
        runs.add(connection, ClassifySpec(), "cpu", 1)
        run = queue.claim(connection, queue.register(connection))
        assert run is not None
        files = [
            Pointer(name, step, "application/octet-stream", blobs.put(data), len(data))
            for name, step, data in (
                ("weights", 1, b"weights"),
                ("checkpoint", 1, b"older"),
                ("checkpoint", 2, b"newer"),
            )
        ]
        batch = Batch(run.id, run.attempt, [Row("train/loss", 1, 0.5, 1.0)])
        batch.snapshots, batch.checkpoints = files[:1], files[1:]
        commit(connection, [batch])
    store.close()
    return folder


def address_of(folder: Path, data: bytes) -> Path:
    blobs = Blobs(folder / "blobs")
    return folder / blob_name(blobs.put(data))


def test_what_was_backed_up_comes_back(filled: Path, tmp_path: Path) -> None:
    target, back = tmp_path / "lab.zip", tmp_path / "back"
    made = back_up(filled, target)
    assert (made.runs, made.files, made.lacking) == (1, 3, ())
    assert restore(target, back) == made
    store = Store.open(back)
    with store.read() as connection:
        (view,) = runs.page(connection, 10, 0, None)
        # Nobody trains it there, although the process that did so lives.
        assert (view.state, view.has_checkpoint, view.queue_position) == ("queued", True, 1)
        series = artifacts.metrics(connection, view.uid, 0, 10).series
        assert series["train/loss"].value == [0.5]
        assert artifacts.snapshots(connection, view.uid)[0].step == 1
        assert Blobs(back / "blobs").get(artifacts.newest_checkpoint(connection, view.uid)[1])
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "data", "lab.zip"]
    assert not (back / ".restoring").exists()


def test_a_backup_replaces_a_file_only_when_it_is_asked_to(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "lab.zip"
    target.write_bytes(b"mine")
    with pytest.raises(LabError, match="Give another name, or --overwrite"):
        back_up(filled, target)
    assert target.read_bytes() == b"mine"
    assert back_up(filled, target, overwrite=True).files == 3
    assert back_up(filled, target, overwrite=True).files == 3
    with pytest.raises(LabError, match="is a folder"):
        back_up(filled, tmp_path)
    with pytest.raises(LabError, match=r"does not exist\. Make it first"):
        back_up(filled, tmp_path / "nowhere" / "lab.zip")
    with pytest.raises(LabError, match="holds no store"):
        back_up(tmp_path, tmp_path / "other.zip")


@pytest.mark.parametrize("point", ["store_copied", "blob_read"])
def test_a_backup_that_is_killed_leaves_no_file_of_its_name(
    filled: Path, tmp_path: Path, point: str
) -> None:
    target = tmp_path / "out" / "lab.zip"
    target.parent.mkdir()
    line = [sys.executable, "-m", "l335", "backup", str(target), "--data-dir", str(filled)]
    env = os.environ | {"L335_FAULT": f"{point}:kill"}
    assert subprocess.run(line, env=env, check=False).returncode == -9
    assert not target.exists()
    assert len(list(target.parent.iterdir())) == 1  # what it had begun
    back_up(filled, target)
    assert list(target.parent.iterdir()) == [target]
    assert restore(target, tmp_path / "back").files == 3


def test_files_that_are_lost_already_are_named_and_the_rest_is_kept(
    filled: Path, tmp_path: Path
) -> None:
    address_of(filled, b"older").write_bytes(b"oldest")
    address_of(filled, b"weights").unlink()
    target = tmp_path / "lab.zip"
    line = [sys.executable, "-m", "l335", "backup", str(target), "--data-dir", str(filled)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 runs, 1 files" in done.stdout
    assert "2 files that the store names are missing or damaged" in done.stderr
    with OpenedBackup(target) as backup:
        assert len(backup.about.lacking) == 2
    restore(target, tmp_path / "back")
    assert len(list(Blobs(tmp_path / "back" / "blobs").addresses())) == 1


def test_the_collector_waits_for_a_backup(filled: Path) -> None:
    store, blobs = Store.open(filled), Blobs(filled / "blobs")
    orphan, old = blobs.put(b"orphan"), blobs.put(b"replaced")
    garbage = Garbage(store, blobs)
    garbage.add([old])
    with FileLock(filled / BACKUP_LOCK):
        garbage.sweep(grace_seconds=0)
        garbage.collect(grace_seconds=0)
        assert {orphan, old} <= set(blobs.addresses())
    os.utime(filled / blob_name(orphan), (0, 0))
    garbage.collect(grace_seconds=0)  # which makes up for the sweep, too
    assert not {orphan, old} & set(blobs.addresses())
    store.close()


def test_nothing_is_restored_over_anything(filled: Path, tmp_path: Path) -> None:
    target, back = tmp_path / "lab.zip", tmp_path / "back"
    back_up(filled, target)
    with pytest.raises(LabError, match="is not empty: it holds blobs"):
        restore(target, filled)
    back.mkdir()
    with FileLock(back / DASHBOARD_LOCK) as lock:
        lock.release()
        lock.acquire(is_shared=True)
        with pytest.raises(Unusable, match="is in use by a dashboard"):
            restore(target, back)
    (back / "notes.txt").write_text("mine")
    with pytest.raises(LabError, match=r"is not empty: it holds notes\.txt"):
        restore(target, back)
    (back / "notes.txt").unlink()
    assert restore(target, back).files == 3
    with pytest.raises(LabError, match="is not empty"):
        restore(target, back)


def test_a_restore_that_is_cut_off_leaves_no_lab_and_can_be_repeated(
    filled: Path, tmp_path: Path
) -> None:
    target, back = tmp_path / "lab.zip", tmp_path / "back"
    back_up(filled, target)
    line = [sys.executable, "-m", "l335", "restore", str(target), "--data-dir", str(back)]
    env = os.environ | {"L335_FAULT": "restored:kill"}
    assert subprocess.run(line, env=env, check=False).returncode == -9
    with pytest.raises(StoreBroken, match=r"was cut off\. Restore it once more"):
        Store.open(back)
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 runs and 3 files, as of" in done.stdout
    Store.open(back).close()


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def foreign(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.jpg", b"sea")


def flipped(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"newer", b"never"))


def no_zip(path: Path) -> None:
    path.write_bytes(b"no zip at all")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cut_short, "is no whole backup of the lab"),
        (foreign, "is no whole backup of the lab"),
        (no_zip, "is no whole backup of the lab"),
        (flipped, "or it is damaged in there. Nothing was restored"),
    ],
)
def test_a_damaged_backup_is_refused_and_the_folder_stays_empty(
    filled: Path, tmp_path: Path, spoil, sentence: str
) -> None:
    target, back = tmp_path / "lab.zip", tmp_path / "back"
    back_up(filled, target)
    spoil(target)
    with pytest.raises(LabError, match=sentence):
        restore(target, back)
    assert not back.exists() or {path.name for path in back.iterdir()} == {"store.lock"}
