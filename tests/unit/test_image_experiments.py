"""Which runs a sweep makes, what a spectrum suggests, and what is said of the outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from l335.image_experiments import (
    Arm,
    SigmaPoint,
    SigmaSweep,
    Suggestion,
    best_point,
    off_by,
    sigma_finding,
    sigma_points,
    suggested_sigmas,
    swept_sigmas,
)
from l335.views import ImageView, RunView

SKY = ImageView("a" * 64, "Sky: low spatial frequencies", 300, 200, True, "")
GRASS = ImageView("b" * 64, "Grass: high spatial frequencies", 256, 256, True, "")
SWEEP = SigmaSweep((SKY, GRASS), (1.0, 10.0), num_draws=2, size=64, steps=50)


def test_runs_differ_in_image_sigma_and_draw_alone() -> None:
    runs = SWEEP.runs()
    assert len(runs) == 8
    assert runs[Arm(SKY.sha256, 10.0, 1)].encoding.draw == 1
    assert {arm.draw == spec.seed for arm, spec in runs.items()} == {True}
    assert {spec.fitted_size for spec in runs.values()} == {(64, 64)}
    same = {"image", "image_name", "image_width", "image_height", "encoding", "seed"}
    assert len({spec.model_dump_json(exclude=same) for spec in runs.values()}) == 1
    assert len({spec.model_dump_json() for spec in runs.values()}) == 8


def test_nyquist_is_that_of_the_pixels_trained_on() -> None:
    assert SWEEP.trained_nyquist == 16  # 32 of 64 pixels a side


def test_a_range_rises_in_equal_ratios() -> None:
    assert swept_sigmas(1, 64, 7) == (1, 2, 4, 8, 16, 32, 64)
    assert swept_sigmas(3, 3, 4) == (3,)


def waves(cycles: float, side: int = 128) -> np.ndarray:
    x = (np.arange(side) + 0.5) / side
    grey = 0.5 + 0.4 * np.sin(2 * np.pi * cycles * (x[None, :] + 0.3 * x[:, None]))
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.float32)


def test_finer_pictures_get_larger_suggestions_up_to_what_the_pixels_hold() -> None:
    coarse, fine = suggested_sigmas(waves(1)), suggested_sigmas(waves(4))
    assert coarse.low < fine.low
    assert coarse.high < fine.high
    finest = suggested_sigmas(waves(30))
    assert finest.is_capped
    assert finest.high == pytest.approx(32 / 6)  # 64 pixels a side are trained on


def test_a_flat_picture_and_a_tiny_one_still_get_a_range() -> None:
    for pixels in (np.full((64, 64, 3), 0.5, np.float32), waves(1, 8)):
        suggestion = suggested_sigmas(pixels)
        assert 0 < suggestion.low < suggestion.high


def run(train: float, test: float) -> RunView:
    summary = {
        "train/psnr_db": {"last": train},
        "test/psnr_db": {"last": test},
        "test/mean_colour_psnr_db": {"last": 14.0},
    }
    now = datetime.now(UTC)
    spec = next(iter(SWEEP.runs().values()))
    return RunView(
        "c" * 32, "fit-image", spec, "completed", "run", 50, 50, 1.0, 1, 0, 1, "cpu", 1, now,
        now, now, "", "", summary, None, True,
    )  # fmt: skip


def test_points_gather_the_draws_of_a_sigma() -> None:
    runs = {
        Arm(SKY.sha256, 1.0, 0): run(20.0, 19.0),
        Arm(SKY.sha256, 1.0, 1): run(22.0, 21.0),
        Arm(SKY.sha256, 10.0, 0): None,
    }
    first, second = sigma_points(SWEEP, SKY.sha256, runs)
    assert first == SigmaPoint(1.0, [20.0, 22.0], [19.0, 21.0], 14.0)
    assert second == SigmaPoint(10.0, [], [], None)
    assert best_point([second]) is None


def test_the_finding_tells_how_far_off_the_suggestion_was_and_names_the_gap() -> None:
    suggestion = Suggestion(2.0, 4.0, [], [], is_capped=False)
    points = [
        SigmaPoint(1.0, [20.0], [19.0], 14.0),
        SigmaPoint(8.0, [30.0], [25.0], 14.0),
        SigmaPoint(50.0, [40.0], [12.0], 14.0),
    ]
    text = sigma_finding(suggestion, points, is_done=True)
    assert "25.0 dB at sigma 8" in text
    assert "off by a factor of 2.0" in text
    assert "28.0 dB apart" in text
    assert "13.0 dB below the best" in text
    assert "so far" in sigma_finding(suggestion, points, is_done=False)
    assert off_by(suggestion, 3.0) == 1
    assert off_by(suggestion, 1.0) == 2
    inside = [replace(points[1], sigma=3.0)]
    assert "inside it" in sigma_finding(suggestion, inside, is_done=True)
