"""Curves with fewer points than were recorded, and no extreme lost.

Every stretch of a curve keeps its lowest and its highest point (min/max decimation). Methods that
keep the look of a line, such as largest triangle three buckets, may drop the best value.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def kept_places(values: Sequence[float | None], most: int) -> list[int]:
    """Places of at most ``most`` points that keep the shape of a curve, in their order.

    The first and last stay, and of each stretch the lowest and the highest, so that minimum,
    maximum and best of the whole curve are among them; of equal ones it is the first. A stretch
    in which values are missing also keeps one of those, so that the gap is seen.

    Args:
        values: The curve; None where a value was not finite.
        most: At least 5.
    """
    if len(values) <= most:
        return list(range(len(values)))
    num_stretches = (most - 2) // (3 if None in values else 2)
    kept = {0, len(values) - 1}
    for stretch in range(num_stretches):
        first = stretch * len(values) // num_stretches
        last = (stretch + 1) * len(values) // num_stretches
        part = values[first:last]
        known = [value for value in part if value is not None]
        if known:
            kept |= {first + part.index(min(known)), first + part.index(max(known))}
        if len(known) < len(part):
            kept.add(first + part.index(None))
    return sorted(kept)


def means_between(values: Sequence[float | None], places: Sequence[int]) -> list[float | None]:
    """For each kept place, the mean of the values since the kept place before, its own included.

    A running mean over extremes alone would lie half-way between them; over these it lies where
    that of the whole curve does. They have six digits; None where the kept value is missing.

    Args:
        values: The curve; None where a value was not finite.
        places: Places that are kept, in their order.
    """
    means: list[float | None] = []
    start = 0
    for place in places:
        known = [value for value in values[start : place + 1] if value is not None]
        means.append(None if values[place] is None else float(f"{statistics.fmean(known):.6g}"))
        start = place + 1
    return means
