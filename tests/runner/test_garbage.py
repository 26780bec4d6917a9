"""Stored files live as long as a row refers to them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete

from l335.core.records import Pointer
from l335.data.blobs import Blobs
from l335.runner.garbage import Garbage
from l335.spec import ClassifySpec
from l335.store import Store, queue, runs, tables
from l335.store.writer import Batch, commit


def test_snapshots_outlive_the_sweep_and_go_with_their_run(tmp_path: Path) -> None:
    store, blobs = Store.open(tmp_path), Blobs(tmp_path / "blobs")
    kept, replaced, orphan = (blobs.put(data) for data in (b"kept", b"replaced", b"orphan"))
    garbage = Garbage(store, blobs)

    def snapshot(step: int, sha256: str) -> None:
        pointer = Pointer("weights", step, "application/octet-stream", sha256, 8)
        with store.write() as connection:
            garbage.add(
                commit(connection, [Batch(run.id, run.attempt, snapshots=[pointer])]).dropped
            )

    with store.write() as connection:
        runs.add(connection, ClassifySpec(), "cpu", 1)
        run = queue.claim(connection, queue.register(connection))
    assert run is not None
    snapshot(0, kept)
    snapshot(5, replaced)
    garbage.sweep(grace_seconds=0)
    assert set(blobs.addresses()) == {kept, replaced}
    assert orphan not in set(blobs.addresses())

    snapshot(5, kept)
    garbage.collect(grace_seconds=60)
    assert set(blobs.addresses()) == {kept, replaced}  # someone may be reading it
    garbage.collect(grace_seconds=0)
    assert set(blobs.addresses()) == {kept}

    with store.write() as connection:
        runs.delete(connection, run.uid)
    garbage.sweep(grace_seconds=0)
    assert set(blobs.addresses()) == {kept}  # the deletion can still be undone

    with store.write() as connection:
        connection.execute(delete(tables.run).where(tables.run.c.id == run.id))
    garbage.sweep(grace_seconds=0)
    assert set(blobs.addresses()) == set()
    store.close()
