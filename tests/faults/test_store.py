"""The ground gives way under the runner: full disk, locked store, moved clock, damaged files."""

from __future__ import annotations

import signal

import pytest

from l335.core.records import Row
from l335.store import Store, queue, tables
from l335.store.writer import Batch, Ending, commit
from tests.installation import (
    LONG,
    SHORT,
    Installation,
    Rows,
    eventually,
)


def test_a_store_locked_by_an_outsider_loses_no_row(own: Installation, reference: Rows) -> None:
    own.start(patch="import l335.store.driver as driver; driver.BUSY_SECONDS = 0.5")
    runner = own.runner
    assert runner is not None
    uids = [own.lab.submit(LONG) for _ in range(3)]
    own.at_step(uids[0], 100)
    own.at_step(uids[1], 100)
    with own.lab.store.write():
        log = own.settings.data_dir / "runner.log"
        # About a second each, so heartbeats are refused as well as rows.
        eventually(lambda: log.read_text().count("can't be used yet") >= 5, 30, "five refusals")
    views = [own.over(uid) for uid in uids]
    assert [(view.state, view.attempt) for view in views] == [("completed", 1)] * 3
    assert all(own.rows(uid) == reference for uid in uids)
    assert own.runner is runner
    assert runner.poll() is None


def test_training_in_the_terminal_survives_a_locked_store(
    own: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("l335.store.driver.BUSY_SECONDS", 0.2)
    outsider = Store.open(own.settings.data_dir)
    hasty = Installation(own.settings.data_dir)  # its connections wait that much shorter
    with hasty.lab.attempt(SHORT, "cpu", 1) as attempt:
        attempt.recorder.metrics(1, {"train/loss": 3.0})
        eventually(lambda: bool(own.rows(attempt.uid)), 5, "the first row")
        with outsider.write():
            for step in range(2, 6):
                attempt.recorder.metrics(step, {"train/loss": 3.0 / step})
                with pytest.raises(AssertionError, match="not within"):
                    eventually(lambda: len(own.rows(attempt.uid)["train/loss"]) > 1, 0.5, "a row")
        attempt.finish(True)
    assert own.rows(attempt.uid)["train/loss"] == {step: 3.0 / step for step in range(1, 6)} | {
        1: 3.0
    }
    assert own.lab.run(attempt.uid).state == "completed"
    outsider.close()
    hasty.close()


def test_a_runner_frozen_past_its_lease_writes_nothing_when_it_wakes(
    own: Installation, reference: Rows
) -> None:
    own.start(
        patch="import l335.store.queue as queue, l335.store.writer as writer;"
        "queue.LEASE_SECONDS = writer.LEASE_SECONDS = 1.0"
    )
    assert own.runner is not None
    uid = own.lab.submit(LONG)
    own.at_step(uid, 100)
    own.runner.send_signal(signal.SIGSTOP)
    # A runner on another machine sees no process, only the lease.
    with own.lab.store.write() as connection:
        number = queue.register(connection)

    def take_back() -> bool:
        with own.lab.store.write() as connection:
            return queue.take_back(connection, is_alive=lambda *_: None) == 1

    eventually(take_back, 5, "the end of the lease")
    with own.lab.store.write() as connection:
        run = queue.claim(connection, number)
        assert run is not None
        assert (run.uid, run.attempt) == (uid, 2)
        commit(connection, [Batch(run.id, run.attempt, [Row("train/loss", 10**6, 1.0, 0.0)])])
    at_takeover = own.attempts(uid)
    own.runner.send_signal(signal.SIGCONT)
    log = own.settings.data_dir / "runner.log"
    eventually(lambda: "another attempt has taken over" in log.read_text(), 10, "the refusal")
    eventually(lambda: own.workers() == [], 5, "the end of the old worker")
    assert own.attempts(uid) == at_takeover
    view = own.lab.run(uid)
    assert (view.state, view.attempt) == ("running", 2)
    # The other one gives it back, and the woken runner may finish it.
    with own.lab.store.write() as connection:
        connection.execute(tables.metric.delete().where(tables.metric.c.step == 10**6))
        commit(connection, [Batch(run.id, run.attempt, ending=Ending("queued"))])
    assert own.over(uid).state == "completed"
    assert own.lab.run(uid).attempt == 3
    assert own.rows(uid) == reference


@pytest.mark.parametrize("jump_seconds", [3600, -3600])
def test_a_clock_that_jumps_disturbs_nothing(
    own: Installation, reference: Rows, jump_seconds: int
) -> None:
    flag = own.settings.data_dir / "jumped"
    own.start(
        patch="import os, time\nreal = time.time\n"
        f"time.time = lambda: real() + ({jump_seconds} if os.path.exists({str(flag)!r}) else 0)"
    )
    uid = own.lab.submit(LONG)
    own.at_step(uid, 100)
    flag.touch()
    waiting = [own.lab.submit(LONG) for _ in range(2)]
    views = [own.over(number) for number in (uid, *waiting)]
    assert [(view.state, view.attempt) for view in views] == [("completed", 1)] * 3
    assert all(own.rows(view.uid) == reference for view in views)
    assert all(0 < view.train_seconds < 600 for view in views)


def test_a_moved_clock_changes_no_process(
    own: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # psutil reckons starts from the time of day the machine started, which moves with the clock.
    with own.lab.attempt(LONG, "cpu", 1) as attempt:
        import psutil

        start = psutil.Process().create_time()
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: start + 3600)
        with own.lab.store.write() as connection:
            assert queue.take_back(connection) == 0
        attempt.finish(True)
    assert own.lab.run(attempt.uid).state == "completed"


@pytest.mark.parametrize("num_damaged", [1, 2])
def test_a_damaged_checkpoint_costs_a_stretch_and_no_value(
    own: Installation, reference: Rows, num_damaged: int
) -> None:
    own.start()
    uid = own.lab.submit(LONG)
    paused_at = [0]
    for _ in range(2):
        own.lab.resume(uid)
        own.at_step(uid, paused_at[-1] + 100)
        own.lab.pause(uid)
        paused_at.append(own.in_state(uid, "paused").step)
    newest_first = tables.checkpoint.select().order_by(tables.checkpoint.c.id.desc())
    with own.lab.store.read() as connection:
        kept = connection.execute(newest_first).all()
    assert [row.step for row in kept] == [paused_at[2], paused_at[1]]
    for row in kept[:num_damaged]:
        path = own.settings.data_dir / "blobs" / row.sha256[:2] / row.sha256
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    own.lab.resume(uid)
    assert own.over(uid).state == "completed"
    assert own.rows(uid) == reference
    # It went on from the older checkpoint, or from the start where that was damaged too.
    written_by = own.attempts(uid)
    went_on_from = paused_at[1] if num_damaged == 1 else 0
    again = {step for step, attempt in written_by.items() if attempt == 3}
    assert again == set(range(went_on_from + 1, LONG.total_steps + 1))
