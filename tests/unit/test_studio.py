"""The runs of a study, shares with their intervals, and what is said of dead units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from l335.labs.studio import (
    PRACTICAL,
    RULES,
    DeadColours,
    Study,
    dead_finding,
    dead_words,
    fold_segments,
    fold_words,
    share_above,
    weight_deviations,
    worst_first,
)
from l335.results.views import ImageView
from l335.spec import FitImageSpec
from l335.spec.presets import preset

PAVILION = ImageView("a" * 64, "Pavilion: edges", 600, 400, True, "")
STUDY = Study(PAVILION, tuple(RULES), "relu", size=96, steps=300, num_seeds=20)


def test_rules_differ_in_initialiser_and_output_start_alone() -> None:
    runs = STUDY.runs()
    assert list(runs) == list(RULES)
    assert len({spec.model_dump_json() for spec in runs.values()}) == len(RULES)
    varied = {"initialiser", "output_bias", "output_gain"}
    assert len({spec.model_dump_json(exclude=varied) for spec in runs.values()}) == 1
    spec = runs[PRACTICAL[0]]
    assert (spec.num_seeds, spec.output, spec.is_full_batch) == (20, "relu", True)
    assert spec.fitted_size == (96, 64)


@pytest.mark.parametrize(
    ("above", "total", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(above: int, total: int, low: float, high: float) -> None:
    share = share_above([20.0] * above + [10.0] * (total - above), 15.0)
    assert (share.above, share.total) == (above, total)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-4)


def test_the_worst_comes_first_and_what_has_no_score_before_it() -> None:
    assert worst_first([12.0, None, 9.0, 15.0]) == [1, 2, 0, 3]


def test_deviations_follow_fan_in() -> None:
    runs = STUDY.runs()
    first, hidden, biases = weight_deviations(runs["Kaiming normal"])
    assert first == pytest.approx(1.0)  # sqrt(2 / 2)
    assert hidden == pytest.approx((2 / 256) ** 0.5)
    assert biases == "±0.71, then ±0.062"  # PyTorch's: 1 / sqrt(fan in)
    assert weight_deviations(runs["Kaiming normal, zero biases"]).biases == "zero"
    assert weight_deviations(runs[list(RULES)[-1]]).biases == "±1"
    finer = preset("fit-image-finer").spec
    assert isinstance(finer, FitImageSpec)
    assert weight_deviations(finer).biases == "±0.707107, then ±0.062"


def test_dead_parts_are_named() -> None:
    words = dead_words({"hidden1": 0, "hidden2": 7}, ["red"], 256)
    assert words[0].startswith("Red is dead: its unit is below zero for every pixel")
    assert "bring it back" in words[0]  # 4 of 16 dead ones of PyTorch's default end above 15 dB
    assert words[1].startswith("7 of 256 units of `hidden2` are dead")
    assert dead_words({"hidden1": 0}, [], 256) == []


def test_dead_colours_are_counted_at_the_start_and_at_the_end() -> None:
    # Dead and dead, dead and back, alive and dying, alive throughout, dead and diverged.
    dead = [DeadColours(*each) for each in [(1, 1), (2, 0), (0, 1), (0, 0), (1, 1)]]
    text = dead_finding("Xavier", [8.0, 19.0, 8.1, 18.0, -np.inf], dead, 15.0)
    assert text == (
        "Xavier: 3 of 5 networks had a dead colour before the first step, 3 after the last. Of "
        "those dead at the start 1 of 3 end above 15 dB, of the others 1 of 2 end above 15 dB; in "
        "1 a colour died while they trained, in 1 one came back. Of the 3 at 15 dB or below, 3 "
        "have a dead colour at the end."
    )
    fine = dead_finding("Default", [18.0, 19.0], [DeadColours(0, 0)] * 2, 15.0)
    assert fine == (
        "Default: 0 of 2 networks had a dead colour before the first step, 0 after the last."
    )


def test_every_rule_that_shrinks_the_last_weights_says_so() -> None:
    for name, spec in STUDY.runs().items():
        assert (spec.output_gain == 0.1) == ("last weights × 0.1" in name)
    start = replace(STUDY, output_start="mean_colour").runs()
    assert {(s.output_bias, s.output_gain) for s in start.values()} == {("mean_colour", 0.1)}


def test_folds_end_where_they_leave_the_picture() -> None:
    layer = np.array(
        [
            [1, 0, -0.25],  # x = 1/4
            [0, 2, -1],  # y = 1/2
            [1, 1, -1],  # from corner to corner
            [1, 0, -2],  # beyond the right side
            [0, 0, 1],  # no line at all
            [1, 0, 0.5],  # left of the picture
        ],
        np.float32,
    )
    found = fold_segments(layer)
    assert found.shape == (3, 4)
    expected = [[(0.25, 0), (0.25, 1)], [(0, 0.5), (1, 0.5)], [(0, 1), (1, 0)]]
    for row, ends in zip(found, expected, strict=True):
        assert sorted(map(tuple, row.reshape(2, 2).round(9).tolist())) == sorted(ends)


def test_every_fold_lies_on_its_line_and_inside() -> None:
    layer = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    found = fold_segments(layer)
    corners = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]) @ layer.T  # [4, U]
    crosses = (corners.min(axis=0) < 0) & (corners.max(axis=0) > 0)
    assert len(found) == crosses.sum()
    for ends in (found[:, :2], found[:, 2:]):
        assert ((ends >= 0) & (ends <= 1)).all()
        height = (ends * layer[crosses, :2]).sum(axis=1) + layer[crosses, 2]
        np.testing.assert_allclose(height, 0, atol=1e-6)
    assert "312 of 500 units fold" in fold_words(312, 500)
    assert fold_words(4, 4) == "All 4 units fold the picture."
