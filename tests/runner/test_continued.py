"""A run that was trained on past its end is one of its settings only where that is true."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from l335.components.schedules.cosine import Cosine
from l335.export.standalone import picture_name, script
from l335.results.groups import group_by_setting
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec, with_changes
from l335.spec.identity import bends
from l335.spec.sweeps import grid
from tests.installation import Installation, eventually

FIT = FitImageSpec(image_size=24, steps=60, width=16, depth=2, batch_pixels=200)
KEY = "train/psnr_db"


def fit(shared: Installation, **changes: object) -> FitImageSpec:
    sky = shared.lab.images.called("sky")
    return with_changes(FIT, **sky.settings, **changes)


def over(shared: Installation, uid: str) -> RunView:
    view = shared.over(uid)
    assert view.state == "completed", view.error_text
    return view


def grown(shared: Installation, spec: FitImageSpec, *more: int) -> RunView:
    """A run of these settings that got there by going on."""
    uid = shared.lab.submit(with_changes(spec, steps=spec.steps - sum(more)))
    over(shared, uid)
    for steps in more:
        shared.lab.extend(uid, steps)
        over(shared, uid)
    return shared.lab.run(uid)


def test_under_a_schedule_it_is_another_run_and_is_marked_and_not_reused(
    shared: Installation,
) -> None:
    lab = shared.lab
    spec = fit(shared, schedule="cosine", lr=0.01, seed=41)
    continued = grown(shared, spec, 30)
    assert continued.spec == lab.run(continued.uid).spec == lab._admission.checked(spec)
    assert (continued.continued, continued.bends) == ((30,), (30,))
    assert continued.title.endswith(", continued at step 30")
    # neither a page, nor a sweep, nor a lab takes it for a run of these settings
    assert lab.find_run(spec) is None
    assert lab.find_runs([spec]) == [None]
    straight = over(shared, lab.submit(spec))
    assert straight.summary[KEY]["last"] != pytest.approx(continued.summary[KEY]["last"], abs=1e-3)
    assert lab.find_run(spec).uid == straight.uid
    other = over(shared, lab.submit(with_changes(spec, seed=42)))
    assert [one.uid for one in lab.siblings(straight.uid)] == [straight.uid, other.uid]
    assert [one.uid for one in lab.siblings(continued.uid)] == [continued.uid]
    groups = group_by_setting([straight, continued, other])
    assert [[run.uid for run in group.runs] for group in groups] == [
        [straight.uid, other.uid],
        [continued.uid],
    ]
    assert len({group.name for group in groups}) == 2
    # two that were continued alike are seeds of one setting
    alike = grown(shared, with_changes(spec, seed=42), 30)
    assert [one.uid for one in lab.siblings(continued.uid)] == [continued.uid, alike.uid]


def test_at_a_constant_rate_it_is_the_straight_run(shared: Installation) -> None:
    spec = fit(shared, seed=51)
    continued = grown(shared, spec, 20, 10)
    assert (continued.continued, continued.bends) == ((30, 50), ())
    assert "continued" not in continued.title
    assert shared.lab.find_run(spec).uid == continued.uid
    rows = shared.rows(continued.uid)[KEY]
    shared.lab.delete(continued.uid)
    straight = over(shared, shared.lab.submit(spec))
    assert rows[60] == shared.rows(straight.uid)[KEY][60]


def test_the_script_of_a_continued_run_ends_with_its_figures(
    shared: Installation, tmp_path: Path
) -> None:
    spec = fit(shared, schedule="cosine", lr=0.01, seed=61)
    run = grown(shared, spec, 20, 10)
    text = script(
        run.spec, threads=run.threads, device=run.device, continued=run.bends,
        precision=run.precision,
    )  # fmt: skip
    assert "CONTINUED = (30, 50)" in text
    (tmp_path / "again.py").write_text(text)
    (tmp_path / picture_name(run.spec)).write_bytes(shared.lab.blob(run.spec.image))
    done = subprocess.run(
        [sys.executable, "again.py", "--json", "out.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert found[KEY] == pytest.approx(run.summary[KEY]["last"], abs=1e-4)
    straight = script(run.spec, threads=run.threads, device=run.device)
    assert "CONTINUED" not in straight


def test_a_sweep_does_not_count_a_run_that_has_outgrown_it(shared: Installation) -> None:
    lab = shared.lab
    spec = lab._admission.checked(fit(shared, seed=71, steps=20))
    cells = grid(spec, {"lr": ["0.01", "0.02"]})
    uid = lab.sweeps.start(cells, title="Two rates", definition={})
    eventually(lambda: lab.sweeps.one(uid).is_over, 60, "the sweep")
    [first, _] = lab.sweeps.one(uid).runs
    lab.extend(first.uid, 10)
    over(shared, first.uid)
    [cell, other] = lab.sweeps.one(uid).cells
    assert (cell.missing, other.missing) == ("continued", "")
    assert "was trained on to step 30 after this sweep, so it no longer counts" in cell.problem
    again = lab.sweeps.one(lab.sweeps.start(cells, title="Two rates", definition={}))
    assert again.cells[0].run.uid != first.uid
    assert again.cells[1].run.uid == other.run.uid


def test_another_precision_is_another_run(shared: Installation) -> None:
    lab = shared.lab
    spec = fit(shared, seed=81, steps=10)
    run = over(shared, lab.submit(spec))
    assert run.precision == "float32"
    assert lab.find_run(spec).uid == run.uid
    in_bf16 = lab.settings.model_copy(update={"precision": "bf16"})
    lab = Lab(in_bf16, lab.store, lab.blobs)
    assert lab.find_run(spec) is None
    assert lab.find_runs([spec]) == [None]
    with lab.attempt(spec, "cpu", 1, "bf16") as attempt:
        attempt.finish(True)
    assert lab.find_run(spec).uid == attempt.uid
    assert lab.run(attempt.uid).title.endswith(", bf16")
    assert [one.uid for one in lab.siblings(run.uid)] == [run.uid]
    assert "computed in bf16, those of this" in script(spec, precision="bf16")


def test_a_cosine_counts_on_the_length_and_a_constant_rate_does_not() -> None:
    spec = FitImageSpec(steps=200, schedule=Cosine())
    assert bends(spec, [1, 100]) == (100,)  # its first step is the full rate, whatever the length
    assert bends(with_changes(spec, schedule={"kind": "constant"}), [1, 100]) == ()
    assert bends(with_changes(spec, schedule={"kind": "one_cycle"}), [100]) == (100,)
