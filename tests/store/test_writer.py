from __future__ import annotations

import itertools
import math

from sqlalchemy import select

from l335.core.records import Pointer, Row
from l335.spec import ClassifySpec
from l335.store import Store, artifacts, queue, runs, tables
from l335.store.writer import NUM_PREVIEWS_KEPT, Batch, Committed, Ending, commit

SPEC = ClassifySpec(train_size=500, epochs=2)


def claimed(store: Store) -> queue.ClaimedRun:
    with store.write() as connection:
        runs.add(connection, SPEC, "cpu", 1)
        run = queue.claim(connection, queue.register(connection))
    assert run is not None
    return run


def write(store: Store, *batches: Batch) -> Committed:
    with store.write() as connection:
        return commit(connection, batches)


def pointer(step: int) -> Pointer:
    return Pointer("checkpoint", step, "application/octet-stream", f"{step:064x}", 10)


def test_rows_come_back_in_pages_behind_a_cursor(store: Store) -> None:
    run = claimed(store)
    rows = [Row("train/loss", step, step / 3, step / 7) for step in range(1, 11)]
    write(store, Batch(run.id, run.attempt, rows))
    with store.read() as connection:
        first = artifacts.metrics(connection, run.uid, after=0, limit=4)
        second = artifacts.metrics(connection, run.uid, after=first.last_seq, limit=100)
        third = artifacts.metrics(connection, run.uid, after=second.last_seq, limit=100)
    assert (first.more, second.more, third.more) == (True, False, False)
    series = [first.series["train/loss"], second.series["train/loss"]]
    assert [step for part in series for step in part.step] == list(range(1, 11))
    assert [v for part in series for v in part.value] == [row.value for row in rows]
    assert [w for part in series for w in part.wall] == [row.wall for row in rows]
    assert third.series == {}
    assert third.last_seq == second.last_seq == 10


def test_a_repeated_step_is_stored_once_and_reaches_readers_again(store: Store) -> None:
    run = claimed(store)
    write(store, Batch(run.id, run.attempt, [Row("train/loss", 5, 1.0, 0.1)]))
    write(store, Batch(run.id, run.attempt, [Row("train/loss", 5, 2.0, 0.1)]))
    with store.read() as connection:
        page = artifacts.metrics(connection, run.uid, after=1, limit=10)
        everything = artifacts.metrics(connection, run.uid, after=0, limit=10)
    assert page.series["train/loss"].value == [2.0]
    assert everything == page


def test_a_stale_attempt_writes_nothing(store: Store) -> None:
    run = claimed(store)
    stale = Batch(run.id, run.attempt - 1, [Row("train/loss", 1, 1.0, 0.0)], [], [pointer(1)])
    neighbour = claimed(store)
    good = Batch(neighbour.id, neighbour.attempt, [Row("train/loss", 1, 1.0, 0.0)])
    assert write(store, stale, good).stale == {run.id}
    with store.read() as connection:
        assert artifacts.metrics(connection, run.uid, after=0, limit=10).series == {}
        assert not runs.one(connection, run.uid).has_checkpoint
        assert artifacts.metrics(connection, neighbour.uid, after=0, limit=10).series


def test_an_ended_run_accepts_no_rows(store: Store) -> None:
    run = claimed(store)
    assert not write(store, Batch(run.id, run.attempt, ending=Ending("completed"))).stale
    assert write(store, Batch(run.id, run.attempt, [Row("train/loss", 1, 1.0, 0.0)])).stale


def test_values_that_are_not_finite_survive(store: Store) -> None:
    run = claimed(store)
    values = [1.5, math.nan, math.inf, -math.inf]
    rows = [Row("train/loss", step, value, 0.0) for step, value in enumerate(values)]
    write(store, Batch(run.id, run.attempt, rows))
    with store.read() as connection:
        page = artifacts.metrics(connection, run.uid, after=0, limit=10)
        query = select(tables.metric.c.flag).order_by(tables.metric.c.step)
        flags = list(connection.scalars(query))
    assert page.series["train/loss"].value == [1.5, None, math.inf, -math.inf]
    assert flags == ["", "nan", "inf", "-inf"]
    assert page.run.summary["train/loss"] == {
        "best": -math.inf,
        "best_step": 3,
        "last": -math.inf,
        "last_step": 3,
    }


