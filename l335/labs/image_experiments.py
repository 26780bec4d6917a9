"""The sigma lab: which runs a sweep is made of, what the spectrum holds, what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.encodings.none import NoEncoding
from l335.core.wording import fixed, listed
from l335.data.images.spectrum import band_power, frequency_bands, nyquist
from l335.results.views import ImageView, RunView
from l335.spec import FitImageSpec, with_changes
from l335.spec.presets import preset
from l335.statistics.paired import less

PRACTICAL_SIGMAS = (1.0, 5.0, 10.0, 30.0, 100.0)
NO_ENCODING = 0.0
"""In place of sigma where the network sees the bare coordinates."""

MAX_RUNS = 120
MAIN_SHARE = 0.95


class Arm(NamedTuple):
    """One run of a sweep: a stored image, a sigma, and a draw of the matrix B and of the weights.

    The draw is the seed too: what is compared are whole networks, as in the lab. A sigma of
    ``NO_ENCODING`` is a network without encoding.
    """

    image: str
    sigma: float
    draw: int


@dataclass(frozen=True)
class SigmaSweep:
    """No encoding and Gaussian Fourier features over images, sigmas and draws; else all the same.

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
            for sigma in (NO_ENCODING, *self.sigmas)
            for image in self.images
        }

    def _spec(self, image: ImageView, sigma: float, draw: int) -> FitImageSpec:
        encoding = (
            NoEncoding() if sigma == NO_ENCODING else GaussianEncoding(sigma=sigma, draw=draw)
        )
        changes = {
            **image.settings,
            "image_size": self.size,
            "crop": "square",
            "held_out": "grid",
            "steps": self.steps,
            "encoding": encoding,
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


class Detail(NamedTuple):
    """How fine a picture is, from its spectrum; it does not name the best sigma (docs/sigma.md).

    Attributes:
        main: Frequency below which 95 % of the power lies, in cycles per image.
        beyond: Share of the power that a grid of every second pixel can't hold, in [0, 1].
    """

    main: float
    beyond: float


def detail_of(pixels: NDArray[np.float32]) -> Detail:
    """How fine a picture is.

    Args:
        pixels: The picture as it will be fitted, [H, W, 3] in [0, 1].
    """
    height, width = pixels.shape[:2]
    bands = frequency_bands(width, height)
    inside = bands.index[bands.index >= 0]
    power = band_power(pixels, bands)
    total = power * np.bincount(inside, minlength=len(power))
    share = np.cumsum(total) / max(float(total.sum()), 1e-12)
    limit = nyquist(math.ceil(width / 2), math.ceil(height / 2))
    ends = bands.edges[1:]
    held = float(np.interp(limit, ends, share))
    beyond = max(0.0, 1.0 - held) if total.sum() > 1e-12 else 0.0
    return Detail(float(np.interp(MAIN_SHARE, share, ends)), beyond)


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
    return [point_at(sweep, image, sigma, runs) for sigma in sweep.sigmas]


def point_at(
    sweep: SigmaSweep, image: str, sigma: float, runs: Mapping[Arm, RunView | None]
) -> SigmaPoint:
    """What one sigma, or ``NO_ENCODING``, has reached on one image."""
    found = [runs.get(Arm(image, sigma, draw)) for draw in range(sweep.num_draws)]
    summaries = [run.summary for run in found if run is not None]
    means = _last(summaries, "test/mean_colour_psnr_db")
    return SigmaPoint(
        sigma,
        _last(summaries, "train/psnr_db"),
        _last(summaries, "test/psnr_db"),
        means[0] if means else None,
    )


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


def sigma_finding(
    points: Sequence[SigmaPoint], *, is_done: bool, plain: SigmaPoint | None = None
) -> str:
    """What the points of one image show, in some sentences.

    Args:
        points: One for each sigma.
        is_done: Whether all runs are over.
        plain: The point of no encoding.
    """
    best = best_point(points)
    if best is None:
        return ""
    so_far = "" if is_done else " so far"
    text = f"Best held-out PSNR{so_far}: {_db(mean(best.test))} at sigma {best.sigma:g}"
    if len(best.test) > 1:
        text += f", from {_db(min(best.test))} to {_db(max(best.test))} over {len(best.test)} draws"
        level = [
            f"{point.sigma:g}"
            for point in points
            if point is not best and point.test and max(point.test) >= min(best.test)
        ]
        if level:
            text += f"; level within the spread of draws: sigma {listed(level)}"
    else:
        text += ", with one draw each, so that small differences may be luck"
    text += "."
    last = points[-1]
    if last.test and last.train and last is not best:
        gap = less(mean(last.train), mean(last.test))
        behind = less(mean(best.test), mean(last.test))
        text += (
            f" At sigma {last.sigma:g} train and held-out PSNR are {_db(gap)} apart, and the "
            f"held-out one is {_db(behind)} below the best."
        )
    if plain is not None and plain.test:
        text += f" Without encoding it is {_db(mean(plain.test))}."
    return text + _below_mean_colour(points)


def _below_mean_colour(points: Sequence[SigmaPoint]) -> str:
    """Every sigma that is worse between the pixels than one flat colour."""
    below = [
        point
        for point in points
        if point.test and point.mean_colour is not None and mean(point.test) < point.mean_colour
    ]
    if not below:
        return ""
    flat = below[0].mean_colour
    assert flat is not None
    words = listed([f"sigma {point.sigma:g} ({_db(mean(point.test))})" for point in below])
    return f" Below the mean colour alone ({_db(flat)}): {words}."


def _db(value: float) -> str:
    return f"{fixed(value, 1)} dB"
