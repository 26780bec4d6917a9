from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest
from safetensors.numpy import load

from l335.components.architectures.cnn import Cnn
from l335.core.errors import LabError, NotFound, RunFailed, SpecError
from l335.runner.launch import DashboardPresence, ensure_runner, stop_runner
from l335.service import Lab
from l335.service.memory import PROCESS_BYTES, check_memory
from l335.spec import ClassifySpec, FitImageSpec
from tests.installation import SHORT, Installation, eventually


def test_a_run_goes_from_submit_to_its_last_row(shared: Installation) -> None:
    uid = shared.lab.submit(SHORT)
    view = shared.over(uid)
    assert (view.state, view.step, view.attempt, view.device) == ("completed", 16, 1, "cpu")
    assert view.has_checkpoint
    assert view.started_at is not None
    assert view.finished_at is not None
    assert view.created_at <= view.started_at <= view.finished_at
    assert list(shared.rows(uid)["train/loss"]) == list(range(1, 17))
    assert view.summary["test/accuracy"]["last_step"] == 16


def test_the_first_row_is_there_soon(shared: Installation) -> None:
    started = time.monotonic()
    uid = shared.lab.submit(SHORT)
    eventually(lambda: bool(shared.rows(uid)), 10, "the first row")
    print(f"submit to first row: {time.monotonic() - started:.3f} s")
    shared.over(uid)


def test_slots_limit_how_many_train_but_looks_do_not_wait(shared: Installation) -> None:
    spec = ClassifySpec(model=Cnn(channels=2), train_size=50, epochs=1)
    done = shared.lab.submit(spec)
    assert shared.over(done).state == "completed"
    busy = [shared.lab.submit(SHORT.model_copy(update={"epochs": 30})) for _ in range(3)]
    for uid in busy[:2]:
        shared.in_state(uid, "running")
    look = shared.lab.analyses.request(done, "feature_maps", {"index": 3})
    eventually(lambda: shared.lab.analyses.one(look).state == "done", 20, "the look")
    assert shared.lab.run(busy[2]).state == "queued"
    products = shared.lab.analyses.one(look).products
    assert {"input", "maps/conv1", "filters/conv1", "prediction"} <= products.keys()
    assert shared.lab.blob(products["input"].sha256).startswith(b"\x89PNG")
    steps = [snapshot.step for snapshot in shared.lab.snapshots(done)]
    assert steps[0] == 0
    assert json.loads(shared.lab.blob(products["prediction"].sha256))["steps"] == steps
    assert shared.lab.analyses.request(done, "feature_maps", {"index": 3}) == look
    for uid in busy:
        shared.lab.stop(uid)
    for uid in busy:
        assert shared.over(uid).state == "cancelled"


def test_an_image_is_fitted_and_looked_at_closer(shared: Installation) -> None:
    image = shared.lab.images.all()[0]
    spec = FitImageSpec(image=image.sha256, image_size=16, steps=20, width=16)
    uid = shared.lab.submit(spec)
    view = shared.over(uid)
    assert (view.state, view.error_text) == ("completed", "")
    assert (view.spec.image_width, view.spec.image_name) == (image.width, image.short_name)
    previews = shared.lab.previews(uid)
    assert shared.lab.blob(shared.lab.artifact(previews["original"].uid).sha256)
    look = shared.lab.analyses.request(uid, "upsample", {"factor": 2})
    eventually(lambda: shared.lab.analyses.one(look).state in ("done", "failed"), 20, "the look")
    assert shared.lab.analyses.one(look).products["upsampled"].meta["factor"] == 2


def test_a_continued_run_equals_one_that_was_longer_from_the_start(shared: Installation) -> None:
    lab = shared.lab
    short, long = SHORT.model_copy(update={"seed": 5}), SHORT.model_copy(update={"seed": 5})
    long = long.model_copy(update={"epochs": 2 * SHORT.epochs})
    grown, whole = lab.submit(short), lab.submit(long)
    shared.over(grown)
    lab.extend(grown, SHORT.epochs)
    for uid in (grown, whole):
        assert shared.over(uid).state == "completed"
    assert lab.run(grown).spec == lab.run(whole).spec
    first, second = load(lab.checkpoint(grown)), load(lab.checkpoint(whole))
    names = [name for name in first if name.startswith(("model.", "optimizer."))]
    assert all((first[name] == second[name]).all() for name in names)
    assert shared.rows(grown)["test/accuracy"] == shared.rows(whole)["test/accuracy"]


