"""Curves in a figure: few points, means and bands right."""

from __future__ import annotations

import pytest

from l335.export.report.curves import MAX_POINTS, mean_curve


def test_a_mean_has_a_band_from_the_lowest_to_the_highest_seed() -> None:
    curve = mean_curve("CNN", [{1: 0.5, 2: 0.75}, {1: 0.75, 2: 1.0}, {1: 0.25}], 0, scale=100)
    assert curve is not None
    assert (curve.x, curve.y) == ((1,), (50,)), "only where every seed has a point"
    assert (curve.low, curve.high) == ((25,), (75,))


@pytest.mark.parametrize("seeds", [[], [{1: 0.5}, {2: 0.5}]])
def test_there_is_no_curve_without_shared_points(seeds: list[dict[float, float]]) -> None:
    assert mean_curve("CNN", seeds, 0) is None


def test_one_seed_has_no_band() -> None:
    curve = mean_curve("CNN", [{1: 0.123456789}], 0)
    assert curve is not None
    assert curve.y == (0.123457,)
    assert curve.low == curve.high == ()


def test_a_long_curve_has_few_points_and_its_extremes() -> None:
    points = {float(step): float((step * 7919) % 10_007) for step in range(10_007)}
    curve = mean_curve("CNN", [points], 0)
    assert curve is not None
    assert len(curve.x) <= MAX_POINTS
    assert (min(curve.y), max(curve.y)) == (0, 10_006)
