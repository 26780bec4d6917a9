"""Analyses in the store: turns, limits, cancelling."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from l335.analyses.looks import FeatureMapsLook
from l335.core.errors import NotFound
from l335.core.records import Pointer
from l335.spec import ClassifySpec
from l335.store import Store, jobs, queue, runs
from l335.store.jobs import MAX_LARGE, MAX_WAITING, TooMany
from l335.store.writer import Batch, commit

CHECKPOINT = Pointer("checkpoint", 1, "application/octet-stream", "c" * 64, 10)


@pytest.fixture
def looked_at(store: Store) -> str:
    """A run with a checkpoint."""
    with store.write() as connection:
        uid = runs.add(connection, ClassifySpec(), "cpu", 1)
        run = queue.claim(connection, queue.register(connection))
        assert run is not None
        commit(connection, [Batch(run.id, run.attempt, checkpoints=[CHECKPOINT])])
    return uid


def ask(
    connection: Connection, run: str, index: int, asked_by: str = "", *, is_large: bool = False
) -> str:
    look = FeatureMapsLook(index=index)
    return jobs.request(connection, run, **look.stored(), asked_by=asked_by, is_large=is_large)


def taken_up(connection: Connection, *, is_large: bool = False) -> list[int]:
    """Which test images are looked at in turn."""
    number = queue.register(connection)
    found = []
    while job := queue.claim_job(connection, number, is_large=is_large):
        found.append(job.params["index"])
    return found


def test_visitors_take_turns(store: Store, looked_at: str) -> None:
    with store.write() as connection:
        for index in range(5):
            ask(connection, looked_at, index, "many")
        for index in (10, 11):
            ask(connection, looked_at, index, "few")
        assert taken_up(connection) == [0, 10, 1, 11, 2, 3, 4]


def test_who_comes_later_is_not_behind_those_that_came_before(store: Store, looked_at: str) -> None:
    with store.write() as connection:
        number = queue.register(connection)
        for index in range(6):
            ask(connection, looked_at, index, "many")
        for _ in range(3):
            queue.claim_job(connection, number)
        ask(connection, looked_at, 10, "late")
        assert taken_up(connection) == [3, 10, 4, 5]


def test_small_ones_and_large_ones_wait_apart(store: Store, looked_at: str) -> None:
    with store.write() as connection:
        large = [ask(connection, looked_at, index, is_large=True) for index in range(3)]
        small = ask(connection, looked_at, 10)
        assert queue.has_waiting(connection) == (False, True, True)
        assert jobs.look(connection, small).num_ahead == 0
        assert [jobs.look(connection, uid).num_ahead for uid in large] == [0, 1, 2]
        assert [job.uid for job in jobs.unfinished(connection)] == [small, *large]
        assert taken_up(connection) == [10]
        assert taken_up(connection, is_large=True) == [0, 1, 2]


def test_a_visitor_may_wait_for_so_many(store: Store, looked_at: str) -> None:
    with store.write() as connection:
        for index in range(MAX_LARGE):
            ask(connection, looked_at, index, "one", is_large=True)
        with pytest.raises(TooMany, match=f"more than {MAX_LARGE} at a time"):
            ask(connection, looked_at, 1000, "one", is_large=True)
        known = ask(connection, looked_at, 0, "one", is_large=True)  # it waits already
        ask(connection, looked_at, 1000, "another", is_large=True)
        for index in range(100, 100 + MAX_WAITING - MAX_LARGE):
            ask(connection, looked_at, index, "one")
        with pytest.raises(TooMany, match=f"more than {MAX_WAITING} at a time"):
            ask(connection, looked_at, 1001, "one")
        jobs.cancel(connection, known)
        ask(connection, looked_at, 1001, "one")


def test_a_cancelled_one_is_not_made_and_only_a_click_asks_again(
    store: Store, looked_at: str
) -> None:
    look = FeatureMapsLook(index=1)
    with store.write() as connection:
        uid = jobs.request(connection, looked_at, **look.stored())
        jobs.cancel(connection, uid)
        assert jobs.look(connection, uid).state == "failed"
        assert "was cancelled" in jobs.look(connection, uid).error_text
        assert jobs.unfinished(connection) == []
        assert taken_up(connection) == []
        assert jobs.request(connection, looked_at, **look.stored(), again=False) == uid
        assert jobs.look(connection, uid).state == "failed"
        assert jobs.request(connection, looked_at, **look.stored()) == uid
        assert taken_up(connection) == [1]


def test_what_is_worked_on_is_no_longer_wanted_once_it_is_cancelled(
    store: Store, looked_at: str
) -> None:
    with store.write() as connection:
        uid = ask(connection, looked_at, 1)
        number = queue.register(connection)
        job = queue.claim_job(connection, number)
        assert job is not None
        assert queue.held_jobs(connection, number) == {(job.id, job.attempt)}
        jobs.cancel(connection, uid)
        assert queue.held_jobs(connection, number) == set()
        jobs.write_look(connection, job.id, job.attempt, products=[CHECKPOINT])
        queue.requeue_job(connection, job.id, job.attempt)
        assert jobs.look(connection, uid).state == "failed"
        assert jobs.look(connection, uid).products == {}


def test_one_that_is_done_stays_done(store: Store, looked_at: str) -> None:
    with store.write() as connection:
        uid = ask(connection, looked_at, 1)
        job = queue.claim_job(connection, queue.register(connection))
        assert job is not None
        jobs.write_look(connection, job.id, job.attempt, products=[CHECKPOINT])
        jobs.cancel(connection, uid)
        jobs.end_of_run(connection, looked_at)
        assert jobs.look(connection, uid).state == "done"
        with pytest.raises(NotFound, match="no analysis"):
            jobs.cancel(connection, "0" * 32)