def test_seeds_are_siblings(shared: Installation) -> None:
    spec = SHORT.model_copy(update={"seed": 70, "lr": 0.002})
    uids = shared.lab.submit_seeds(spec, 3)
    assert [view.uid for view in shared.lab.siblings(uids[1])] == uids
    found = shared.lab.find_run(spec)
    assert found is not None
    assert found.uid == uids[0]
    for uid in uids:
        shared.lab.stop(uid)
    with pytest.raises(SpecError, match="`seeds` is 0; it must be between 1 and 64"):
        shared.lab.submit_seeds(spec, 0)


def test_what_can_not_be_asked(shared: Installation) -> None:
    lab = shared.lab
    with pytest.raises(NotFound, match="There is no run `nope`"):
        lab.run("nope")
    with pytest.raises(NotFound):
        lab.blob("a" * 64)
    with pytest.raises(SpecError, match="`image` is empty"):
        lab.submit(FitImageSpec())
    with pytest.raises(SpecError, match="not stored here"):
        lab.submit(FitImageSpec(image="a" * 64))
    uid = lab.submit(SHORT)
    with pytest.raises(LabError, match="does not fit"):
        lab.analyses.request(uid, "upsample", {"factor": 2})
    with pytest.raises(LabError, match="between 0 and 9,999"):
        lab.analyses.request(uid, "feature_maps", {"index": 10_000})
    shared.over(uid)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (ClassifySpec(model=Cnn(channels=128), batch_size=10_000), "batch_size"),
        (FitImageSpec(image_size=1024, batch_pixels="all"), "batch_pixels"),
    ],
)
def test_a_run_that_does_not_fit_in_memory_is_refused(
    spec: ClassifySpec | FitImageSpec, field: str
) -> None:
    with pytest.raises(SpecError, match=f"Lower `{field}`") as refused:
        check_memory(spec, available=4_000_000_000)
    assert refused.value.problems[0].field == field
    check_memory(spec, available=1 << 50)
    needed = spec.memory_bytes() + PROCESS_BYTES
    for missing in (1, 2_000_000):
        with pytest.raises(SpecError) as refused:
            check_memory(spec, available=needed - missing)
        asked, free = re.findall(r"[\d.,]+ (?:GB|bytes)", str(refused.value))
        assert asked != free


def test_a_second_runner_leaves_at_once(shared: Installation) -> None:
    command = [sys.executable, "-m", "l335", "runner", "--data-dir", str(shared.settings.data_dir)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert "A runner already works on" in second.stdout


def test_dashboards_start_one_runner_and_the_last_one_stops_it(own: Installation) -> None:
    settings, lab = own.settings, own.lab
    with DashboardPresence(settings):
        ensure_runner(settings)
        ensure_runner(settings)
        assert lab.runner_alive()
        with DashboardPresence(settings):
            uid = lab.submit(SHORT)
        own.in_state(uid, "running", "completed")
        assert lab.runner_alive()
    eventually(lambda: not lab.runner_alive(), 8, "the runner's end")
    stop_runner(settings)  # nothing to stop is no error
    assert lab.run(uid).state in ("queued", "completed")


def test_a_runner_nobody_needs_leaves(own: Installation) -> None:
    own.lab.submit(SHORT)
    code = (
        "import l335.runner.main as m; from l335.core.settings import Settings;"
        "m.IDLE_SECONDS = 1.0; m.main(Settings(), stays=False)"
    )
    env = os.environ | {"L335_DATA_DIR": str(own.settings.data_dir), "L335_DEVICE": "cpu"}
    subprocess.run([sys.executable, "-c", code], env=env, timeout=60, check=True)
    assert own.lab.runs()[0].state == "completed"


def test_training_in_this_process_is_recorded_alike(own: Installation) -> None:
    lab = own.lab
    with lab.attempt(SHORT, "cpu", 1) as attempt:
        attempt.recorder.progress(1, 0.5)
        attempt.recorder.metrics(1, {"train/loss": 2.0})
        eventually(lambda: bool(own.rows(attempt.uid)), 5, "the row")
        assert lab.run(attempt.uid).state == "running"
        lab.stop(attempt.uid)
        eventually(attempt.should_stop, 5, "the wish")
        attempt.finish(False)
    assert lab.run(attempt.uid).state == "cancelled"

    def diverge(lab: Lab) -> None:
        with lab.attempt(SHORT, "cpu", 1):
            raise RunFailed("diverged", "The loss became nan.")

    with pytest.raises(RunFailed):
        diverge(lab)
    newest = lab.runs()[0]
    assert (newest.state, newest.error_code) == ("failed", "diverged")
    with pytest.raises(KeyboardInterrupt), lab.attempt(SHORT, "cpu", 1):
        raise KeyboardInterrupt
    assert lab.runs()[0].state == "cancelled"
