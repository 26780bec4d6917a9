"""Curves in a figure: few points, no peak lost, means and bands right."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.report.curves import MAX_POINTS, mean_curve, thinned


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(10, 60))
def test_thinning_keeps_ends_and_extremes(values: list[float], most: int) -> None:
    kept = thinned(values, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(most, 4)
    assert {0, len(values) - 1} <= set(kept)
    chosen = [values[place] for place in kept]
    assert (min(chosen), max(chosen)) == (min(values), max(values))


def test_a_short_curve_is_kept_whole() -> None:
    assert thinned([3.0, 1.0, 2.0]) == [0, 1, 2]


def test_a_single_spike_of_a_long_run_is_still_there() -> None:
    values = [math.sin(step / 5000) for step in range(100_000)]
    values[61_234] = 9.0
    kept = thinned(values)
    assert 61_234 in kept
    assert len(kept) <= MAX_POINTS


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
