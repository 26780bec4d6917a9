"""The sigma lab: which runs a sweep is made of, what the spectrum suggests, what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l335.components.encodings.gaussian import GaussianEncoding
from l335.images.spectrum import band_power, frequency_bands, nyquist
from l335.paired import less
from l335.presets import preset
from l335.spec import FitImageSpec, with_changes
from l335.views import ImageView, RunView
from l335.wording import fixed

PRACTICAL_SIGMAS = (1.0, 5.0, 10.0, 30.0, 100.0)
MAX_RUNS = 120
LOW_SHARE, HIGH_SHARE = 0.95, 0.98
NYQUIST_PART = 6
"""Sigmas past this part of the Nyquist limit are not suggested. The second harmonics of nearly
all features stay below the limit then: a direction's length is below 3.03 sigma in 99 of 100."""


class Arm(NamedTuple):
    """One run of a sweep: a stored image, a sigma, and a draw of the matrix B and of the weights.

    The draw is the seed too: what is compared are whole networks, as in the lab.
    """

    image: str
    sigma: float
    draw: int


@dataclass(frozen=True)
class SigmaSweep:
    """Gaussian Fourier features over images, sigmas and draws; all else is the same.

    Attributes:
        images: What is fitted, each cut to its central square.
        sigmas: Deviations of B, in cycles per image, rising.
        num_draws: Runs of each sigma, each with a matrix B, weights and an order of its own.
        size: Side of the square the image is averaged down to, in pixels.
        steps: Steps of each run.
    """

    images: tuple[ImageView, ...]
    sigmas: tuple[float, ...]
    num_draws: int
    size: int
    steps: int

    def runs(self) -> dict[Arm, FitImageSpec]:
        """The runs, sigma by sigma so that every image's curve grows from the left."""
        return {
            Arm(image.sha256, sigma, draw): self._spec(image, sigma, draw)
            for draw in range(self.num_draws)
            for sigma in self.sigmas
            for image in self.images
        }

    def _spec(self, image: ImageView, sigma: float, draw: int) -> FitImageSpec:
        changes = {
            **image.settings,
            "image_size": self.size,
            "crop": "square",
            "held_out": "grid",
            "steps": self.steps,
            "encoding": GaussianEncoding(sigma=sigma, draw=draw),
            "seed": draw,
        }
        spec = with_changes(preset("fit-image").spec, **changes)
        assert isinstance(spec, FitImageSpec)
        return spec

    @property
    def trained_nyquist(self) -> float:
        """Highest frequency of the pixels trained on, in cycles per image: every second one."""
        return nyquist(math.ceil(self.size / 2), math.ceil(self.size / 2))


def swept_sigmas(low: float, high: float, number: int) -> tuple[float, ...]:
    """Sigmas from one to another in equal ratios, rounded to two digits."""
    values = np.geomspace(low, high, number)
    return tuple(dict.fromkeys(float(f"{value:.2g}") for value in values))


class Suggestion(NamedTuple):
    """A range of sigmas to try, in cycles per image, and the spectrum it comes from.

    Attributes:
        low: Where the range begins.
        high: Where it ends.
        frequency: Middle of each band, in cycles per image.
        power: Mean power of the picture in each.
        is_capped: Whether the trained pixels, not the picture, set the end.
    """

    low: float
    high: float
    frequency: list[float]
    power: list[float]
    is_capped: bool


def suggested_sigmas(pixels: NDArray[np.float32]) -> Suggestion:
    """Sigmas that reach the frequencies a picture is made of, and not much further.

    From the frequency below which 95 % of the power lies to that of 98 %, counting only what a
    grid of every second pixel can hold, and at most a sixth of that grid's Nyquist limit.

    Args:
        pixels: The picture as it will be fitted, [H, W, 3] in [0, 1].
    """
    height, width = pixels.shape[:2]
    bands = frequency_bands(width, height)
    power = band_power(pixels, bands)
    inside = bands.index[bands.index >= 0]
    total = power * np.bincount(inside, minlength=len(power))
    limit = nyquist(math.ceil(width / 2), math.ceil(height / 2))
    is_held = bands.edges[1:] <= max(limit, bands.edges[1])
    share = np.cumsum(total[is_held]) / max(float(total[is_held].sum()), 1e-12)
    ends = bands.edges[1:][is_held]
    cap = max(0.5, limit / NYQUIST_PART)
    low, high = (float(np.interp(part, share, ends)) for part in (LOW_SHARE, HIGH_SHARE))
    is_capped = high > cap
    high = min(high, cap)
    low = min(low, high / 2)
    return Suggestion(low, high, bands.centres.tolist(), power.tolist(), is_capped)


@dataclass(frozen=True)
class SigmaPoint:
    """What the draws of one sigma reached on one image, in dB; empty where none has begun."""

    sigma: float
    train: list[float]
    test: list[float]
    mean_colour: float | None


def sigma_points(
    sweep: SigmaSweep, image: str, runs: Mapping[Arm, RunView | None]
) -> list[SigmaPoint]:
    """The points of one image's curves, by sigma, from the runs' last evaluations."""
    points = []
    for sigma in sweep.sigmas:
        found = [runs.get(Arm(image, sigma, draw)) for draw in range(sweep.num_draws)]
        summaries = [run.summary for run in found if run is not None]
        means = _last(summaries, "test/mean_colour_psnr_db")
        points.append(
            SigmaPoint(
                sigma,
                _last(summaries, "train/psnr_db"),
                _last(summaries, "test/psnr_db"),
                means[0] if means else None,
            )
        )
    return points


def _last(summaries: Sequence[dict[str, dict[str, float | None]]], key: str) -> list[float]:
    values = [summary[key].get("last") for summary in summaries if key in summary]
    return [value for value in values if value is not None]


def mean(values: Sequence[float]) -> float:
    """The mean of one or more values."""
    return sum(values) / len(values)


def best_point(points: Sequence[SigmaPoint]) -> SigmaPoint | None:
    """The sigma of the best held-out PSNR, averaged over draws; None without any."""
    scored = [point for point in points if point.test]
    return max(scored, key=lambda point: mean(point.test), default=None)


def off_by(suggestion: Suggestion, sigma: float) -> float:
    """How far a sigma lies from a suggested range, as a factor of 1 or more; 1 is inside."""
    return max(1.0, suggestion.low / sigma, sigma / suggestion.high)


def sigma_finding(suggestion: Suggestion, points: Sequence[SigmaPoint], *, is_done: bool) -> str:
    """What the points of one image show, in two sentences."""
    best = best_point(points)
    if best is None:
        return ""
    factor = off_by(suggestion, best.sigma)
    place = "inside it" if factor == 1 else f"off by a factor of {factor:.1f}"
    so_far = "" if is_done else " so far"
    text = (
        f"Best held-out PSNR{so_far}: {_db(mean(best.test))} at sigma {best.sigma:g}. The "
        f"spectrum suggested {suggestion.low:.2g} to {suggestion.high:.2g}: {place}."
    )
    last = points[-1]
    if last.test and last.train and last is not best:
        gap = less(mean(last.train), mean(last.test))
        behind = less(mean(best.test), mean(last.test))
        text += (
            f" At sigma {last.sigma:g} train and held-out PSNR are {_db(gap)} apart, and the "
            f"held-out one is {_db(behind)} below the best."
        )
    return text


def _db(value: float) -> str:
    return f"{fixed(value, 1)} dB"
