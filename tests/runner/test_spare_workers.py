"""Short runs follow each other in one process, and none can tell."""

from __future__ import annotations

import re
import socket
import threading
import time

import psutil
import pytest
from safetensors.numpy import load

from l335.runner import worker
from l335.runner.channel import receive, send
from l335.runner.messages import (
    REPORT,
    Analyse,
    Completed,
    Ended,
    Failed,
    Outcome,
    Stopped,
    Train,
)
from tests.installation import SHORT, Installation, eventually
from tests.runner.test_channel import ORDERS

TRAIN, ANALYSE = ORDERS


def process_of(installation: Installation, uid: str) -> int:
    log = (installation.settings.data_dir / "runner.log").read_text()
    return int(re.findall(rf"run {uid} attempt \d+: worker (\d+)", log)[-1])


def in_turn(installation: Installation, *seeds: int) -> list[str]:
    uids = []
    for seed in seeds:
        uids.append(installation.lab.submit(SHORT.model_copy(update={"seed": seed})))
        assert installation.over(uids[-1]).state == "completed"
    return uids


def test_short_runs_share_a_process_and_end_with_the_same_bits(own: Installation) -> None:
    own.start()
    first, other, again = in_turn(own, 3, 4, 3)
    assert process_of(own, first) == process_of(own, other) == process_of(own, again)
    assert own.rows(first) == own.rows(again) != own.rows(other)
    one, two = load(own.lab.checkpoint(first)), load(own.lab.checkpoint(again))
    assert all((one[name] == two[name]).all() for name in one)


def test_a_spare_worker_leaves_when_nothing_comes(own: Installation) -> None:
    own.start()
    in_turn(own, 1)
    eventually(lambda: not own.workers(), 5, "the worker's end")
    in_turn(own, 2)


def test_a_spare_worker_that_is_killed_costs_nothing(own: Installation) -> None:
    own.start()
    [uid] = in_turn(own, 1)
    psutil.Process(process_of(own, uid)).kill()
    [after] = in_turn(own, 2)
    assert process_of(own, after) != process_of(own, uid)
    assert own.lab.run(after).attempt <= 2


def test_a_run_that_was_stopped_takes_its_worker_along(own: Installation) -> None:
    own.start()
    uid = own.lab.submit(SHORT.model_copy(update={"epochs": 400}))
    own.at_step(uid, 5)
    own.lab.stop(uid)
    assert own.over(uid).state == "cancelled"
    [after] = in_turn(own, 2)
    assert process_of(own, after) != process_of(own, uid)


def answers(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, order: Train | Analyse = TRAIN
) -> tuple[bool, bool]:
    """What a worker answers to an order that ends like this, and whether it waits for more."""
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(worker, "_outcome", lambda _order, _report: outcome)
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)  # only the main thread may
    thread = threading.Thread(target=worker.serve, args=(theirs,), daemon=True)
    thread.start()
    send(ours, order)
    answer = receive(ours, REPORT)
    assert isinstance(answer, Ended)
    time.sleep(0.1)
    is_waiting = thread.is_alive()
    ours.close()
    thread.join(5)
    theirs.close()
    assert not thread.is_alive()
    return answer.stays, is_waiting


def test_only_short_runs_that_completed_leave_their_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    completed = Completed()
    assert answers(monkeypatch, completed) == (True, True)
    assert answers(monkeypatch, completed, ANALYSE) == (False, False)
    for outcome in (Failed(code="error", text="x"), Stopped()):
        assert answers(monkeypatch, outcome) == (False, False)
    monkeypatch.setattr(worker, "SHORT_SECONDS", -1.0)
    assert answers(monkeypatch, completed) == (False, False)


def test_a_worker_leaves_after_so_many_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MAX_RUNS", 1)
    assert answers(monkeypatch, Completed()) == (False, False)
