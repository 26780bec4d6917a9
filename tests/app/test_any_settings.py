"""Settings at the ends of their ranges on pictures as small as they are accepted.

Whatever is drawn is refused with a sentence or trains, and whatever became of it, every list and
every page opens afterwards.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic.fields import FieldInfo

from l335.core.errors import RunFailed, SpecError
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import FitImageSpec, RunSpec, spec_from_dict, with_changes
from l335.spec.fields import bounds, choices, is_component, is_per_layer, is_whole
from l335.spec.from_text import with_settings
from tests.app.visit import PAGES, Visit
from tests.dashboard import train_here, use
from tests.installation import prepare

MOST_WORK = 5e7
"""Parameters times inputs of a step; more would take seconds and show nothing new."""

LENGTHS = {"steps": st.integers(1, 3), "epochs": st.just(1)}
SIZES = {"train_size": st.sampled_from([10, 11, 64]), "depth": st.sampled_from([1, 2, 16])}
LEFT = {"task", "kind", "image", "image_width", "image_height", "image_name", "crop_box"}


def values_of(name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    """The ends of a field's range and its default, or any of its words."""
    if name in LENGTHS | SIZES:
        return (LENGTHS | SIZES)[name]
    words: list[Any] = [word for word in choices(field) if not is_component(field)]
    low, high = bounds(field)
    if low is not None and high is not None:
        whole = is_whole(field)
        words += [int(low), int(high)] if whole else [low, high]
    if is_per_layer(field) and low is not None:
        words.append([int(low), int(high or low)])
    if field.annotation is bool:
        words = [True, False]
    return st.sampled_from([*words, field.default]) if words else st.just(field.default)


@st.composite
def component(draw: st.DrawFn, family: Any) -> dict[str, Any]:
    from l335.components.component import members

    known = members(family)
    kind = draw(st.sampled_from(sorted(known)))
    return {"kind": kind, **draw(fields_of(known[kind]))}


@st.composite
def fields_of(draw: st.DrawFn, model: type[Any], most: int = 3) -> dict[str, Any]:
    """A few fields of a model changed, so that many draws are valid as a whole."""
    names = [name for name in model.model_fields if name not in LEFT]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=most)) if names else []
    found: dict[str, Any] = {}
    for name in chosen:
        field = model.model_fields[name]
        found[name] = draw(
            component(field.annotation) if is_component(field) else values_of(name, field)
        )
    return found


def picture(width: int, height: int) -> bytes:
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (7 * x + 11 * y) % 256], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("any"))


@pytest.fixture
def lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    use(folder, monkeypatch)
    return current_lab()


def ending(is_said: bool, name: str, error: Exception) -> str:
    """How settings ended, where they ended with a sentence as they should."""
    if not is_said:
        raise AssertionError(f"not a sentence: {error!r}") from error
    return name


def trained(lab: Lab, spec: RunSpec) -> str:
    """How a run of these settings ends in this process."""
    try:
        uid = train_here(lab, spec)
    except RunFailed as failure:
        return ending(failure.code == "diverged", "diverged", failure)
    return lab.run(uid).state


def taken(lab: Lab, spec: RunSpec) -> str:
    """What becomes of settings: trained to the end, diverged or refused."""
    size = spec.num_pixels * spec.num_seeds if isinstance(spec, FitImageSpec) else spec.train_size
    assume(spec.num_parameters * size * spec.total_steps <= MOST_WORK)
    try:
        lab.find_runs([spec])
    except SpecError as refused:
        return ending(bool(str(refused)), "refused", refused)
    return trained(lab, spec)


COMMON = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much,
                           HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.mark.slow
@settings(COMMON, max_examples=120)
@given(
    values=fields_of(FitImageSpec, most=6),
    size=st.tuples(st.integers(8, 40), st.integers(8, 40))
    | st.sampled_from([(8, 160), (160, 8), (8, 8)]),
)
def test_a_fit_at_the_ends_of_its_ranges_is_refused_or_trains(
    lab: Lab, values: dict[str, Any], size: tuple[int, int]
) -> None:
    image = lab.images.add(picture(*size), f"{size[0]} x {size[1]}")
    start = {"task": "fit-image", "steps": 2, "width": 8, "depth": 2, "image_size": 32}
    box = {"crop_box": [0, 0, *size]} if values.get("crop") == "box" else {}
    try:
        spec = spec_from_dict({**start, **values, **box})
        assert isinstance(spec, FitImageSpec)
        spec = spec.with_image(image.sha256, image.name, image.width, image.height)
    except SpecError as refused:
        event(ending(all(each.message for each in refused.problems), "refused", refused))
        return
    event(taken(lab, spec))


@pytest.mark.slow
@settings(COMMON, max_examples=40)
@given(values=fields_of(type(spec_from_dict({"task": "classify"})), most=5))
def test_a_classifier_at_the_ends_of_its_ranges_is_refused_or_trains(
    lab: Lab, values: dict[str, Any]
) -> None:
    start = {"task": "classify", "epochs": 1, "train_size": 10}
    try:
        spec = spec_from_dict({**start, **values})
    except SpecError as refused:
        event(ending(all(each.message for each in refused.problems), "refused", refused))
        return
    event(taken(lab, spec))


@pytest.mark.slow
def test_every_list_and_page_opens_afterwards(lab: Lab, visit: Visit) -> None:
    assert lab.count_runs() > 50
    total = len(lab.listing(limit=10_000))
    assert len(lab.runs(limit=10_000)) == total  # what was stored can be read
    for page in PAGES:
        assert not visit.open(page).errors
    for run in lab.runs(limit=10_000):
        lab.series(run.uid)
    states = {run.state for run in lab.runs(limit=10_000)}
    assert states <= {"completed", "failed"}


def flat() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
def test_pages_of_single_runs_open_whatever_their_settings(lab: Lab, visit: Visit) -> None:
    image = lab.images.add(flat(), "flat")
    perfect = (
        "output=relu lr=0.01 steps=60 width=16 depth=1 encoding.num_frequencies=4 held_out=grid"
    )
    start = with_changes(FitImageSpec(), **image.settings)
    flats = [
        lab.run(train_here(lab, with_settings(start, [*perfect.split(), f"seed={seed}"])))
        for seed in (0, 1)
    ]
    assert all(run.summary["test/psnr_db"]["last"] == math.inf for run in flats)
    fits = [*flats, *lab.runs(limit=10_000, task="fit-image")[2::9]]
    classified = lab.runs(limit=10_000, task="classify")[::6]
    for page, runs in (("fit_image", fits), ("classify", classified)):
        for run in runs:
            assert not visit.open(page, run=run.uid).errors
            assert not visit.open("runs", run=run.uid).errors
    for pair in (flats, fits[:4], classified[:3]):
        uids = ",".join(run.uid for run in pair)
        assert not visit.open("compare", runs=uids).errors
        assert not visit.open("report", runs=uids).errors
