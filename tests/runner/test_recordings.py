from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.core.errors import NotFound
from l335.export.recordings import bundled, downsampled, recording_of, spread_out, unpacked
from l335.results.views import Series
from tests.installation import Installation


@given(st.lists(st.none() | st.floats(-1e3, 1e3), min_size=1, max_size=3000))
def test_a_thinned_curve_keeps_its_ends_and_extremes(values: list[float | None]) -> None:
    places = list(range(len(values)))
    found = downsampled(Series(places, values, [float(place) for place in places]), 100)
    known = [value for value in values if value is not None]
    kept = [value for value in found.value if value is not None]
    assert (found.step[0], found.step[-1]) == (0, places[-1])
    assert found.step == sorted(set(found.step))
    if known:
        assert max(kept) == pytest.approx(max(known), rel=1e-5, abs=1e-9)
        assert min(kept) == pytest.approx(min(known), rel=1e-5, abs=1e-9)
    assert len(found.step) <= 100


def test_pictures_are_kept_from_first_to_last_and_denser_at_the_beginning() -> None:
    places = spread_out(40, 10)
    assert (places[0], places[-1]) == (0, 39)
    assert 8 <= len(places) <= 10
    assert places[1] - places[0] < places[-1] - places[-2]
    assert spread_out(3, 10) == [0, 1, 2]


def test_a_recording_that_is_not_there_is_said() -> None:
    with pytest.raises(NotFound, match="There is no recording of `no-lab`"):
        bundled("no-lab")


def test_a_sweep_comes_back_from_its_file_as_it_was(shared: Installation) -> None:
    from l335.labs import lab_called
    from l335.labs.results import arms_of

    preset = lab_called("learning-rates").changed(
        {"rates": "0.1,0.01", "seeds": 2, "epochs": 2, "train_size": 300}
    )
    uid = shared.lab.sweeps.start_lab(preset)
    for run in shared.lab.sweeps.one(uid).runs:
        assert shared.over(run.uid).state == "completed"
    sweep = shared.lab.sweeps.one(uid)
    recording = unpacked(recording_of(shared.lab, uid).packed())
    assert recording.sweep.cells == sweep.cells
    assert recording.sweep.definition == sweep.definition
    assert recording.is_bundled
    assert recording.longest == max(run.train_seconds for run in sweep.runs)
    arms = arms_of(recording.sweep.cells, lambda run: dict(recording.series[run]))
    assert preset.table(arms) == preset.table(shared.lab.sweeps.arms(sweep))
    assert preset.finding(arms) == preset.finding(shared.lab.sweeps.arms(sweep))
    assert recording.hardware["torch"]


def test_the_pictures_of_an_image_run_are_part_of_a_recording(shared: Installation) -> None:
    from l335.spec import FitImageSpec
    from l335.spec.presets import preset
    from l335.spec.sweeps import Cell

    image = shared.lab.images.called("sky")
    start = preset("fit-image").spec
    assert isinstance(start, FitImageSpec)
    spec = start.with_image(image.sha256, "Sky", image.width, image.height)
    spec = spec.model_copy(update={"image_size": 16, "steps": 60, "width": 16})
    uid = shared.lab.sweeps.start([Cell("Sky", spec)], title="Sky", definition={})
    [run] = shared.lab.sweeps.one(uid).runs
    assert shared.over(run.uid).state == "completed"
    recording = unpacked(recording_of(shared.lab, uid).packed())
    pictures = recording.pictures[run.uid]
    assert pictures[-1].step == 60
    assert [one.wall for one in pictures] == sorted(one.wall for one in pictures)
    assert pictures[-1].url.startswith("data:image/png;base64,iVBOR")
    assert recording.picture_at(run.uid, 1e9) == pictures[-1]
    assert recording.picture_at(run.uid, -1.0) is None
