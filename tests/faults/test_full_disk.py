"""A disk that fills up while a run trains: everything says so, and goes on once there is space."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from l335.core.disk import Unusable
from l335.service import Lab, current
from l335.service.waiting import waits_for
from l335.spec import ClassifySpec
from tests.app.visit import Visit
from tests.dashboard import use
from tests.faults.states import fill, mounted, unmount
from tests.installation import LONG, Installation, Rows, eventually, new_installation
from tests.web.conftest import Client

SMALL_DISK_BYTES = 24 << 20
SENTENCE = "is full. Free some space and try again."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little space, or a skip that says why there is none."""
    folder = tmp_path / "disk"
    mounted(folder, f"size={SMALL_DISK_BYTES}")
    yield folder
    unmount(folder)


@pytest.fixture
def own(
    small_disk: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """An installation on the small disk, which this process is a dashboard of."""
    installation = new_installation(small_disk / "data", prepared)
    use(installation.settings.data_dir, monkeypatch)
    current._opened.cache_clear()  # of other tests' folders
    installation.lab.images.all()
    installation.start()
    yield installation
    if current._opened.cache_info().currsize:
        current.current_lab().close()
        current._opened.cache_clear()
    installation.close()


def is_sound(own: Installation) -> bool:
    with own.lab.store.read() as connection:
        return bool(connection.scalar(text("PRAGMA integrity_check")) == "ok")


def submit_many(lab: Lab) -> None:
    for seed in range(1000):  # the file's last page may have room for some
        lab.submit(ClassifySpec(seed=seed))


def test_everything_says_that_the_disk_is_full_and_the_run_goes_on_later(
    own: Installation, small_disk: Path, reference: Rows
) -> None:
    runner, ballast = own.runner, small_disk / "ballast"
    uid = own.lab.submit(LONG)
    own.at_step(uid, 100)
    own.lab.pause(uid)
    assert Client().get("/healthz").status_code == 200
    own.in_state(uid, "paused")  # so that it has a checkpoint to look into
    own.lab.resume(uid)
    own.at_step(uid, own.lab.run(uid).step + 50)
    fill(ballast)

    def told() -> str:
        return str(Client().get(f"/api/runs/{uid}/metrics").json()["run"]["waits_for"])

    eventually(lambda: SENTENCE in told(), 30, "the sentence on the page")
    assert told().endswith("The run waits and goes on by itself.")
    health = Client().get("/healthz")
    assert (health.status_code, SENTENCE in health.json()["error"]) == (503, True)

    with pytest.raises(Unusable, match="is full"):
        submit_many(own.lab)
    for label in ("Train", "Stop"):
        visit = Visit().open("classify", run=uid).click(label)
        assert [SENTENCE in error for error in visit.errors] == [True], (label, visit.errors)
    look = {"kind": "shifted_accuracy"}
    asked = Client().post(f"/api/runs/{uid}/looks", json=look)
    assert (asked.status_code, SENTENCE in asked.json()["error"]) == (503, True)
    # Nothing has been killed, nothing has failed, and there is room for whatever is asked next.
    assert own.lab.run(uid).state == "running"
    assert runner is own.runner
    assert runner is not None
    assert runner.poll() is None

    ballast.unlink()
    view = own.in_state(uid, "completed", "failed", "cancelled")
    assert (view.state, view.attempt, view.error_text) == ("completed", 2, "")
    assert own.rows(uid) == reference
    eventually(lambda: Client().get("/healthz").status_code == 200, 5, "a healthy lab")
    assert told() == ""
    assert is_sound(own)


def test_a_worker_that_must_leave_a_full_disk_costs_a_stretch_and_no_row(
    own: Installation, small_disk: Path, reference: Rows
) -> None:
    runner, ballast = own.runner, small_disk / "ballast"
    uid = own.lab.submit(LONG)
    own.at_step(uid, 100)
    fill(ballast)
    [worker] = own.workers()
    worker.send_signal(signal.SIGTERM)  # it writes a checkpoint, for which there is no space
    eventually(lambda: worker.pid not in [one.pid for one in own.workers()], 10, "its end")
    ballast.unlink()
    assert own.over(uid).state == "completed"
    assert own.lab.run(uid).attempt == 2
    assert own.rows(uid) == reference
    assert own.runner is runner
    assert runner is not None
    assert runner.poll() is None
    assert own.lab.blobs.delete_unfinished(grace_seconds=0) == 0
    assert is_sound(own)


def test_a_runner_that_leaves_a_full_disk_leaves_a_run_that_goes_on(
    own: Installation, small_disk: Path, reference: Rows
) -> None:
    ballast = small_disk / "ballast"
    uid = own.lab.submit(LONG)
    own.at_step(uid, 100)
    fill(ballast)
    assert own.end() < 10
    ballast.unlink()
    own.start()
    assert own.over(uid).state == "completed"
    assert own.rows(uid) == reference


def test_a_full_disk_at_the_start_is_told_and_waited_out(
    own: Installation, small_disk: Path
) -> None:
    own.end()
    fill(small_disk / "ballast")
    assert SENTENCE in Client().get("/healthz").json()["error"]
    assert SENTENCE in waits_for(own.lab)
    (small_disk / "ballast").unlink()
    own.start()
    assert waits_for(own.lab) == ""
