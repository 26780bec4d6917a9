"""Two settings, or two trained classifiers, compared pair by pair: intervals and tests."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from l335.core.metrics import Metric
from l335.core.wording import fixed, listed
from l335.spec.common import MAX_SEED

CONFIDENCE = 0.95

NO_SPREAD = 1e-9
"""Deviations below this part of the largest value are rounding, not spread."""


MIN_TO_TELL_APART, FAR = 4, 10
"""Pairs it takes to call one of them odd, and how many usual distances it then lies away."""


@dataclass(frozen=True)
class Paired:
    """The differences between two settings, seed by seed; no figure in it is ever nan.

    Attributes:
        differences: First less second, by seed, for the seeds both have.
        left_out: Seeds both have, but one of them without a finite value.
        mean: Their mean; None without a pair.
        deviation: Their sample deviation; None with fewer than two pairs.
        low: Lower end of Student's interval of the mean; None with fewer than two pairs, and
            where all differences are the same, for then there is no spread to judge it by.
        high: Its upper end.
        confidence: The interval's, in (0, 1).
    """

    differences: dict[int, float]
    left_out: tuple[int, ...]
    mean: float | None
    deviation: float | None
    low: float | None
    high: float | None
    confidence: float

    @property
    def num_pairs(self) -> int:
        """How many seeds the two have in common."""
        return len(self.differences)

    @property
    def is_clear(self) -> bool:
        """Whether the seeds tell which is ahead.

        Seeds that all differ by the same have no interval, and need none.
        """
        has_no_spread = self.num_pairs > 1 and self.low is None and bool(self.mean)
        return self.excludes_zero or has_no_spread

    @property
    def excludes_zero(self) -> bool:
        """Whether there is an interval, and no difference lies outside it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def paired_difference(
    a: Mapping[int, float | None], b: Mapping[int, float | None], confidence: float = CONFIDENCE
) -> Paired:
    """Compare two settings over the seeds they have in common.

    The interval is Student's, of the mean of the differences (Student 1908, Biometrika 6). It
    takes the differences to be about normal, which two or three of them can't show.

    Args:
        a: The first setting's value of one metric by seed; None where it was not finite.
        b: The second's.
        confidence: Of the interval, in (0, 1).

    Raises:
        ValueError: The confidence is out of range.
    """
    _check(confidence)
    common = sorted(set(a) & set(b))
    pairs = {
        seed: (one, other)
        for seed in common
        if (one := _finite(a[seed])) is not None and (other := _finite(b[seed])) is not None
    }
    left_out = tuple(seed for seed in common if seed not in pairs)
    differences = {seed: one - other for seed, (one, other) in pairs.items()}
    values = list(differences.values())
    mean = statistics.fmean(values) if values else None
    spread = deviation(values)
    low = high = None
    if mean is not None and spread is not None:
        largest = max(abs(number) for pair in pairs.values() for number in pair)
        if spread > NO_SPREAD * largest:
            half = _student(confidence, len(values) - 1) * spread / math.sqrt(len(values))
            low, high = mean - half, mean + half
        else:
            spread = 0.0
    return Paired(differences, left_out, mean, spread, low, high, confidence)


