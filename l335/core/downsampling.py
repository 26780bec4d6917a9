"""Curves with fewer points than were recorded, and no extreme lost.

Every stretch of a curve keeps its lowest and its highest point (min/max decimation). Methods that
keep the look of a line, such as largest triangle three buckets, may drop the best value.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def kept_places(values: Sequence[float | None], most: int) -> list[int]:
    """Places of at most ``most`` points that keep the shape of a curve, in their order.

    The first and last stay, and of each stretch the lowest and the highest number, so that minimum,
    maximum and best of the whole curve are among them; of equal ones it is the first. A stretch
    with values that are missing or infinite also keeps the first of each kind, so that they are
    seen.

    Args:
        values: The curve; None where a value was not a number.
        most: At least 7.
    """
    if len(values) <= most:
        return list(range(len(values)))
    odd = [kind for kind in (None, math.inf, -math.inf) if kind in values]
    num_stretches = (most - 2) // (2 + len(odd))
    kept = {0, len(values) - 1}
    for stretch in range(num_stretches):
        first = stretch * len(values) // num_stretches
        last = (stretch + 1) * len(values) // num_stretches
        part = values[first:last]
        known = finite(part)
        if known:
            kept |= {first + part.index(min(known)), first + part.index(max(known))}
        kept |= {first + part.index(kind) for kind in odd if kind in part}
    return sorted(kept)


def finite(values: Iterable[float | None]) -> list[float]:
    """The values that are finite numbers."""
    return [value for value in values if value is not None and math.isfinite(value)]


def means_between(values: Sequence[float | None], places: Sequence[int]) -> list[float | None]:
    """For each kept place, the mean of the values since the kept place before, its own included.

    A running mean over extremes alone would lie half-way between them; over these it lies where
    that of the whole curve does. They have six digits; None where the kept value is not finite.

    Args:
        values: The curve; None where a value was not a number.
        places: Places that are kept, in their order.
    """
    means: list[float | None] = []
    start = 0
    for place in places:
        known = finite(values[start : place + 1])
        is_kept = bool(finite(values[place : place + 1]))
        means.append(float(f"{statistics.fmean(known):.6g}") if is_kept else None)
        start = place + 1
    return means
