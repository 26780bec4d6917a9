"""Recorded points of several seeds made into curves small enough for a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from l335.core.downsampling import kept_places
from l335.export.report.document import Curve, Dash
from l335.labs.results import Arm
from l335.results.views import RunView, Series

MAX_POINTS = 1000
NUM_SHOWN_DIGITS = 6

Points = dict[float, float]
"""Values by where they lie on the horizontal axis."""


def drawn_runs(arm: Arm) -> list[RunView]:
    """Runs whose curves are drawn: completed ones, or else all that have begun."""
    return arm.completed or [run for run in arm.runs if run.step > 0]


def num_seeds(run: RunView) -> int:
    """Networks a run trains side by side; 1 for most."""
    return len(run.spec.seeds)


def points_of(arm: Arm, key: str, *, by_epoch: bool) -> list[Points]:
    """Points of each seed of a setting, nan for a gap; those of seeds trained side by side too."""
    found = []
    for run in drawn_runs(arm):
        x_of = run.spec.epochs_at if by_epoch else float
        series = arm.read(run.uid)
        keys = [key]
        if num_seeds(run) > 1 and key == "train/psnr_db":
            keys = [f"seed_{place}/psnr_db" for place in range(num_seeds(run))]
        found += [_points(series[each], x_of) for each in keys if each in series]
    return [points for points in found if points]


def _points(series: Series, x_of: Callable[[int], float]) -> Points:
    pairs = zip(series.step, series.value, strict=True)
    return {x_of(step): math.nan if value is None else value for step, value in pairs}


def mean_curve(
    name: str, seeds: Sequence[Points], color: int, dash: Dash = "solid", *, scale: float = 1.0
) -> Curve | None:
    """The mean over seeds, with a band from the lowest to the highest; None without points.

    Args:
        name: In the legend.
        seeds: Points of each seed.
        color: Place in the palette.
        dash: Line pattern.
        scale: Factor on every value, such as 100 for per cent.
    """
    if not seeds:
        return None
    shared = sorted(set.intersection(*(set(points) for points in seeds)))
    if not shared:
        return None
    rows = [[scale * points[x] for points in seeds] for x in shared]
    means = [_mean(row) for row in rows]
    if all(mean is None for mean in means):
        return None
    kept = kept_places(means, MAX_POINTS)
    has_band = len(seeds) > 1
    return Curve(
        name,
        tuple(rounded(shared[place]) for place in kept),
        tuple(_shown(means[place]) for place in kept),
        tuple(_extreme(min, rows[place]) for place in kept) if has_band else (),
        tuple(_extreme(max, rows[place]) for place in kept) if has_band else (),
        color,
        dash,
    )


def _extreme(of: Callable[[list[float]], float], values: list[float]) -> float | None:
    return rounded(of(values)) if all(map(math.isfinite, values)) else None


def _mean(values: Sequence[float]) -> float | None:
    """The mean, infinite where one of them is; None where one is no number."""
    total = sum(values)  # of infinities of both signs, no number
    return None if math.isnan(total) else total / len(values)


def rounded(value: float) -> float:
    """A value with as many digits as a figure can show."""
    return float(f"{value:.{NUM_SHOWN_DIGITS}g}")


def _shown(value: float | None) -> float | None:
    return None if value is None else rounded(value)
