"""What of a data folder may go, and what may not; on real stores and files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from l335.cli import cli
from l335.core.errors import NotFound
from l335.core.records import Pointer, Row
from l335.core.settings import Settings
from l335.service import Lab
from l335.service.prune import GRACE_SECONDS, UNDO_SECONDS, Dispensable, dispensable, free
from l335.spec import ClassifySpec
from l335.store import queue, runs, sweeps, tables
from l335.store.writer import Batch, Ending, commit


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab.open(Settings(data_dir=tmp_path, device="cpu"))
    yield lab
    lab.close()


def age(lab: Lab, sha256: str, seconds: float = 2 * GRACE_SECONDS) -> None:
    path = lab.settings.data_dir / "blobs" / sha256[:2] / sha256
    os.utime(path, (time.time() - seconds,) * 2)


def old_blob(lab: Lab, data: bytes) -> str:
    sha256 = lab.blobs.put(data)
    age(lab, sha256)
    return sha256


def trained(lab: Lab, checkpoint: str, *, is_over: bool = True) -> str:
    """A run with two points and a checkpoint."""
    pointer = Pointer("checkpoint", 1, "application/octet-stream", checkpoint, 10)
    rows = [Row("train/loss", step, 1.0, 0.1) for step in (1, 2)]
    with lab.store.write() as connection:
        uid = runs.add(connection, ClassifySpec(), "cpu", 1)
        run = queue.claim(connection, queue.register(connection), uid)
        assert run is not None
        batch = Batch(run.id, run.attempt, rows=rows, checkpoints=[pointer])
        batch.ending = Ending("completed") if is_over else None
        commit(connection, [batch])
    return uid


def deleted(lab: Lab, uid: str, seconds: float = 2 * UNDO_SECONDS) -> None:
    lab.delete(uid)
    with lab.store.write() as connection:
        of_run = update(tables.run).where(tables.run.c.uid == uid)
        connection.execute(of_run.values(deleted_at=time.time() - seconds))


def look(lab: Lab) -> Dispensable:
    return dispensable(lab.settings, lab.store, lab.blobs)


def freed(lab: Lab) -> set[str]:
    before = set(lab.blobs.addresses())
    free(lab.settings, lab.store, lab.blobs, look(lab))
    return before - set(lab.blobs.addresses())


def test_a_deleted_run_goes_with_its_files_and_what_others_share_stays(lab: Lab) -> None:
    own, shared, orphan = (old_blob(lab, data) for data in (b"own", b"shared", b"orphan"))
    gone, kept = trained(lab, own), trained(lab, shared)
    also_gone = trained(lab, shared)
    for uid in (gone, also_gone):
        deleted(lab, uid)
    found = look(lab)
    assert (len(found.runs), found.num_rows) == (2, 4)
    assert found.files == {own: 3, orphan: 6}
    assert freed(lab) == {own, orphan}
    assert [run.uid for run in lab.runs()] == [kept]
    with pytest.raises(NotFound):
        lab.restore(gone)
    assert look(lab).is_empty()


def test_what_can_be_undone_or_is_new_stays(lab: Lab) -> None:
    files = [old_blob(lab, data) for data in (b"just deleted", b"in a sweep", b"running")]
    just, in_sweep = trained(lab, files[0]), trained(lab, files[1])
    running = trained(lab, files[2], is_over=False)
    with lab.store.write() as connection:
        number = runs.run_id(connection, in_sweep)
        sweeps.add(connection, "", "Sweep", {}, [("cell", {}, number)])
    deleted(lab, just, seconds=60)
    deleted(lab, in_sweep)
    deleted(lab, running)
    fresh = lab.blobs.put(b"about to be named")
    leftover = lab.settings.data_dir / "blobs" / fresh[:2] / ".put-being-written"
    leftover.write_bytes(b"half")
    assert look(lab).is_empty()
    assert freed(lab) == set()
    assert leftover.exists()


def test_what_killed_writers_left_goes(lab: Lab) -> None:
    folder = lab.settings.data_dir / "blobs" / "ab"
    folder.mkdir(parents=True)
    leftover = folder / ".put-left"
    leftover.write_bytes(b"half")
    os.utime(leftover, (time.time() - 2 * GRACE_SECONDS,) * 2)
    assert look(lab).leftovers == {leftover: 4}
    assert free(lab.settings, lab.store, lab.blobs, look(lab)) == 4
    assert not leftover.exists()


def test_a_file_stored_again_after_the_look_stays(lab: Lab) -> None:
    sha256 = old_blob(lab, b"wanted again")
    found = look(lab)
    assert sha256 in found.files
    assert lab.blobs.put(b"wanted again") == sha256  # whoever does so names it next
    assert free(lab.settings, lab.store, lab.blobs, found) == 0
    assert lab.blobs.get(sha256) == b"wanted again"


def test_a_run_restored_after_the_look_stays(lab: Lab) -> None:
    checkpoint = old_blob(lab, b"weights")
    uid = trained(lab, checkpoint)
    deleted(lab, uid)
    found = look(lab)
    lab.restore(uid)
    free(lab.settings, lab.store, lab.blobs, found)
    assert lab.run(uid).has_checkpoint
    assert lab.checkpoint(uid) == b"weights"


def test_the_command_shows_first_and_frees_with_yes(lab: Lab) -> None:
    old_blob(lab, b"x" * 2_000_000)
    folder = ["--data-dir", str(lab.settings.data_dir)]
    shown = CliRunner().invoke(cli, ["prune", *folder])
    assert shown.exit_code == 0
    assert "1 file that nothing names: 2.0 MB" in shown.output
    assert "Nothing was freed" in shown.output
    done = CliRunner().invoke(cli, ["prune", "--yes", *folder])
    assert "Freed 2.0 MB." in done.output
    assert "There is nothing to free" in CliRunner().invoke(cli, ["prune", *folder]).output
