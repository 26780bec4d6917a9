"""Recorded points of one or several seeds, made into one value for each epoch."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

from l335.results.views import RunView, Series
from l335.spec import FASHION_MNIST_TRAIN

LARGEST = 1e12
"""A loss beyond this is no better than an infinite one, and squares of it still fit."""


def is_sound(value: float | None) -> TypeGuard[float]:
    """Whether a point is a number to reckon with."""
    return value is not None and math.isfinite(value) and abs(value) < LARGEST


@dataclass(frozen=True)
class RunSeries:
    """The curves of one seed.

    Attributes:
        num_images: Images it was trained on.
        has_failed: Whether the run ended because its loss was no longer finite; its curves then
            stop before that.
    """

    seed: int
    series: dict[str, Series]
    steps_per_epoch: int
    has_failed: bool = False
    num_images: int = FASHION_MNIST_TRAIN

    def by_epoch(self, key: str) -> dict[int, float]:
        """The last finite value in each epoch; those of the train loss are means over it."""
        groups: dict[int, list[float]] = {}
        points = self.series.get(key, Series())
        for step, value in zip(points.step, points.value, strict=False):
            if is_sound(value) and step > 0:
                groups.setdefault(math.ceil(step / max(1, self.steps_per_epoch)), []).append(value)
        if key == "train/loss":
            return {epoch: statistics.fmean(values) for epoch, values in groups.items()}
        return {epoch: values[-1] for epoch, values in groups.items()}

    @property
    def is_broken(self) -> bool:
        """Whether a loss stopped being a finite number."""
        points = [v for key in ("train/loss", "test/loss") for v in self.values(key)]
        return self.has_failed or not all(map(is_sound, points))

    def values(self, key: str) -> list[float | None]:
        """Every point of a metric, in order."""
        return self.series.get(key, Series()).value

    def finite_values(self, key: str) -> list[float]:
        """Those points of a metric that are numbers, in order."""
        return [value for value in self.values(key) if is_sound(value)]

    def first_values(self, name: str) -> list[float]:
        """The first point of a statistic in each layer, the first layer first."""
        keys = [key for key in self.series if key.startswith(f"{name}/")]
        return [values[0] for key in keys if (values := self.finite_values(key))]


ReadSeries = Callable[[str], dict[str, Series]]
"""Reads the recorded points of a run by its uid."""


def run_series(run: RunView, series: dict[str, Series]) -> RunSeries:
    """The curves of a run as a verdict reads them."""
    spec, has_failed = run.spec, run.error_code == "diverged"
    return RunSeries(run.seed, series, spec.steps_per_epoch, has_failed, spec.samples_per_epoch)


@dataclass(frozen=True)
class Curves:
    """One value for each epoch: the mean over seeds."""

    runs: list[RunSeries]
    _means: dict[str, dict[int, float]] = field(default_factory=dict)
    _noises: dict[str, float] = field(default_factory=dict)

    @cached_property
    def epochs(self) -> list[int]:
        """Epochs every seed was judged in."""
        return sorted(set(self.mean("test/accuracy")) & set(self.mean("train/accuracy")))

    def of_seeds(self, key: str) -> list[dict[int, float]]:
        """Each seed's values by epoch; seeds without any are left out."""
        return [found for run in self.runs if (found := run.by_epoch(key))]

    def mean(self, key: str) -> dict[int, float]:
        """The mean over seeds by epoch, where all of them have a value."""
        if key not in self._means:
            self._means[key] = self._mean(key)
        return self._means[key]

    def _mean(self, key: str) -> dict[int, float]:
        found = self.of_seeds(key)
        if not found:
            return {}
        shared = set.intersection(*(set(values) for values in found))
        return {e: statistics.fmean(values[e] for values in found) for e in sorted(shared)}

    @cached_property
    def train_loss_key(self) -> str:
        """The train loss judged like the test loss where it was recorded."""
        return "train/eval_loss" if self.mean("train/eval_loss") else "train/loss"

    @cached_property
    def gap(self) -> dict[int, float]:
        """Train minus test accuracy by epoch."""
        train, test = self.mean("train/accuracy"), self.mean("test/accuracy")
        return {epoch: train[epoch] - test[epoch] for epoch in self.epochs}

    @cached_property
    def accuracy_noise(self) -> float:
        """Deviation of the test accuracy between seeds, or an estimate for one seed.

        Seeds draw other training images, so they differ about as shares of so many images do:
        0.16 points are expected for 60,000 images and 1.3 for 1,000, where pairs of seeds of the
        corpus in docs/verdicts.md differed by 0.13 and 1.8.
        """
        if len(self.of_seeds("test/accuracy")) > 1:
            return self.noise("test/accuracy")
        last = self.mean("test/accuracy").get(self.epochs[-1], 0.5) if self.epochs else 0.5
        return math.sqrt(max(1e-4, last * (1 - last)) / self.num_images)

    @property
    def num_images(self) -> int:
        """Training images of a seed."""
        return max(1, min((run.num_images for run in self.runs), default=1))

    def noise(self, key: str) -> float:
        """Deviation between seeds in the later half; with one seed, of neighbouring epochs.

        The second is taken from second differences, which a straight slope leaves at 0.
        """
        if key not in self._noises:
            self._noises[key] = self._noise(key)
        return self._noises[key]

    def _noise(self, key: str) -> float:
        found = self.of_seeds(key)
        if len(found) > 1:
            shared = sorted(set.intersection(*(set(values) for values in found)))
            later = shared[len(shared) // 2 :]
            spreads = [statistics.variance([values[e] for values in found]) for e in later]
            return math.sqrt(statistics.fmean(spreads)) if spreads else 0.0
        values = list(found[0].values()) if found else []
        bends = [a - 2 * b + c for a, b, c in zip(values, values[1:], values[2:], strict=False)]
        later_bends = bends[len(bends) // 2 :]
        # A second difference of independent values has 1 + 4 + 1 times their variance.
        return math.sqrt(statistics.fmean([b * b for b in later_bends]) / 6) if later_bends else 0.0

    def slope(self, key: str, last: int, window: int) -> float | None:
        """Relative change per epoch of a loss over the epochs up to ``last``; None for too few.

        The slope of the logarithms: -0.02 is a fall by 2 % an epoch.
        """
        losses = {epoch: math.log(max(v, 1e-12)) for epoch, v in self._window(key, last, window)}
        return _line(losses)

    def gain(self, last: int, window: int) -> float | None:
        """Change per epoch of the test accuracy over the epochs up to ``last``."""
        return _line(dict(self._window("test/accuracy", last, window)))

    def _window(self, key: str, last: int, window: int) -> list[tuple[int, float]]:
        values = self.mean(key)
        return [(e, values[e]) for e in range(last - window, last + 1) if e in values]

    def layers(self, name: str) -> dict[str, dict[int, float]]:
        """A statistic of single layers by module, then by epoch."""
        keys: Iterable[str] = sorted({key for run in self.runs for key in run.series})
        found = {k.partition("/")[2]: self.mean(k) for k in keys if k.startswith(f"{name}/")}
        return {module: values for module, values in found.items() if values}


def _line(points: dict[int, float]) -> float | None:
    """Median slope between any two points (Theil 1950, Sen 1968): one odd epoch hardly moves it."""
    if len(points) < 2:
        return None
    pairs = itertools.combinations(points.items(), 2)
    return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs)
