"""Downsampled curves: first, last and every extreme stay, and means are those of the whole."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.core.downsampling import kept_places, means_between

VALUES = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=400)


@given(VALUES, st.integers(5, 60))
def test_ends_and_extremes_stay(values: list[float | None], most: int) -> None:
    kept = kept_places(values, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(1, most)
    assert {0, len(values) - 1} <= set(kept)
    known = [value for value in values if value is not None]
    chosen = [values[place] for place in kept]
    assert (None in chosen) == (None in values)
    if known:
        # The first of equal values, which is the one a run calls its best.
        assert values.index(min(known)) in kept
        assert values.index(max(known)) in kept


@given(VALUES, st.integers(5, 60))
def test_every_stretch_keeps_its_extremes(values: list[float | None], most: int) -> None:
    kept = set(kept_places(values, most))
    num_stretches = (most - 2) // (3 if None in values else 2)
    bounds = [place * len(values) // num_stretches for place in range(num_stretches + 1)]
    for first, last in itertools.pairwise(bounds):
        part = {place: values[place] for place in range(first, last)}
        known = [value for value in part.values() if value is not None]
        shown = [value for place, value in part.items() if place in kept and value is not None]
        if known:
            assert (min(shown), max(shown)) == (min(known), max(known))
        if len(known) < len(part):
            assert any(place in kept and value is None for place, value in part.items())


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=400), st.integers(5, 60))
def test_means_between_kept_places_make_up_the_whole(values: list[float], most: int) -> None:
    kept = kept_places(values, most)
    means = means_between(values, kept)
    lengths = [place - before for before, place in itertools.pairwise([-1, *kept])]
    total = sum(n * mean for n, mean in zip(lengths, means, strict=True) if mean is not None)
    assert total / len(values) == pytest.approx(statistics.fmean(values), abs=1e-2)


def test_a_mean_leaves_out_what_is_missing_and_is_missing_where_its_point_is() -> None:
    values = [1.0, None, 3.0, None, 5.0]
    assert means_between(values, [0, 2, 3, 4]) == [1.0, 3.0, None, 5.0]


def test_a_short_curve_is_kept_whole() -> None:
    assert kept_places([3.0, None, 2.0], 5) == [0, 1, 2]
    assert means_between([3.0, None, 2.0], [0, 1, 2]) == [3.0, None, 2.0]


def test_a_single_spike_of_a_long_run_is_still_there() -> None:
    values = [math.sin(step / 5000) for step in range(100_000)]
    values[61_234] = 9.0
    kept = kept_places(values, 1000)
    assert 61_234 in kept
    assert len(kept) <= 1000
