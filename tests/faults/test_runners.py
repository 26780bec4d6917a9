"""Runners and fork servers that are killed or told to leave."""

from __future__ import annotations

import signal

import psutil
from sqlalchemy import text

from l335.runner.process import NICENESS
from tests.installation import LONG, SHORT, Installation, Rows, eventually


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_runner_takes_its_workers_along_and_the_next_one_finishes(
    own: Installation, reference: Rows
) -> None:
    own.start()
    uids = [own.lab.submit(LONG), own.lab.submit(LONG), own.lab.submit(SHORT)]
    for uid in uids[:2]:
        own.at_step(uid, 50)
    family = [own.fork_server(), *own.workers()]
    assert len(family) == 3
    assert {worker.nice() for worker in family[1:]} == {NICENESS}
    own.kill_runner()
    eventually(lambda: all(map(is_gone, family)), 1, "no worker alive")
    own.start()
    views = [own.over(uid) for uid in uids]
    assert [view.state for view in views] == ["completed"] * 3
    assert [view.attempt for view in views] == [2, 2, 1]
    assert own.rows(uids[0]) == own.rows(uids[1]) == reference
    with own.lab.store.read() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_killed_fork_server_is_replaced_and_its_run_resumed_once(
    shared: Installation, reference: Rows
) -> None:
    uid = shared.lab.submit(LONG)
    shared.at_step(uid, 50)
    server, [worker] = shared.fork_server(), shared.workers()
    server.kill()
    eventually(lambda: is_gone(worker), 1, "the worker's end")
    view = shared.over(uid)
    assert (view.state, view.attempt) == ("completed", 2)
    assert shared.rows(uid) == reference
    assert shared.fork_server().pid != server.pid


def test_a_runner_told_to_leave_checkpoints_and_requeues(own: Installation) -> None:
    own.start()
    uids = [own.lab.submit(LONG) for _ in range(3)]
    for uid in uids[:2]:
        own.at_step(uid, 50)
    # One that does not listen is killed, and still nobody waits for long.
    own.workers()[0].send_signal(signal.SIGSTOP)
    assert own.end() < 8
    views = [own.lab.run(uid) for uid in uids]
    assert [view.state for view in views] == ["queued"] * 3
    assert [view.queue_position for view in views] == [1, 2, 3]
    assert sorted(view.has_checkpoint for view in views) == [False, False, True]


def test_a_fork_server_with_threads_is_not_used(own: Installation) -> None:
    own.start("preloaded:thread")
    assert "2 threads are running" in (own.settings.data_dir / "runner.log").read_text()
    uid = own.lab.submit(SHORT)
    assert own.over(uid).state == "completed"
