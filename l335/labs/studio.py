"""The initialiser studio: rules over seeds, all else the same, and how their scores compare."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from l335.results.views import ImageView, RunView, Series
from l335.spec import FitImageSpec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.presets import preset

MEAN_COLOUR = ["output_bias=mean_colour", "output_gain=0.1"]
"""Starts every pixel near the mean colour. With Kaiming's weights the bias alone does not do: a
colour that is alive at the start then dies in training (docs/claims.md)."""

RULES: dict[str, list[str]] = {
    "PyTorch's default": [],
    "Kaiming normal": ["initialiser=kaiming_normal"],
    "Kaiming uniform": ["initialiser=kaiming_uniform"],
    "Xavier normal": ["initialiser=xavier_normal"],
    "Xavier uniform": ["initialiser=xavier_uniform"],
    "Orthogonal": ["initialiser=orthogonal"],
    "Constant deviation 0.1": ["initialiser=normal", "initialiser.deviation=0.1"],
    "Zeros": ["initialiser=zeros"],
    "Kaiming normal, zero biases": ["initialiser=kaiming_normal", "initialiser.bias=zero"],
    "PyTorch's default, last weights × 0.1, output at the mean colour": [*MEAN_COLOUR],
    "Kaiming normal, biases uniform in ±1, last weights × 0.1, output at the mean colour": [
        "initialiser=kaiming_normal",
        "initialiser.bias=uniform",
        *MEAN_COLOUR,
    ],
}
"""The settings that make each rule."""

PRACTICAL = tuple(list(RULES)[:5])
TASK_1 = ["encoding=none", "batch_pixels=all"]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Study:
    """Rules over seeds on one image.

    Attributes:
        image: What is fitted.
        rules: Names in ``RULES``.
        output: Last activation, such as ``relu``.
        size: Longer side of the fitted image, in pixels.
        steps: Full-batch steps of each network.
        num_seeds: Networks of each rule, of seeds 0, 1, …
        output_start: ``mean_colour`` puts every rule's output there before the first step.
    """

    image: ImageView
    rules: tuple[str, ...]
    output: str
    size: int
    steps: int
    num_seeds: int
    output_start: str = "rule"

    def runs(self) -> dict[str, FitImageSpec]:
        """One run for each rule; its networks are trained side by side as one."""
        settings = [
            *TASK_1,
            f"output={self.output}",
            f"image_size={self.size}",
            f"steps={self.steps}",
            f"num_seeds={self.num_seeds}",
            *(MEAN_COLOUR if self.output_start == "mean_colour" else []),
        ]
        start = with_changes(preset("fit-image").spec, **self.image.settings)
        found = {}
        for rule in self.rules:
            spec = with_settings(start, [*settings, *RULES[rule]])
            assert isinstance(spec, FitImageSpec)
            found[rule] = spec
        return found


def seed_scores(run: RunView | None) -> list[float | None]:
    """The last PSNR of each network of a run, in dB; None before the first evaluation."""
    if run is None:
        return []
    return [run.summary.get(key, {}).get("last") for key in _keys(run, "psnr_db")]


def _keys(run: RunView, figure: str) -> list[str]:
    """Keys of a figure of each network of a run."""
    assert isinstance(run.spec, FitImageSpec)
    if run.spec.num_seeds == 1:
        return [f"train/{figure}"]
    return [f"seed_{place}/{figure}" for place in range(run.spec.num_seeds)]


WHY_DEAD = (
    "A colour whose unit is below zero for every pixel gets no gradient of its own there, but the "
    "other colours still move the layers they share: that can bring it back, or push another one "
    "below zero. So what is dead before the first step does not settle how a network ends."
)


class DeadColours(NamedTuple):
    """How many colours of one network are zero for every pixel, of three.

    Attributes:
        start: Before the first step.
        end: After the last.
    """

    start: int
    end: int


def dead_colours(run: RunView, series: Mapping[str, Series]) -> list[DeadColours | None]:
    """The dead colours of each network of a run; None where they were not counted.

    Args:
        run: The run.
        series: All its points.
    """
    found: list[DeadColours | None] = []
    for key in _keys(run, "dead_colours"):
        counts = series.get(key, Series()).value
        known = [int(count) for count in counts if count is not None]
        found.append(DeadColours(known[0], known[-1]) if len(known) > 1 else None)
    return found


def dead_finding(
    name: str, scores: Sequence[float], dead: Sequence[DeadColours], threshold: float
) -> str:
    """Which networks of a rule had a dead colour, at the start and at the end, and what became.

    Args:
        name: The rule.
        scores: PSNR of each network in dB, one or more; minus infinity of one that diverged.
        dead: Their dead colours.
        threshold: In dB.
    """
    pairs = list(zip(scores, dead, strict=True))
    number, limit = len(pairs), f"{threshold:g} dB"
    at_start = [score for score, each in pairs if each.start]
    others = [score for score, each in pairs if not each.start]
    at_end = [score for score, each in pairs if each.end]
    below = [each for score, each in pairs if score <= threshold]
    text = (
        f"{name}: {len(at_start)} of {number} networks had a dead colour before the first step, "
        f"{len(at_end)} after the last"
    )
    if at_start:
        text += f". Of those dead at the start {_above(at_start, threshold)}"
        if others:
            text += f", of the others {_above(others, threshold)}"
    lost = sum(each.end > each.start for each in dead)
    back = sum(each.end < each.start for each in dead)
    if lost or back:
        text += f"; in {lost} a colour died while they trained, in {back} one came back"
    if below:
        text += (
            f". Of the {len(below)} at {limit} or below, {sum(each.end > 0 for each in below)} "
            "have a dead colour at the end"
        )
    return f"{text}."


def _above(scores: Sequence[float], threshold: float) -> str:
    return (
        f"{sum(score > threshold for score in scores)} of {len(scores)} end above {threshold:g} dB"
    )


class Share(NamedTuple):
    """How many of some networks reach a threshold, and where the true share lies.

    Attributes:
        above: Networks that reach it.
        total: Networks with a score.
        low: Lower end of the 95 % confidence interval, in [0, 1].
        high: Upper end.
    """

    above: int
    total: int
    low: float
    high: float


def share_above(scores: Sequence[float], threshold: float) -> Share:
    """The share of scores above a threshold, with Wilson's interval (Wilson 1927, JASA 22).

    Unlike the interval of the textbook it stays within [0, 1] and is right for 20 of 20.

    Args:
        scores: One or more, in dB.
        threshold: In dB.
    """
    total = len(scores)
    above = sum(score > threshold for score in scores)
    z = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = above / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / total + weight / total / 4) / (1 + weight)
    return Share(above, total, max(0.0, middle - half), min(1.0, middle + half))


def worst_first(scores: Sequence[float | None]) -> list[int]:
    """Places of networks, the lowest score first; those without a score before all."""
    return sorted(range(len(scores)), key=lambda place: (scores[place] or -math.inf, place))


class Deviations(NamedTuple):
    """Deviation of the weights a rule draws, at the first layer and at the others."""

    first: float
    hidden: float
    biases: str


def weight_deviations(spec: FitImageSpec) -> Deviations:
    """What the rule of a specification draws from, by its formula."""
    rule = spec.initialiser
    features = spec.encoding.num_features(spec.NUM_COORDINATES)
    width = spec.widths()[0]
    bias = getattr(rule, "bias", "default")
    bound = f"±{getattr(rule, 'bias_bound', 1):g}"
    then = f"then ±{1 / math.sqrt(width):.2g}"
    words = {"zero": "zero", "uniform": bound, "uniform_first": f"{bound}, {then}"}
    return Deviations(
        rule.weight_deviation(features, width, is_first=True),
        rule.weight_deviation(width, width, is_first=False),
        words.get(bias, f"±{1 / math.sqrt(features):.2g}, {then}"),
    )


def fold_segments(first_layer: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the units of a first layer fold the picture: the parts of their lines inside it.

    Args:
        first_layer: Weights and bias (w, v, b) of each unit [U, 3], on coordinates in [0, 1]; a
            unit bends along w x + v y + b = 0.

    Returns:
        Ends (x0, y0, x1, y1) of the lines that cross the picture [K, 4], K at most U.
    """
    normal, bias = first_layer[:, :2].astype(np.float64), first_layer[:, 2].astype(np.float64)
    square = (normal**2).sum(axis=1)
    is_line = square > 0
    normal, bias, square = normal[is_line], bias[is_line], square[is_line]
    nearest = -normal * (bias / square)[:, None]  # the line's point closest to the corner
    along = np.stack([-normal[:, 1], normal[:, 0]], axis=1) / np.sqrt(square)[:, None]
    # Liang and Barsky 1984: the stretch of each line between both pairs of sides.
    with np.errstate(divide="ignore", invalid="ignore"):
        enter, leave = (0 - nearest) / along, (1 - nearest) / along
    is_parallel = along == 0
    is_inside = (nearest >= 0) & (nearest <= 1)
    low = np.where(is_parallel, np.where(is_inside, -np.inf, np.inf), np.minimum(enter, leave))
    high = np.where(is_parallel, np.where(is_inside, np.inf, -np.inf), np.maximum(enter, leave))
    start, end = low.max(axis=1), high.min(axis=1)
    crosses = start < end
    nearest, along = nearest[crosses], along[crosses]
    ends = [nearest + t[crosses, None] * along for t in (start, end)]
    segments: NDArray[np.float64] = np.hstack(ends).clip(0, 1)
    return segments


def fold_words(num_crossing: int, num_units: int) -> str:
    """How many units of a first layer bend inside the picture, in one sentence."""
    outside = num_units - num_crossing
    if not outside:
        return f"All {num_units} units fold the picture."
    return (
        f"{num_crossing} of {num_units} units fold the picture; the others are straight, or zero, "
        "all over it."
    )


def dead_words(units: dict[str, int], channels: Sequence[str], width: int) -> list[str]:
    """What of a network is dead at one moment, in sentences; empty where nothing is.

    Args:
        units: Dead units of each hidden layer.
        channels: Colours that are zero for every pixel.
        width: Units of a hidden layer.
    """
    words = [
        f"{name.capitalize()} is dead: its unit is below zero for every pixel, so it gets no "
        "gradient of its own. Other colours may move the layers they share and bring it back."
        for name in channels
    ]
    words += [
        f"{count} of {width} units of `{layer}` are dead: zero for every pixel."
        for layer, count in units.items()
        if count
    ]
    return words
