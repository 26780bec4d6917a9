from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from l335.analyses.looks import FeatureMapsLook
from l335.core.errors import LabError, SpecError
from l335.core.records import Pointer
from l335.spec import ClassifySpec
from l335.store import Store, artifacts, jobs, queue, run_rows, runs
from l335.store.writer import Batch, Ending, commit

SPEC = ClassifySpec(train_size=500, epochs=2)
CHECKPOINT = Pointer("checkpoint", 1, "application/octet-stream", "a" * 64, 10)


def add(store: Store) -> str:
    with store.write() as connection:
        return runs.add(connection, SPEC, "cpu", 1)


def claim(store: Store) -> queue.ClaimedRun:
    with store.write() as connection:
        run = queue.claim(connection, queue.register(connection))
    assert run is not None
    return run


def end(store: Store, run: queue.ClaimedRun, ending: Ending) -> None:
    with store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, ending=ending)])


def state(store: Store, uid: str) -> str:
    with store.read() as connection:
        return runs.one(connection, uid).state


def test_eight_claimers_never_take_the_same_run(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    uids = [add(store) for _ in range(80)]
    taken: list[str] = []

    def take() -> None:
        own = Store.open(tmp_path)
        with own.write() as connection:
            number = queue.register(connection)
        while True:
            with own.write() as connection:
                run = queue.claim(connection, number)
            if run is None:
                break
            taken.append(run.uid)
        own.close()

    claimers = [threading.Thread(target=take) for _ in range(8)]
    for claimer in claimers:
        claimer.start()
    for claimer in claimers:
        claimer.join()
    store.close()
    assert sorted(taken) == sorted(uids)


def test_runs_are_taken_in_order_and_know_their_place(store: Store) -> None:
    uids = [add(store) for _ in range(3)]
    with store.read() as connection:
        assert [runs.one(connection, uid).queue_position for uid in uids] == [1, 2, 3]
        assert [view.uid for view in runs.page(connection, 10, 0, None)] == uids[::-1]
    first = claim(store)
    assert first.uid == uids[0]
    end(store, first, Ending("queued"))
    assert claim(store).uid == uids[0]


def test_runs_of_a_dead_runner_go_back_to_their_place(store: Store) -> None:
    uids = [add(store) for _ in range(2)]
    claim(store)
    with store.write() as connection:
        assert queue.take_back(connection) == 0
        assert queue.take_back(connection, is_alive=lambda *_: False) == 1
        assert runs.one(connection, uids[0]).queue_position == 1


def test_a_run_that_loses_its_runner_three_times_fails(store: Store) -> None:
    uid = add(store)
    for _ in range(queue.MAX_LOST):
        claim(store)
        with store.write() as connection:
            queue.take_back(connection, is_alive=lambda *_: False)
    with store.read() as connection:
        view = runs.one(connection, uid)
    assert (view.state, view.error_code) == ("failed", "runner_lost")
    assert "resume the run" in view.error_text


def test_a_registered_process_is_dead_once_it_is_gone() -> None:
    import psutil

    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = queue.started_at(psutil.Process(process.pid))
    host = queue.socket.gethostname()
    assert queue.is_alive(host, queue.boot_id(), process.pid, started) is True
    assert queue.is_alive(host, queue.boot_id(), process.pid, started - 60) is False
    assert queue.is_alive(host, "another boot", process.pid, started) is False
    assert queue.is_alive("elsewhere", "", 1, 0.0) is None
    process.kill()
    process.communicate()
    assert queue.is_alive(host, queue.boot_id(), process.pid, started) is False


def test_wishes_move_what_does_not_run_at_once(store: Store) -> None:
    uid = add(store)
    with store.write() as connection:
        runs.wish(connection, uid, "pause")
    assert state(store, uid) == "paused"
    with store.write() as connection:
        runs.resume(connection, uid)
    assert state(store, uid) == "queued"
    with store.write() as connection:
        runs.wish(connection, uid, "cancel")
    assert state(store, uid) == "cancelled"


def test_a_wish_for_a_running_run_reaches_its_runner(store: Store) -> None:
    uid = add(store)
    with store.write() as connection:
        number = queue.register(connection)
        run = queue.claim(connection, number)
        assert run is not None
        runs.wish(connection, uid, "pause")
        assert queue.wishes(connection, number) == {run.id: "pause"}
    end(store, run, Ending("queued"))
    assert state(store, uid) == "paused"


def test_a_completed_run_is_not_resumed(store: Store) -> None:
    uid = add(store)
    end(store, claim(store), Ending("completed"))
    with store.write() as connection, pytest.raises(LabError, match="has completed"):
        runs.resume(connection, uid)


def test_a_deleted_run_is_hidden_and_can_come_back(store: Store) -> None:
    uid = add(store)
    with store.write() as connection:
        runs.delete(connection, uid)
        assert runs.page(connection, 10, 0, None) == []
        assert runs.count(connection, None) == 0
        runs.restore(connection, uid)
        assert [view.state for view in runs.page(connection, 10, 0, None)] == ["cancelled"]


def test_the_same_look_is_asked_for_once(store: Store) -> None:
    uid = add(store)
    with store.write() as connection, pytest.raises(LabError, match="no checkpoint"):
        jobs.request(connection, uid, **FeatureMapsLook(index=1).stored())
    run = claim(store)
    with store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, checkpoints=[CHECKPOINT])])
        first = jobs.request(connection, uid, **FeatureMapsLook(index=1).stored())
        assert jobs.request(connection, uid, **FeatureMapsLook(index=1).stored()) == first
        assert jobs.request(connection, uid, **FeatureMapsLook(index=2).stored()) != first


