"""Settings of a training page in a link, and what stays where a link holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from l335.core.errors import SpecError
from l335.core.settings import Settings
from l335.export.command_line import nearest_preset
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec, spec_from_dict
from l335.spec.fields import possible_names, setting_text
from l335.spec.from_text import with_settings
from l335.spec.presets import preset
from l335.ui.form_links import keeping, opening, what_fits
from l335.ui.restrictions import parse_restrictions

NAMES = possible_names(ClassifySpec)
START = with_settings(ClassifySpec(), ["lr=0.02", "momentum=0.5", "model.dropout=0.1"])
ASKED = preset("classify-cnn").spec


def kept(lock: str, asked: ClassifySpec | FitImageSpec = ASKED) -> ClassifySpec | FitImageSpec:
    return keeping(asked, parse_restrictions(NAMES, [lock]), START)


def test_every_field_of_every_component_has_a_name() -> None:
    assert {"model.channels", "model.width", "optimizer.momentum"} <= set(NAMES)
    assert {"model.activation.slope", "schedule.warmup"} <= set(NAMES)
    assert (
        NAMES.index("model")
        < NAMES.index("model.activation")
        < NAMES.index("model.activation.slope")
    )
    assert not {"task", "model.kind"} & set(NAMES)


def test_what_is_free_is_as_asked() -> None:
    assert kept("") == ASKED


def test_what_is_held_stays() -> None:
    assert kept("lr") == ASKED.model_copy(update={"lr": 0.02})
    assert kept("optimizer") == ASKED.model_copy(update={"optimizer": START.optimizer})
    assert kept("momentum") == kept("optimizer")
    assert kept("model") == with_settings(ClassifySpec(), ["model.dropout=0.1"])
    assert kept("*") == START


def test_a_field_is_held_in_whatever_component_has_it() -> None:
    assert kept("dropout") == with_settings(ASKED, ["model.dropout=0.1"])
    adam = with_settings(ClassifySpec(), ["optimizer=adam"])
    assert kept("momentum", adam) == adam


def test_what_does_not_fit_what_is_held_is_refused() -> None:
    names = possible_names(FitImageSpec)
    start = with_settings(FitImageSpec(), ["optimizer=lbfgs", "batch_pixels=all"])
    with pytest.raises(SpecError, match="lbfgs"):
        keeping(FitImageSpec(), parse_restrictions(names, ["optimizer"]), start)


def test_a_picture_is_held_with_all_that_belongs_to_it() -> None:
    names = possible_names(FitImageSpec)
    picture = {"image": "a" * 64, "image_name": "Sky", "image_width": 90, "image_height": 60}
    part = {"crop": "box", "crop_box": (0, 0, 50, 50)}
    start = FitImageSpec.model_validate(picture | part)
    both = keeping(FitImageSpec(), parse_restrictions(names, ["image,crop"]), start)
    assert both == start


def test_defaults_of_a_chosen_component_need_no_words() -> None:
    spec = with_settings(ClassifySpec(), ["optimizer=adamw", "weight_decay=0.3", "seed=4"])
    assert nearest_preset(spec) == (
        "classify-basic",
        {"optimizer": "adamw", "optimizer.weight_decay": 0.3, "seed": 4},
    )
    assert nearest_preset(ASKED) == ("classify-cnn", {})


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (0.001, "0.001"), (1e-7, "1e-07"), (True, "true"), ((8, 16), "8,16"), (10, "10")],
)
def test_values_are_written_as_people_write_them(value: object, text: str) -> None:
    assert setting_text(value) == text


def what_fits_of(changes: dict[str, object]) -> ClassifySpec | FitImageSpec | None:
    values = START.model_dump() | changes
    with pytest.raises(SpecError) as caught:
        spec_from_dict(values)
    return what_fits(values, caught.value.problems, START)


def test_what_does_not_fit_has_the_starts_value() -> None:
    fitting = START.model_copy(update={"batch_size": 32})
    assert what_fits_of({"epochs": 0, "batch_size": 32}) == fitting
    sgd = START.optimizer.model_dump()
    assert what_fits_of({"optimizer": sgd | {"momentum": 7}}) == START


def test_what_does_not_fit_in_a_component_just_chosen_has_its_default() -> None:
    adamw = {"kind": "adamw", "weight_decay": -1.0}
    assert what_fits_of({"optimizer": adamw}) == with_settings(START, ["optimizer=adamw"])
    assert what_fits_of({"optimizer": {"kind": "nothing"}}) == START


def test_one_wrong_part_of_a_link_takes_no_other_with_it(tmp_path: Path) -> None:
    lab = Lab.open(Settings(data_dir=tmp_path))
    asked = ["lr=0.3", "epochs=0", "nothing=1", "batch_size", "momentum=9", "flip=true"]
    start = opening(lab, "classify", {"set": asked}, "")
    assert start is not None
    assert start.spec == with_settings(ClassifySpec(), ["lr=0.3", "flip=true"])
    assert len(start.problems) == 4
    lab.close()