def less(value: float, other: float) -> float:
    """The difference of two figures; none between two that are infinite alike."""
    return 0.0 if value == other else value - other


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation of a sample; None of fewer than two values, or with one infinite."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return None
    return statistics.stdev(values)


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` is {confidence}; it must be between 0 and 1, such as 0.95.")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _student(confidence: float, freedom: int) -> float:
    # Loaded where it is needed, for it takes 0.2 s; scipy.stats takes 0.8.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))


def seeds_apart(paired: Paired) -> list[int]:
    """Seeds whose difference is unlike those of the others, such as of a run that never learnt.

    So it is where it lies ten times as far from the median as half of the others do. With fewer
    than four pairs nobody can tell.
    """
    values = list(paired.differences.values())
    if len(values) < MIN_TO_TELL_APART:
        return []
    middle = statistics.median(values)
    usual = statistics.median(abs(value - middle) for value in values)
    if usual == 0:
        return []
    return [seed for seed, value in paired.differences.items() if abs(value - middle) > FAR * usual]


def difference_sentence(paired: Paired, a: str, b: str, metric: Metric) -> str:
    """What a comparison over seeds says, in one or two sentences.

    Args:
        paired: The comparison.
        a: Name of the first setting, ready to be shown.
        b: Name of the second.
        metric: What the values are; it decides on unit and digits.
    """
    if paired.left_out:
        seeds = listed([str(seed) for seed in paired.left_out])
        noun = "Seed" if len(paired.left_out) == 1 else "Seeds"
        verb = "is" if len(paired.left_out) == 1 else "are"
        left_out = f" {noun} {seeds} {verb} left out: one of the two has no finite value there."
    else:
        left_out = ""
    return _verdict(paired, a, b, metric) + left_out


def _verdict(paired: Paired, a: str, b: str, metric: Metric) -> str:
    number, mean = paired.num_pairs, paired.mean
    if mean is None:
        return (
            f"{a} and {b} have no seed in common that can be compared; train both with the same "
            "seeds."
        )
    said = f"{a} is {_apart(mean, paired, metric)} {b}"
    if number == 1:
        [seed] = paired.differences
        return (
            f"{said} with seed {seed}, the only one in common. One pair has no spread, so there "
            "is no interval; train more seeds."
        )
    if paired.low is None or paired.high is None:
        return (
            f"{said} with each of the {number} seeds. Without any spread between seeds there is "
            "no interval."
        )
    level = f"{100 * paired.confidence:g} %"
    low, high = (_shown(end, paired, metric) for end in (paired.low, paired.high))
    interval = f"{level} interval {low} to {high}{_unit(metric)}, from {number} seeds"
    if paired.excludes_zero:
        return f"{said}, {interval}."
    return f"Too close to call: {said}, but the interval holds no difference too ({interval})."


def _apart(mean: float, paired: Paired, metric: Metric) -> str:
    size = _shown(abs(mean), paired, metric)
    if float(size) == 0:
        return "level with"
    return f"{size}{_unit(metric)} {'above' if mean > 0 else 'below'}"


def _shown(value: float, paired: Paired, metric: Metric) -> str:
    scale = 100 if metric.percent else 1
    ends = [abs(end) for end in (paired.mean, paired.low, paired.high) if end is not None]
    # Points below 1 need the second digit: 0.04 of them are 4 of 10,000 images.
    digits = (1 if scale * max(ends) >= 1 else 2) if metric.percent else metric.digits
    return fixed(scale * value, digits)


def _unit(metric: Metric) -> str:
    return " points" if metric.percent else f" {metric.unit}".rstrip()


def seeds_to_train(known: Sequence[set[int]], more: int) -> list[set[int]]:
    """Which seeds to train so that settings have ``more`` further seeds in common.

    Seeds that some of them have already come first, for they need fewer runs.

    Args:
        known: Seeds of each setting so far.
        more: How many further ones all of them shall have.

    Returns:
        Seeds each setting lacks, in the order of ``known``.
    """
    anywhere, everywhere = set[int]().union(*known), set[int].intersection(*known)
    wanted = [*sorted(anywhere - everywhere), *free_seeds(anywhere, more)][:more]
    return [set(wanted) - seeds for seeds in known]


def free_seeds(used: Collection[int], more: int) -> list[int]:
    """Seeds no run has yet: those behind the largest, or the smallest free ones past the end.

    Args:
        used: Seeds that are taken.
        more: How many are wanted.
    """
    start = max(used, default=-1) + 1
    if start + more <= MAX_SEED + 1:
        return list(range(start, start + more))
    return list(itertools.islice((seed for seed in itertools.count() if seed not in used), more))


@dataclass(frozen=True)
class McNemar:
    """Two classifiers on the same images.

    Attributes:
        both: Images both get right.
        only_a: Images only the first gets right.
        only_b: Images only the second gets right.
        neither: Images both get wrong.
        p_value: How often two equally good classifiers would disagree so unevenly or more, in
            [0, 1]: exact, two-sided.
        difference: Accuracy of the first less that of the second, in [-1, 1].
        low: Lower end of its confidence interval, in [-1, 1].
        high: Its upper end.
        confidence: The interval's, in (0, 1).
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    p_value: float
    difference: float
    low: float
    high: float
    confidence: float

    @property
    def num_images(self) -> int:
        """How many images there are."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def tells_apart(self) -> bool:
        """Whether chance alone would seldom part the two so far."""
        return self.p_value < 1 - self.confidence


def mcnemar(
    predicted_a: ArrayLike,
    predicted_b: ArrayLike,
    labels: ArrayLike,
    confidence: float = CONFIDENCE,
) -> McNemar:
    """Test whether two classifiers are right equally often, from their answers to same images.

    The test is McNemar's (1947, Psychometrika 12), exact by the binomial distribution: only
    images one of them gets right count. The interval is that of Bonett and Price (2012, J. Educ.
    Behav. Stat. 37), Wald's with one image added to either side.

    Args:
        predicted_a: Classes the first answers, whole numbers [N], N at least 1.
        predicted_b: Classes the second answers [N].
        labels: True classes [N].
        confidence: Of the interval, in (0, 1); its complement is the level of the test.

    Raises:
        ValueError: The three are not equally long, or empty, or the confidence is out of range.
    """
    _check(confidence)
    first, second, truth = (np.asarray(each) for each in (predicted_a, predicted_b, labels))
    if not (first.shape == second.shape == truth.shape and truth.ndim == 1 and truth.size):
        raise ValueError(
            f"Predictions of the shapes {first.shape} and {second.shape} to labels of the shape "
            f"{truth.shape} can't be compared; each must be a list, of one length, not empty."
        )
    a_right, b_right = first == truth, second == truth
    only_a, only_b = int((a_right & ~b_right).sum()), int((b_right & ~a_right).sum())
    both = int((a_right & b_right).sum())
    number = truth.size
    share_a, share_b = (only_a + 1) / (number + 2), (only_b + 1) / (number + 2)
    middle = share_a - share_b
    error = math.sqrt((share_a + share_b - middle**2) / (number + 2))
    half = statistics.NormalDist().inv_cdf((1 + confidence) / 2) * error
    return McNemar(
        both,
        only_a,
        only_b,
        number - both - only_a - only_b,
        _two_sided(min(only_a, only_b), only_a + only_b),
        (only_a - only_b) / number,
        max(-1.0, middle - half),
        min(1.0, middle + half),
        confidence,
    )


def _two_sided(fewer: int, total: int) -> float:
    """Twice the chance of so few heads or less in this many throws of a fair coin, at most 1."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(fewer, total, 0.5)))


def mcnemar_sentence(test: McNemar, a: str, b: str) -> str:
    """What a comparison on the same images says, and what it does not say.

    Args:
        test: The comparison.
        a: Name of the first classifier, ready to be shown.
        b: Name of the second.
    """
    images = f"these {test.num_images:,} images"
    if test.only_a == test.only_b == 0:
        return f"{a} and {b} are right and wrong on exactly the same of {images}."
    counts = (
        f"{a} is right on {test.only_a:,} of {images} that {b} gets wrong, and wrong on "
        f"{test.only_b:,} that {b} gets right"
    )
    low, high = (fixed(100 * end, 1) for end in (test.low, test.high))
    size = f"{abs(100 * test.difference):.1f}"
    side = "above" if test.difference > 0 else "below"
    apart = f"{size} points {side}" if float(size) else "level with it to 0.1 points"
    interval = f"{100 * test.confidence:g} % interval {low} to {high} points"
    p_value = "p < 0.0001" if test.p_value < 1e-4 else f"p = {test.p_value:.2g}"
    if test.tells_apart:
        chance = "Chance alone seldom parts two equally good classifiers so far."
    else:
        chance = "Too close to call: chance alone often parts two equally good classifiers so far."
    return (
        f"{counts}: it is {apart} ({interval}, {p_value}). {chance} This is about these two "
        "trained networks, not about the two settings: trained again from another seed, each "
        "would answer otherwise. Settings are told apart by several seeds."
    )
