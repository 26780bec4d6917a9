"""The store holds nothing it can't read again, and one row it can't read spoils no other."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from sqlalchemy import update

from l335.core.errors import SpecError, Unreadable
from l335.core.settings import Settings
from l335.service import Lab
from l335.spec import MAX_SEED, ClassifySpec, FitImageSpec, with_changes
from l335.spec.sweeps import grid
from l335.store import queue, runs
from l335.store.tables import run

SPEC = ClassifySpec(train_size=500, epochs=2)
NEWER = {**json.loads(SPEC.model_dump_json()), "warp": 9}
DAMAGED = {
    "a newer version's": (json.dumps(NEWER), "`warp` is not a setting here"),
    "an older version's": (json.dumps({**NEWER, "optimizer": {"kind": "lamb"}}), "is lamb, which"),
    "cut short": (SPEC.model_dump_json()[:40], "Its settings are no specification"),
    "no object": ("[1, 2]", "must be an object"),
    "empty": ("", "Its settings are no specification"),
    "nothing": ("null", "must be an object"),
    "too deep": ("[" * 20_000, "Its settings are no specification"),
    "another task": ('{"task": "play"}', "`task` is 'play'; it must be one of"),
    "of no task": ("{}", "`task` is None"),
}


@pytest.fixture
def lab(tmp_path):
    opened = Lab.open(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def spoil(lab: Lab, uid: str, **values: str) -> None:
    with lab.store.write() as connection:
        connection.execute(update(run).where(run.c.uid == uid).values(**values))


@pytest.mark.parametrize("case", DAMAGED)
def test_a_row_that_cannot_be_read_is_listed_with_its_reason_and_can_be_deleted(
    lab: Lab, case: str
) -> None:
    text, reason = DAMAGED[case]
    good, bad = lab.submit(SPEC), lab.submit(with_changes(SPEC, seed=1))
    spoil(lab, bad, spec_json=text)
    assert [view.uid for view in lab.runs()] == [good]
    [unreadable, _] = lab.listing()
    assert (unreadable.uid, unreadable.state) == (bad, "queued")
    assert reason in unreadable.reason
    with pytest.raises(Unreadable, match=r"Delete it, or open it with the version it was made"):
        lab.run(bad)
    assert [view.uid for view in lab.siblings(good)] == [good]
    assert lab.find_run(with_changes(SPEC, seed=1)) is None
    lab.delete(bad)
    assert [view.uid for view in lab.listing()] == [good]
    lab.restore(bad)
    assert len(lab.listing()) == 2


def test_a_damaged_history_is_unreadable_too(lab: Lab) -> None:
    uid, other = lab.submit(SPEC), lab.submit(with_changes(SPEC, seed=1))
    sweep = lab.sweeps.start(grid(SPEC, {"seed": ["0", "1"]}), title="Two", definition={})
    spoil(lab, uid, continued_json='{"a"')
    assert "Where it was continued can't be read" in lab.listing()[1].reason
    assert [cell.missing for cell in lab.sweeps.one(sweep).cells] == ["unreadable", ""]
    assert lab.find_runs([with_changes(SPEC, seed=1)])[0].uid == other


def test_damaged_figures_are_unreadable_too(lab: Lab) -> None:
    uid = lab.submit(SPEC)
    spoil(lab, uid, summary_json='{"train/loss": 3')
    assert lab.runs() == []
    assert "Its figures can't be read" in lab.listing()[0].reason


def test_a_sweep_keeps_its_other_cells_and_trains_the_lost_one_when_asked_again(lab: Lab) -> None:
    def cells() -> list:
        return grid(SPEC, {"lr": ["0.1", "0.01"]})

    uid = lab.sweeps.start(cells(), title="Two", definition={})
    bad = lab.sweeps.one(uid).cells[1].run
    spoil(lab, bad.uid, spec_json="{}")
    sweep = lab.sweeps.one(uid)
    assert [cell.missing for cell in sweep.cells] == ["", "unreadable"]
    assert f"The run {bad.uid[:8]} can't be read" in sweep.cells[1].problem
    assert sweep.to_rerun == []
    assert lab.sweeps.rerun_failed(uid) == 0
    again = lab.sweeps.one(lab.sweeps.start(cells(), title="Two", definition={}))
    assert [cell.missing for cell in again.cells] == ["", ""]
    assert again.cells[0].run == sweep.cells[0].run
    lab.sweeps.stop(uid)
    assert lab.sweeps.one(uid).cells[0].run.state == "cancelled"


def test_a_runner_passes_a_damaged_row_on_to_be_refused(lab: Lab) -> None:
    bad, good = lab.submit(SPEC), lab.submit(with_changes(SPEC, seed=1))
    spoil(lab, bad, spec_json="{")
    with lab.store.write() as connection:
        number = queue.register(connection)
        taken = [queue.claim(connection, number) for _ in range(2)]
    assert [one.uid for one in taken] == [bad, good]
    assert taken[0].spec == "{"


def test_what_would_not_be_read_again_is_not_stored(lab: Lab) -> None:
    unchecked = FitImageSpec(held_out="grid").model_copy(
        update={"image": "a" * 64, "image_width": 8, "image_height": 160, "image_size": 16}
    )
    for spec in (unchecked, SPEC.model_copy(update={"epochs": 0})):
        with pytest.raises(SpecError), lab.store.write() as connection:
            runs.add(connection, spec, "cpu", 1)
    assert lab.count_runs() == 0


def small_picture(lab: Lab, width: int, height: int):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(buffer, "PNG")
    return lab.images.add(buffer.getvalue(), "small")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"held_out": "grid", "image_size": 16}, r"but 1 x 16 is what is left to fit\. Raise"),
        ({"held_out": "grid", "hold_back": 8, "image_size": 16}, "but 1 x 2 is what is left"),
        ({"crop": "box", "crop_box": (0, 0, 8, 161)}, "must lie within the image's 8 x 160 pixels"),
    ],
)
def test_a_picture_too_small_for_the_settings_is_refused_before_anything_is_stored(
    lab: Lab, settings: dict, sentence: str
) -> None:
    image = small_picture(lab, 8, 160)
    spec = FitImageSpec(**settings)  # fits as long as no picture is known
    with pytest.raises(SpecError, match=sentence):
        spec.with_image(image.sha256, image.name, image.width, image.height)
    with pytest.raises(SpecError, match=sentence):
        lab.submit(spec.model_copy(update={"image": image.sha256}))
    with pytest.raises(SpecError, match=sentence):
        lab.find_runs([spec.model_copy(update={"image": image.sha256})])
    assert lab.count_runs() == 0


def test_seeds_are_not_counted_past_the_last_one(lab: Lab) -> None:
    last = with_changes(SPEC, seed=MAX_SEED)
    with pytest.raises(SpecError) as refused:
        lab.submit_seeds(last, 2)
    assert str(refused.value).startswith(
        "`seed` is 2147483648; it must be a whole number between 0 and 2,147,483,647."
    )
    assert lab.count_runs() == 0  # not the first one either
    assert len(lab.submit_seeds(last, 1)) == 1
