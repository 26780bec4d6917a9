"""Lab: rules of initialisation over many seeds, on one picture."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.core.metrics import ABOVE, describe
from l335.core.tables import Table
from l335.core.wording import decimal, fixed
from l335.labs import FindImage, LabPreset, Words
from l335.labs.pictures import first_score, fit_of, pictures
from l335.labs.results import Arm, failures
from l335.labs.studio import (
    WHY_DEAD,
    DeadColours,
    Share,
    Study,
    dead_colours,
    dead_finding,
    seed_scores,
    share_above,
)
from l335.spec import Spec
from l335.spec.sweeps import Cell

KEY = "train/psnr_db"
MEAN_COLOUR = "train/mean_colour_psnr_db"
NAMES = {
    "default": "PyTorch's default",
    "kaiming_normal": "Kaiming normal",
    "kaiming_uniform": "Kaiming uniform",
    "xavier_normal": "Xavier normal",
    "xavier_uniform": "Xavier uniform",
    "orthogonal": "Orthogonal",
    "constant": "Constant deviation 0.1",
    "zeros": "Zeros",
    "zero_biases": "Kaiming normal, zero biases",
    "mean_colour": "PyTorch's default, last weights × 0.1, output at the mean colour",
    "wide_biases": (
        "Kaiming normal, biases uniform in ±1, last weights × 0.1, output at the mean colour"
    ),
}
"""A word without commas for each of the studio's rules."""


