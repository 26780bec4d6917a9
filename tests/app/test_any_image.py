"""The crop of the page, and what is said of a network's bits."""

from __future__ import annotations

import time

import pytest

from l335.results.views import ImageView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.ui.compression import best_place, finding
from l335.ui.crop_tool import CROP, Crop, crop_from
from l335.ui.image_picker import CHOSEN
from tests.app.visit import Visit
from tests.dashboard import Trained

PICTURE = ImageView("0" * 64, "Picture", 40, 30, False, "")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"kind": "none"}, Crop()),
        ({"kind": "square"}, Crop("square")),
        ({"kind": "box", "box": [1, 2, 30, 20]}, Crop("box", (1, 2, 30, 20))),
        ({"kind": "box", "box": [0, 0, 40, 30]}, Crop()),
        ({"kind": "box", "box": [0, 0, 41, 30]}, None),
        ({"kind": "box", "box": [0, 0, 7, 30]}, None),
        ({"kind": "box", "box": [-1, 0, 20, 20]}, None),
        ({"kind": "box", "box": ["1", 0, 20, 20]}, None),
        ({"kind": "box", "box": [1, 2]}, None),
        ({"kind": "box"}, None),
        ({}, None),
    ],
)
def test_only_sensible_messages_become_crops(message: dict, expected: Crop | None) -> None:
    assert crop_from(message, PICTURE) == expected


def spec_of(visit: Visit, lab: Lab) -> FitImageSpec:
    visit.click("Train")
    spec = lab.runs()[0].spec
    assert isinstance(spec, FitImageSpec)
    return spec


def named(lab: Lab, name: str) -> ImageView:
    return next(image for image in lab.images.all() if image.name.startswith(name))


def test_the_crop_is_trained_and_outlives_a_preset(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image")
    visit.at.session_state[CROP] = Crop("box", (10, 20, 64, 48))
    visit.run().set(".seed", 3).click("Fit an image")
    spec = spec_of(visit, empty_lab)
    assert (spec.crop, spec.crop_box, spec.seed) == ("box", (10, 20, 64, 48), 0)
    assert spec.fitted_size == (64, 48)


def test_a_crop_that_does_not_fit_another_picture_falls_back(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image")
    visit.at.session_state[CHOSEN] = named(empty_lab, "Mountains").sha256
    visit.run()
    visit.at.session_state[CROP] = Crop("box", (500, 0, 200, 100))
    visit.run()
    visit.at.session_state[CHOSEN] = named(empty_lab, "Sky").sha256
    visit.run()
    assert "200 × 100 pixels that was drawn does not fit this picture" in visit.text
    assert visit.is_train_enabled
    assert spec_of(visit, empty_lab).crop == "none"


def test_settings_of_a_run_bring_its_picture_and_its_crop(visit: Visit, empty_lab: Lab) -> None:
    grass = named(empty_lab, "Grass")
    uid = empty_lab.submit(
        FitImageSpec(
            image=grass.sha256,
            image_width=grass.width,
            image_height=grass.height,
            crop="box",
            crop_box=(5, 6, 70, 80),
        )
    )
    visit.open("fit_image")
    visit.at.session_state[CHOSEN] = named(empty_lab, "Sky").sha256
    visit.run()
    visit.open("fit_image", **{"from": uid})
    spec = spec_of(visit, empty_lab)
    assert (spec.image, spec.crop_box) == (grass.sha256, (5, 6, 70, 80))


def test_the_form_shows_no_size_of_the_stored_picture(visit: Visit, empty_lab: Lab) -> None:
    visit.open("fit_image")
    keys = [widget.key or "" for widget in [*visit.at.number_input, *visit.at.selectbox]]
    assert not [key for key in keys if key.endswith(("image_width", "image_height", ".crop"))]


def row(size: int, psnr: float | None, **more: object) -> dict:
    exact = more.pop("is_exact", False)
    return {
        "bytes": size,
        "bpp": size / 100,
        "psnr_db": psnr,
        "is_exact": exact,
        "ssim_valid": None,
    } | {**more}


def test_the_finding_says_who_is_smaller() -> None:
    jpegs = [row(100, 20.0, quality=1), row(400, 30.0, quality=2)]
    network = row(800, 30.1, name="int8", same_psnr=2, same_size=2)
    assert "JPEG is 2.0 times smaller" in finding(network, jpegs)
    small = row(50, 20.1, name="int8", same_psnr=1, same_size=1)
    assert "the network in 8 bits is 2.0 times smaller" in finding(small, jpegs)
    far = row(800, 40.0, name="float16", same_psnr=2, same_size=2)
    assert "reaches 40.0 dB, this JPEG 30.0 dB" in finding(far, jpegs)
    assert "more than the raw pixels" in finding(row(8000, 30.0, name="int8", same_psnr=2), jpegs)
    assert "paints no picture" in finding(row(8, None, name="int8"), jpegs)


def test_a_network_is_weighed_on_the_page(visit: Visit, full_lab: Trained) -> None:
    visit.open("fit_image", run=full_lab.fit)
    assert best_place(full_lab.lab.run(full_lab.fit)) == 0
    visit.click("Compare with JPEG")
    deadline = time.monotonic() + 60
    while "times smaller" not in visit.text:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        visit.run()
    assert "| Raw pixels | 3,072 | 24 | exact | 1.000 |" in visit.text
    assert "count as its 4 bytes" in visit.text
