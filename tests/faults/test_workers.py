"""Workers that are killed, hang, crash or fail: only their own run is concerned."""

from __future__ import annotations

import signal
import time

import pytest

from l335.components.optimizers.sgd import Sgd
from tests.installation import LONG, SHORT, Installation, Rows, eventually


def test_a_killed_worker_resumes_and_its_rows_are_those_of_an_undisturbed_run(
    shared: Installation, reference: Rows
) -> None:
    uid = shared.lab.submit(LONG)
    shared.at_step(uid, 100)
    shared.lab.pause(uid)
    paused = shared.in_state(uid, "paused")
    shared.lab.resume(uid)
    shared.at_step(uid, paused.step + 100)
    shared.workers()[0].kill()
    view = shared.over(uid)
    assert (view.state, view.attempt) == ("completed", 3)
    assert shared.rows(uid) == reference
    # Going on means that what lies before the checkpoint was not done again.
    written_by = shared.attempts(uid)
    assert {written_by[step] for step in range(1, paused.step + 1)} == {1}
    assert written_by[paused.step + 1] == 3


def test_a_worker_killed_twice_fails_with_advice(shared: Installation) -> None:
    uid = shared.lab.submit(LONG)
    for attempt in (1, 2):
        eventually(
            lambda attempt=attempt: (
                shared.lab.run(uid).attempt == attempt and len(shared.workers()) == 1
            ),
            10,
            f"attempt {attempt}",
        )
        shared.workers()[0].kill()
    view = shared.over(uid)
    assert (view.state, view.error_code) == ("failed", "killed_probably_oom")
    assert "killed this run twice" in view.error_text
    assert "Lower the batch" in view.error_text


def test_a_diverging_run_fails_with_a_sentence_and_its_neighbour_completes(
    shared: Installation,
) -> None:
    # A decay of 1 at lr 10 multiplies every weight by -9 in each step.
    exploding = {"lr": 10.0, "epochs": 20, "optimizer": Sgd(weight_decay=1.0)}
    diverging = shared.lab.submit(SHORT.model_copy(update=exploding))
    neighbour = shared.lab.submit(SHORT)
    failed = shared.over(diverging)
    assert (failed.state, failed.error_code, failed.attempt) == ("failed", "diverged", 1)
    assert "Lower `lr`" in failed.error_text
    assert any(value is None for value in shared.rows(diverging)["train/loss"].values())
    assert shared.over(neighbour).state == "completed"


@pytest.mark.parametrize("is_hanging", [False, True])
def test_cancel_ends_within_four_seconds(shared: Installation, is_hanging: bool) -> None:
    uid = shared.lab.submit(LONG)
    shared.at_step(uid, 50)
    if is_hanging:
        shared.workers()[0].send_signal(signal.SIGSTOP)
    started = time.monotonic()
    shared.lab.stop(uid)
    view = shared.in_state(uid, "cancelled", seconds=4.0 - (time.monotonic() - started))
    eventually(lambda: shared.workers() == [], 1, "no worker")
    assert view.is_over
    assert view.error_text == ""
    assert shared.rows(uid)["train/loss"]


def test_cancel_at_the_very_start(shared: Installation) -> None:
    uid = shared.lab.submit(LONG)
    shared.in_state(uid, "running")
    shared.lab.stop(uid)
    shared.in_state(uid, "cancelled", seconds=4)


def test_pausing_again_and_again_changes_no_value(shared: Installation, reference: Rows) -> None:
    uid = shared.lab.submit(LONG)
    for step in (60, 200, 350, 600):
        shared.at_step(uid, step)
        shared.lab.pause(uid)
        assert shared.in_state(uid, "paused", seconds=4).has_checkpoint
        shared.lab.resume(uid)
    assert shared.over(uid).state == "completed"
    assert shared.rows(uid) == reference


def test_a_worker_that_says_goodbye_by_a_crash_is_told_apart(shared: Installation) -> None:
    uid = shared.lab.submit(LONG)
    shared.at_step(uid, 10)
    shared.workers()[0].send_signal(signal.SIGSEGV)
    view = shared.over(uid)
    assert (view.state, view.error_code, view.attempt) == ("failed", "crashed", 1)
    assert "status -11" in view.error_text


def test_a_failed_run_can_be_resumed_from_its_checkpoint(shared: Installation) -> None:
    uid = shared.lab.submit(LONG)
    shared.at_step(uid, 100)
    shared.lab.pause(uid)
    shared.in_state(uid, "paused")
    shared.lab.stop(uid)
    assert shared.over(uid).state == "cancelled"
    shared.lab.resume(uid)
    assert shared.in_state(uid, "running", "completed").attempt == 2
    shared.lab.stop(uid)
    shared.over(uid)


@pytest.mark.parametrize(
    "fault", ["checkpoint_stored:kill", "mid_send:kill:6", "blob_before_rename:kill"]
)
def test_a_kill_in_a_window_loses_and_doubles_nothing(
    own: Installation, short_reference: Rows, fault: str
) -> None:
    own.start(fault)
    uid = own.lab.submit(SHORT)
    view = own.over(uid)
    assert (view.state, view.attempt) == ("completed", 2)
    assert own.rows(uid) == short_reference