def test_the_summary_knows_which_way_is_better(store: Store) -> None:
    run = claimed(store)
    for step, value in [(1, 0.5), (2, 0.9), (3, 0.7)]:
        row, loss = Row("test/accuracy", step, value, 0.0), Row("test/loss", step, value, 0.0)
        write(store, Batch(run.id, run.attempt, [row, loss]))
    with store.read() as connection:
        summary = runs.one(connection, run.uid).summary
    assert (summary["test/accuracy"]["best"], summary["test/accuracy"]["last"]) == (0.9, 0.7)
    assert (summary["test/loss"]["best"], summary["test/loss"]["best_step"]) == (0.5, 1)


def test_only_the_last_two_checkpoints_are_kept(store: Store) -> None:
    run = claimed(store)
    write(store, Batch(run.id, run.attempt, checkpoints=[pointer(1), pointer(2)]))
    result = write(store, Batch(run.id, run.attempt, checkpoints=[pointer(3)]))
    assert result.dropped == [pointer(1).sha256]
    write(store, Batch(run.id, run.attempt, ending=Ending("queued")))
    with store.write() as connection:
        again = queue.claim(connection, queue.register(connection))
    assert again is not None
    assert again.attempt == run.attempt + 1
    assert again.checkpoints == [pointer(3).sha256, pointer(2).sha256]


def test_previews_show_the_newest_of_each_name(store: Store) -> None:
    run = claimed(store)
    for step in (1, 2):
        picture = Pointer("reconstruction", step, "image/jpeg", f"{step:064x}", 10)
        write(store, Batch(run.id, run.attempt, previews=[picture]))
    with store.read() as connection:
        shown = artifacts.previews(connection, run.uid)
        assert shown["reconstruction"].step == 2
        assert artifacts.one(connection, shown["reconstruction"].uid).media_type == "image/jpeg"


def preview_steps(store: Store, run: queue.ClaimedRun) -> list[int]:
    kind = tables.artifact.c.kind == "preview"
    with store.read() as connection:
        steps = select(tables.artifact.c.step).where(kind, tables.artifact.c.run_id == run.id)
        return list(connection.scalars(steps.order_by(tables.artifact.c.step)))


def test_pictures_of_a_long_run_are_thinned_evenly(store: Store) -> None:
    run = claimed(store)
    num_steps = 3 * NUM_PREVIEWS_KEPT + 50
    dropped = []
    for first in range(0, num_steps, 10):
        pictures = [
            Pointer("reconstruction", step, "image/jpeg", f"{step:064x}", 10)
            for step in range(first, first + 10)
        ]
        dropped += write(store, Batch(run.id, run.attempt, previews=pictures)).dropped
    kept = preview_steps(store, run)
    assert len(kept) == NUM_PREVIEWS_KEPT
    assert (kept[0], kept[-1]) == (0, num_steps - 1)
    gaps = [after - before for before, after in itertools.pairwise(kept)]
    assert max(gaps) <= 4 * num_steps / NUM_PREVIEWS_KEPT
    gone = {f"{step:064x}" for step in set(range(num_steps)) - set(kept)}
    assert set(dropped) == gone
    assert len(dropped) == len(gone)


def test_a_picture_of_a_step_that_is_passed_again_replaces_the_first(store: Store) -> None:
    run = claimed(store)
    for step, letter in ((5, "a"), (9, "b"), (5, "c")):
        picture = Pointer("reconstruction", step, "image/jpeg", letter * 64, 10)
        dropped = write(store, Batch(run.id, run.attempt, previews=[picture])).dropped
    assert dropped == ["a" * 64]
    assert preview_steps(store, run) == [5, 9]
    with store.read() as connection:
        assert artifacts.previews(connection, run.uid)["reconstruction"].sha256 == "c" * 64