def test_a_look_is_tried_twice(store: Store) -> None:
    uid = add(store)
    run = claim(store)
    with store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, checkpoints=[CHECKPOINT])])
        look = jobs.request(connection, uid, **FeatureMapsLook(index=1).stored())
        number = queue.register(connection)
        states = []
        for _ in range(2):
            job = queue.claim_job(connection, number)
            assert job is not None
            queue.requeue_job(connection, job.id, job.attempt)
            states.append(jobs.look(connection, look).state)
        assert states == ["queued", "failed"]
        assert jobs.request(connection, uid, **FeatureMapsLook(index=1).stored()) == look
        assert jobs.look(connection, look).state == "queued"


def weights(step: int, letter: str) -> Pointer:
    return Pointer("weights", step, "application/octet-stream", letter * 64, 10)


def test_a_snapshot_of_a_step_counts_once_and_the_newest_wins(store: Store) -> None:
    uid = add(store)
    run = claim(store)
    first = Batch(run.id, run.attempt, snapshots=[weights(0, "0"), weights(5, "1")])
    again = Batch(run.id, run.attempt, snapshots=[weights(5, "2"), weights(9, "3")])
    with store.write() as connection:
        assert commit(connection, [first]).dropped == []
        assert commit(connection, [again]).dropped == ["1" * 64]
        found = artifacts.snapshots(connection, uid)
        assert [(one.step, one.weights.sha256[0]) for one in found] == [
            (0, "0"), (5, "2"), (9, "3"),
        ]  # fmt: skip
        assert all(one.evaluation is None for one in found)
        stale = Batch(run.id, run.attempt - 1, snapshots=[weights(9, "4")])
        assert commit(connection, [stale]).stale == {run.id}
        assert artifacts.snapshots(connection, uid) == found


def test_a_look_at_the_course_has_exact_weights_where_there_are_some(store: Store) -> None:
    uid = add(store)
    run = claim(store)
    with store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, checkpoints=[CHECKPOINT])])
        assert artifacts.course(connection, uid) == [(1, "a" * 64)]
        recorded = [weights(0, "0"), weights(1, "1")]
        commit(connection, [Batch(run.id, run.attempt, snapshots=recorded)])
        assert artifacts.course(connection, uid) == [(0, "0" * 64), (1, "a" * 64)]
        look = jobs.request(connection, uid, **FeatureMapsLook(index=1).stored())
        params = jobs.look(connection, look).params
        assert params["snapshots"] == [[0, "0" * 64], [1, "a" * 64]]
        assert artifacts.is_referred(connection, "0" * 64, with_checkpoints=True)


def test_a_run_that_has_only_begun_can_be_looked_into(store: Store) -> None:
    uid = add(store)
    run = claim(store)
    look = FeatureMapsLook(index=1)
    with store.write() as connection, pytest.raises(LabError, match="no checkpoint to look into"):
        jobs.request(connection, uid, **look.stored())
    with store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, snapshots=[weights(0, "0")])])
        asked = jobs.request(connection, uid, **look.stored())
        assert jobs.look(connection, asked).params["snapshots"] == [[0, "0" * 64]]
        assert jobs.request(connection, uid, **look.stored()) == asked
        job = queue.claim_job(connection, queue.register(connection))
    assert job is not None
    assert job.checkpoint == "0" * 64


def test_siblings_differ_in_the_seed_alone(store: Store) -> None:
    uids = {}
    for seed, lr in ((3, 0.001), (1, 0.001), (1, 0.01)):
        spec = SPEC.model_copy(update={"seed": seed, "lr": lr})
        with store.write() as connection:
            uids[seed, lr] = runs.add(connection, spec, "cpu", 1)
    with store.write() as connection:
        found = [view.uid for view in runs.siblings(connection, uids[3, 0.001])]
        assert found == [uids[1, 0.001], uids[3, 0.001]]
        view = runs.find(connection, SPEC.model_copy(update={"seed": 1, "lr": 0.01}), "float32")
        assert view is not None
        assert view.uid == uids[1, 0.01]
        assert runs.find(connection, SPEC.model_copy(update={"seed": 2}), "float32") is None
        runs.wish(connection, uids[3, 0.001], "cancel")
        assert runs.find(connection, SPEC.model_copy(update={"seed": 3}), "float32") is None


def test_of_a_setting_with_many_seeds_the_newest_are_its_siblings(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MAX_SIBLINGS", 3)
    with store.write() as connection:
        uids = [
            runs.add(connection, SPEC.model_copy(update={"seed": seed}), "cpu", 1)
            for seed in range(6)
        ]
    run_rows.spec_of.cache_clear()
    with store.read() as connection:
        found = [view.uid for view in runs.siblings(connection, uids[1])]
    assert found == [uids[1], uids[4], uids[5]]
    assert run_rows.spec_of.cache_info().misses == 3


def test_only_a_completed_run_is_continued(store: Store) -> None:
    uid = add(store)
    with store.write() as connection, pytest.raises(LabError, match="Only a completed run"):
        runs.extend(connection, uid, 1)
    end(store, claim(store), Ending("completed"))
    for more, sentence in ((0, "it must be 1 or more"), (5000, "between 1 and 1,000")):
        with store.write() as connection, pytest.raises(SpecError, match=sentence):
            runs.extend(connection, uid, more)
    with store.write() as connection:
        runs.extend(connection, uid, 3)
        view = runs.one(connection, uid)
    assert (view.state, view.spec.model_dump()["epochs"], view.total_steps) == ("queued", 5, 40)
