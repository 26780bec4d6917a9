"""Whether the first remedy of a verdict helps: it is set, trained, and compared."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from l335.results.verdict import Cause
from l335.spec import ClassifySpec
from l335.spec.from_text import with_settings
from tests.verdicts.corpus import GROUP_SEEDS, SEEDS, Case

Pair = tuple[float, float]

FEW_SIGMAS = 2.0
GAP_CAUSES: tuple[Cause, ...] = ("too_few_images", "too_little_regularisation", "label_noise")
"""Causes whose fault is the gap, so that closing it without a loss of accuracy helps too."""

GAP_CLOSED = 0.5
"""Share of the gap that must be gone for it to be closed."""


def seeds_of(case: Case) -> tuple[int, ...]:
    """The seeds a remedy of a case is tried on."""
    return GROUP_SEEDS if case.cause == "seeds_disagree" else SEEDS


def remedied(spec: ClassifySpec, settings: Sequence[str]) -> ClassifySpec:
    """A run with the settings of a remedy applied."""
    found = with_settings(spec, settings)
    assert isinstance(found, ClassifySpec)
    return found


@dataclass(frozen=True)
class Trial:
    """Test and train accuracy by seed, before and after a remedy.

    Attributes:
        noise: Deviation of the test accuracy between seeds, of runs like these; see `noises_of`.
    """

    cause: Cause
    setting: str
    before: Mapping[int, tuple[float, float]]
    after: Mapping[int, tuple[float, float]]
    noise: float = 0.0

    @property
    def gain(self) -> float:
        """Test accuracy gained, the mean over the seeds of both."""
        return _mean(self.after, 0) - _mean(self.before, 0)

    @property
    def limit(self) -> float:
        """Gain beyond which seeds can't explain it: two deviations of a difference of means."""
        return FEW_SIGMAS * self.noise * (2 / len(self.before)) ** 0.5

    @property
    def helps(self) -> bool:
        """Whether the test accuracy rose beyond noise, or the gap closed without a loss of it."""
        if self.gain > self.limit:
            return True
        gaps = [_mean(each, 1) - _mean(each, 0) for each in (self.before, self.after)]
        is_closed = gaps[1] < (1 - GAP_CLOSED) * gaps[0]
        return self.cause in GAP_CAUSES and is_closed and self.gain > -self.limit


def noise_of(pairs: Sequence[Pair]) -> float:
    """Typical deviation between two seeds: of the median of the pairs' own variances."""
    # Of two normal values the median squared half difference is 0.455 variances.
    return (statistics.median([(a - b) ** 2 / 2 for a, b in pairs]) / 0.455) ** 0.5


def noises_of(tried: Iterable[Trial]) -> dict[Cause, float]:
    """Deviation between seeds of the cases of each cause, before or after, whichever is larger.

    Before alone would not do: nets that all stay at guessing agree to the last digit.
    """
    pairs: dict[Cause, tuple[list[Pair], list[Pair]]] = {}
    for trial in tried:
        for found, scores in zip(
            pairs.setdefault(trial.cause, ([], [])), (trial.before, trial.after), strict=True
        ):
            first, second, *_ = (test for test, _ in scores.values())
            found.append((first, second))
    return {cause: max(map(noise_of, found)) for cause, found in pairs.items()}


def _mean(scores: Mapping[int, tuple[float, float]], place: int) -> float:
    return statistics.fmean(pair[place] for pair in scores.values())
