"""In which order a fit learned coarse and fine detail, read from its recorded spectra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOW_CYCLES = 4.0
"""Below it lie the broad shapes of a picture: a quarter of it and larger."""

GONE = 0.5  # share of a band's error that must go for the band to count as half learned
NOTHING = 1e-12  # power of a picture in [0, 1] below which rounding is all that is left


@dataclass(frozen=True)
class Course:
    """Relative error by frequency band and recorded step.

    Attributes:
        steps: Recorded steps, rising; [S].
        edges: Edges of the bands in cycles per image, rising; [B + 1].
        relative: Error power over target power, [S, B]; nan where there is no target power or
            the error is not a number.
        error: Error power of each band, [S, B].
    """

    steps: list[int]
    edges: NDArray[np.float64]
    relative: NDArray[np.float64]
    error: NDArray[np.float64]


def course_of(spectra: Sequence[dict[str, Any]]) -> Course | None:
    """The course in the recorded spectra of one run; None where there are none.

    Args:
        spectra: The parts ``spectrum`` of its snapshots, as ``engine.image_snapshots`` writes
            them.
    """
    found = sorted(spectra, key=lambda one: int(one["step"]))
    if not found:
        return None
    target = np.array(found[0]["target"], dtype=np.float64)
    error = np.array([one["error"] for one in found], dtype=np.float64)  # None becomes nan
    has_power = target > NOTHING
    relative = np.where(has_power, error / np.where(has_power, target, 1.0), np.nan)
    edges = np.array(found[0]["edges"], dtype=np.float64)
    return Course([int(one["step"]) for one in found], edges, relative, error)


def sentence(spectra: Sequence[dict[str, Any]]) -> str:
    """What the recorded errors say about coarse and fine detail, in one or two sentences.

    It compares the error's power up to 4 cycles per image with that of the upper half, on a log
    scale, of the frequencies above; every number in it is read from the spectra.
    """
    course = course_of(spectra)
    if course is None:
        return "No spectrum has been recorded yet."
    bad = [
        step
        for step, row in zip(course.steps, course.error, strict=True)
        if not np.isfinite(row).all()
    ]
    if bad:
        return f"The fit held values that are not numbers from step {bad[0]:,} on."
    if len(course.steps) < 2:
        return f"Only step {course.steps[0]:,} has been recorded yet; a course needs two."
    if not np.isfinite(course.relative).any():
        return "The picture has no detail in any band, so there is none to learn."
    groups = _groups(course.edges)
    parts = [part for words, bands in groups if (part := _learned(course, words, bands))]
    if not parts:
        return "There was no error to lose: the fit was exact from the first recorded step on."
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def _groups(edges: NDArray[np.float64]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Coarse and fine bands, in words and as a mask [B]; one group where there is little room."""
    top = edges[-1]
    if top < 2 * LOW_CYCLES:
        return [("over all frequencies", np.ones(len(edges) - 1, dtype=bool))]
    # A whole power of 2 of cycles, about half way up on the log scale.
    high = 2.0 ** round(math.log2(math.sqrt(LOW_CYCLES * top)))
    low_bands = edges[1:] <= LOW_CYCLES + 0.5
    high_bands = edges[:-1] >= high - 0.5
    return [
        (f"up to {LOW_CYCLES:g} cycles per image", low_bands),
        (f"from {high:g} cycles on", high_bands),
    ]


def _learned(course: Course, words: str, bands: NDArray[np.bool_]) -> str:
    """How the error of some bands went; empty where there was none at the start."""
    # A band holds the mean of a ring, which has about as many frequencies as its area.
    rings = course.edges[1:] ** 2 - course.edges[:-1] ** 2
    power = (course.error * rings)[:, bands].sum(axis=1)
    if power[0] <= NOTHING:
        return ""
    left = power / power[0]
    end = f"{_percent(left[-1])} of it is left at step {course.steps[-1]:,}"
    if left[-1] > 1:
        return (
            f"{words} the error's power grew to {_times(left[-1])} what it was at step "
            f"{course.steps[0]:,}"
        )
    below = np.flatnonzero(left <= 1 - GONE)
    if not len(below):
        return f"{words} the error's power never fell to half, and {end}"
    return (
        f"{words} half of the error's power was gone by step {course.steps[below[0]]:,}, and {end}"
    )


def _percent(share: float) -> str:
    """A share as a whole number of percent, without pretending that a little is nothing."""
    if share < 0.01:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def _times(factor: float) -> str:
    return f"{factor:.2g} times" if factor < 100 else f"{factor:,.0f} times"