class Initialisers(LabPreset):
    """Rules of initialisation over seeds; network, optimiser and steps are the same for all."""

    title: ClassVar[str] = "Initialisers over seeds"
    number: ClassVar[int] = 4
    task: ClassVar[Literal["classify", "fit-image"]] = "fit-image"
    question: ClassVar[str] = (
        "A coordinate network starts from random weights. Which rules for drawing them end above "
        "15 dB whatever the seed, and which only with luck?"
    )
    look_for: ClassVar[str] = (
        "Seeds of one rule that go different ways, such as seed 0 and seed 1. Networks no better "
        "than one flat colour. Which of them had a dead colour before the first step, and which at "
        "the end."
    )
    deliverable: ClassVar[str] = (
        "Which initialisers give a PSNR above 15 dB whatever the seed, with PSNR over the seeds of "
        "each rule and an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = (KEY,)
    page: ClassVar[str] = "initialisers"
    intervals: ClassVar[str] = (
        "Intervals are Wilson's at 95 %, of the share of all seeds above the threshold. Rules are "
        "not ranked by a mean: where some seeds fail and others do not, no network is near it."
    )
    quick_changes: ClassVar[dict[str, Any]] = {"size": 48, "steps": 100, "seeds": 6}
    quick_cuts: ClassVar[str] = (
        "The picture is 48 pixels wide instead of 96, with 100 steps instead of 300 and 6 seeds "
        "instead of 20."
    )

    kind: Literal["initialisers"] = "initialisers"
    seeds: int = Field(
        default=20,
        ge=1,
        le=64,
        title="Seeds",
        description="Networks of each rule, of seeds 0, 1, …; they are trained side by side.",
    )
    images: Words = Field(
        default=("pavilion",),
        min_length=1,
        max_length=1,
        title="Picture",
        description="What is fitted; one picture.",
        json_schema_extra={"images": True},
    )
    rules: Words = Field(
        default=tuple(NAMES)[:5],
        min_length=1,
        max_length=len(NAMES),
        title="Rules",
        description=(
            "How the weights are drawn; the practical asks for the first five. `wide_biases` is "
            "Kaiming normal with biases uniform in ±1, the last layer's weights × 0.1 and the "
            "output at the mean colour."
        ),
        json_schema_extra={"options": list(NAMES)},
    )
    output: Literal["relu", "sigmoid"] = Field(
        default="relu",
        title="Output",
        description="Last activation. With `relu` a colour can die: while it is below zero for "
        "every pixel its unit gets no gradient. A `sigmoid` has one everywhere.",
    )
    output_start: Literal["rule", "mean_colour"] = Field(
        default="rule",
        title="Output starts at",
        description="`mean_colour` starts the output of every rule at the picture's mean colour, "
        "with the last layer's weights × 0.1; `rule` is what each rule draws.",
    )
    size: int = Field(
        default=96,
        ge=16,
        le=256,
        title="Resolution",
        description="Pixels along the picture's longer side.",
    )
    steps: int = Field(
        default=300,
        ge=10,
        le=5000,
        title="Steps",
        description="Steps of each network; every step sees all pixels.",
    )
    threshold: float = Field(
        default=15.0,
        ge=0.0,
        le=60.0,
        title="Threshold, in dB",
        description="PSNR a network has to exceed.",
    )

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        [image] = pictures(self.images, find_image)
        rules = tuple(NAMES[rule] for rule in dict.fromkeys(self.rules))
        study = Study(
            image, rules, self.output, self.size, self.steps, self.seeds, self.output_start
        )
        return dict(study.runs())

    def cells(self, find_image: FindImage) -> list[Cell]:
        """One run for each rule; its seeds are trained side by side."""
        settings = {"num_seeds": str(self.seeds)}
        return [Cell(name, spec, settings) for name, spec in self.arms(find_image).items()]

    def table(self, arms: Sequence[Arm]) -> Table:
        rows = [self._row(arm) for arm in arms]
        flat = first_score(arms, MEAN_COLOUR)
        if flat is not None:
            rows.append(("Mean colour alone", "–", "–", "–", "–", fixed(flat, 2), *["–"] * 3))
        head = (
            "Rule", "n", f"Above {self.threshold:g} dB", "95 % interval of the share, %",
            "Lowest, dB", "Median, dB", "Highest, dB", "Dead colour at the start", "At the end",
        )  # fmt: skip
        caption = (
            f"{_constraints(arms)}PSNR after step {self.steps:,} over n seeds. The interval is "
            "Wilson's: where the share of all seeds above the threshold may lie. A network that "
            "diverged counts as below it. Where scores have two humps a median lies on one of them "
            "or between both. Dead: networks with a colour that is zero for every pixel."
        )
        return Table(head, tuple(rows), caption)

    def _row(self, arm: Arm) -> tuple[str, ...]:
        scores, share = list(arm.scores(KEY).values()), self._share(arm)
        if not scores or share is None:
            return (arm.name, "0", *["–"] * 7)
        interval = f"{100 * share.low:.0f} to {100 * share.high:.0f}" if share.total > 1 else "–"
        dead = _dead(arm)
        return (
            arm.name,
            str(share.total),
            f"{share.above} of {share.total}",
            interval,
            *(fixed(part, 2) for part in (min(scores), statistics.median(scores), max(scores))),
            f"{sum(each.start > 0 for each in dead)} of {len(dead)}" if dead else "–",
            f"{sum(each.end > 0 for each in dead)} of {len(dead)}" if dead else "–",
        )

    def _share(self, arm: Arm) -> Share | None:
        """How many networks clear the threshold; one that diverged does not, and counts."""
        known = _finals(arm)
        return share_above(known, self.threshold) if known else None

    @property
    def predicted(self) -> str:
        """Shares above the threshold: of scores with two humps a mean says little."""
        return f"{ABOVE}{self.threshold:g}/psnr_db"

    def is_ahead(self, best: Arm, other: Arm) -> bool:
        """Whether the intervals of both shares lie apart, as in the findings."""
        first, second = self._share(best), self._share(other)
        return first is not None and second is not None and first.low > second.high

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        shares = {arm.name: share for arm in arms if (share := self._share(arm)) is not None}
        if not any(arm.scores(KEY) for arm in arms):
            return failures(arms)
        return [
            *self._threshold_words(shares),
            *_apart_words(shares),
            *_flat_words(arms),
            *self._dead_words(arms),
            *failures(arms),
        ]

    def _threshold_words(self, shares: dict[str, Share]) -> list[str]:
        always = {name: each for name, each in shares.items() if each.above == each.total}
        others = {name: each for name, each in shares.items() if name not in always}
        limit = f"{self.threshold:g} dB"
        sentences = []
        if always:
            sentences.append(f"PSNR is above {limit} with every seed: {_counted(always)}.")
            fewest = min(always.values(), key=lambda share: share.total)
            if fewest.total > 1:
                sentences.append(
                    f"{fewest.above} of {fewest.total} seeds still leave room for a share as low "
                    f"as {100 * fewest.low:.0f} % among all seeds (Wilson's 95 % interval)."
                )
        else:
            sentences.append(f"No rule is above {limit} with every seed.")
        if others:
            sentences.append(f"Not with every seed: {_counted(others, with_interval=True)}.")
        return sentences

    def _dead_words(self, arms: Sequence[Arm]) -> list[str]:
        """Dead colours of each rule, at the start and at the end; empty where none were counted."""
        found = {arm.name: (_finals(arm), dead) for arm in arms if (dead := _dead(arm))}
        sentences = [
            dead_finding(name, scores, dead, self.threshold)
            for name, (scores, dead) in found.items()
        ]
        is_settled = all(
            bool(each.start) == bool(each.end) for _, dead in found.values() for each in dead
        )
        return [*sentences, WHY_DEAD] if sentences and not is_settled else sentences


def _constraints(arms: Sequence[Arm]) -> str:
    """What is the same for every rule: picture, network, optimiser and steps."""
    spec = next((spec for arm in arms if (spec := fit_of(arm)) is not None), None)
    if spec is None:
        return ""
    width, height = spec.fitted_size
    return (
        f"The same for every rule: {spec.image_name.partition(':')[0] or 'the picture'} at {width} "
        f"× {height} pixels, {spec.depth} hidden layers of {spec.widths()[0]} with "
        f"{type(spec.activation).title}, bare coordinates, {spec.output} output, "
        f"{type(spec.optimizer).title} at learning rate {decimal(spec.lr)}, every pixel at each of "
        f"{spec.steps:,} steps. "
    )


def _finals(arm: Arm) -> list[float]:
    """The last PSNR of each network in dB; minus infinity of one that diverged."""
    scores = [score for run in arm.completed for score in seed_scores(run)]
    return [-math.inf if score is None else score for score in scores]


def _dead(arm: Arm) -> list[DeadColours]:
    """Dead colours of each network of an arm; empty unless they were counted in all of them."""
    found = [each for run in arm.completed for each in dead_colours(run, arm.read(run.uid))]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else []


def _counted(shares: dict[str, Share], *, with_interval: bool = False) -> str:
    words = []
    for name, each in shares.items():
        interval = f", 95 % interval {100 * each.low:.0f} to {100 * each.high:.0f} %"
        has_interval = with_interval and each.total > 1
        words.append(f"{name} ({each.above} of {each.total}{interval if has_interval else ''})")
    return "; ".join(words)


def _apart_words(shares: dict[str, Share]) -> list[str]:
    """Whether the seeds tell the rules' shares apart: where two intervals do not overlap."""
    if len(shares) < 2 or min(share.total for share in shares.values()) < 2:
        return []
    pairs = [
        f"{name} from {other}"
        for name, share in shares.items()
        for other, lower in shares.items()
        if share.low > lower.high
    ]
    if not pairs:
        return ["The intervals overlap: these seeds do not tell the rules' shares apart."]
    return [f"The intervals lie apart, so that seeds tell: {'; '.join(pairs)}."]


def _flat_words(arms: Sequence[Arm]) -> list[str]:
    """How many networks of each rule are no better than the picture's mean colour."""
    flat = first_score(arms, MEAN_COLOUR)
    if flat is None:
        return []
    finals = {arm.name: _finals(arm) for arm in arms}
    counts = {name: (sum(one <= flat for one in each), len(each)) for name, each in finals.items()}
    start = f"The mean colour alone has {describe(KEY).show(flat)}"
    below = {name: each for name, each in counts.items() if each[0]}
    if not below:
        return [f"{start}; every network is above it."]
    words = [f"{number} of {total} with {name}" for name, (number, total) in below.items()]
    return [f"{start}; no better than that: {'; '.join(words)}."]
