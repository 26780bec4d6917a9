"""Which runs a sweep makes, what a spectrum holds, and what is said of the outcome."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from l335.labs.image_experiments import (
    NO_ENCODING,
    Arm,
    SigmaPoint,
    SigmaSweep,
    best_point,
    detail_of,
    sigma_finding,
    sigma_points,
    swept_sigmas,
)
from l335.results.views import ImageView, RunView

SKY = ImageView("a" * 64, "Sky: low spatial frequencies", 300, 200, True, "")
GRASS = ImageView("b" * 64, "Grass: high spatial frequencies", 256, 256, True, "")
SWEEP = SigmaSweep((SKY, GRASS), (1.0, 10.0), num_draws=2, size=64, steps=50)


def test_runs_differ_in_image_sigma_and_draw_alone() -> None:
    runs = SWEEP.runs()
    assert len(runs) == 12
    assert runs[Arm(SKY.sha256, NO_ENCODING, 1)].encoding.kind == "none"
    assert runs[Arm(SKY.sha256, 10.0, 1)].encoding.draw == 1
    assert {arm.draw == spec.seed for arm, spec in runs.items()} == {True}
    assert {spec.fitted_size for spec in runs.values()} == {(64, 64)}
    same = {"image", "image_name", "image_width", "image_height", "encoding", "seed"}
    assert len({spec.model_dump_json(exclude=same) for spec in runs.values()}) == 1
    assert len({spec.model_dump_json() for spec in runs.values()}) == 12


def test_nyquist_is_that_of_the_pixels_trained_on() -> None:
    assert SWEEP.trained_nyquist == 16  # 32 of 64 pixels a side


def test_a_range_rises_in_equal_ratios() -> None:
    assert swept_sigmas(1, 64, 7) == (1, 2, 4, 8, 16, 32, 64)
    assert swept_sigmas(3, 3, 4) == (3,)


def waves(cycles: float, side: int = 128) -> np.ndarray:
    x = (np.arange(side) + 0.5) / side
    grey = 0.5 + 0.4 * np.sin(2 * np.pi * cycles * (x[None, :] + 0.3 * x[:, None]))
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.float32)


def test_the_spectrum_says_how_fine_a_picture_is_and_what_the_trained_pixels_lose() -> None:
    coarse, fine, finest = (detail_of(waves(cycles)) for cycles in (1, 4, 50))
    assert coarse.main < fine.main < finest.main
    assert coarse.beyond < 0.01  # 64 pixels a side are trained on, which hold 32 cycles
    assert finest.beyond > 0.9
    assert detail_of(np.full((64, 64, 3), 0.5, np.float32)).beyond == 0
    assert detail_of(waves(1, 8)).main > 0


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


def test_the_finding_names_the_best_the_gap_and_what_is_below_the_mean_colour() -> None:
    points = [
        SigmaPoint(1.0, [20.0], [13.0], 14.0),
        SigmaPoint(8.0, [30.0], [25.0], 14.0),
        SigmaPoint(50.0, [40.0], [12.0], 14.0),
    ]
    text = sigma_finding(points, is_done=True)
    assert "25.0 dB at sigma 8, with one draw each" in text
    assert "28.0 dB apart" in text
    assert "13.0 dB below the best" in text
    assert text.endswith(
        "Below the mean colour alone (14.0 dB): sigma 1 (13.0 dB) and sigma 50 (12.0 dB)."
    )
    assert "so far" in sigma_finding(points, is_done=False)


def test_draws_that_overlap_are_level_and_their_range_is_said() -> None:
    points = [
        SigmaPoint(5.0, [30.0, 31.0], [24.0, 25.5], 14.0),
        SigmaPoint(8.0, [30.0, 32.0], [25.0, 25.4], 14.0),
        SigmaPoint(50.0, [40.0, 40.0], [15.0, 18.0], 14.0),
    ]
    text = sigma_finding(points, is_done=True)
    assert "25.2 dB at sigma 8, from 25.0 dB to 25.4 dB over 2 draws; level within the" in text
    assert "spread of draws: sigma 5." in text
    assert "Below the mean colour" not in text
