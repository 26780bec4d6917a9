"""Lab: rules of initialisation over many seeds, on one picture."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.labs import FindImage, LabPreset, Spec, Words
from l335.labs.pictures import first_score, pictures
from l335.labs.results import Arm, failures, ranking, spread
from l335.metrics import describe
from l335.studio import Share, Study, seed_scores, share_above
from l335.sweeps import Cell
from l335.tables import Table
from l335.wording import fixed, listed

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
    "mean_colour": "PyTorch's default, output at the mean colour",
    "wide_biases": "Kaiming normal, biases uniform in ±1, output at the mean colour",
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
        "Seeds of one rule that go different ways. Curves that stop early and never move again. "
        "Rules whose median is no better than one flat colour."
    )
    deliverable: ClassVar[str] = (
        "Which initialisers give a PSNR above 15 dB whatever the seed, with PSNR over the seeds of "
        "each rule and an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = (KEY,)
    page: ClassVar[str] = "initialisers"
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
            "Kaiming normal with biases uniform in ±1 and the output at the mean colour."
        ),
        json_schema_extra={"options": list(NAMES)},
    )
    output: Literal["relu", "sigmoid"] = Field(
        default="relu",
        title="Output",
        description="Last activation. With `relu` a colour can die and stay black.",
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
        study = Study(image, rules, self.output, self.size, self.steps, self.seeds)
        return dict(study.runs())

    def cells(self, find_image: FindImage) -> list[Cell]:
        """One run for each rule; its seeds are trained side by side."""
        settings = {"num_seeds": str(self.seeds)}
        return [Cell(name, spec, settings) for name, spec in self.arms(find_image).items()]

    def table(self, arms: Sequence[Arm]) -> Table:
        rows = [self._row(arm) for arm in arms]
        flat = first_score(arms, MEAN_COLOUR)
        if flat is not None:
            rows.append(("Mean colour alone", "–", fixed(flat, 2), "–", "–", "–", "–"))
        head = (
            "Rule", "n", "Median, dB", "Mean, dB", "Lowest, dB", f"Above {self.threshold:g} dB",
            "95 % interval of the share, %",
        )  # fmt: skip
        caption = (
            f"PSNR after step {self.steps:,} over n seeds, mean ± standard deviation. The interval "
            "is Wilson's: where the share of all seeds above the threshold may lie. A network that "
            "diverged counts as below it."
        )
        return Table(head, tuple(rows), caption)

    def _row(self, arm: Arm) -> tuple[str, ...]:
        scores, share = list(arm.scores(KEY).values()), self._share(arm)
        if not scores or share is None:
            return (arm.name, "0", *["–"] * 5)
        interval = f"{100 * share.low:.0f} to {100 * share.high:.0f}" if share.total > 1 else "–"
        return (
            arm.name,
            str(share.total),
            fixed(statistics.median(scores), 2),
            spread(scores, KEY),
            fixed(min(scores), 2),
            f"{share.above} of {share.total}",
            interval,
        )

    def _share(self, arm: Arm) -> Share | None:
        """How many networks clear the threshold; one that diverged does not, and counts."""
        scores = [score for run in arm.completed for score in seed_scores(run)]
        known = [-math.inf if score is None else score for score in scores]
        return share_above(known, self.threshold) if known else None

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        shares = {arm.name: share for arm in arms if (share := self._share(arm)) is not None}
        if not any(arm.scores(KEY) for arm in arms):
            return failures(arms)
        return [*self._threshold_words(shares), *_flat_words(arms), *ranking(arms, KEY)]

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
            sentences.append(f"Not with every seed: {_counted(others)}.")
        return sentences


def _counted(shares: dict[str, Share]) -> str:
    return "; ".join(f"{name} ({each.above} of {each.total})" for name, each in shares.items())


def _flat_words(arms: Sequence[Arm]) -> list[str]:
    """Which medians clear the picture's mean colour."""
    flat = first_score(arms, MEAN_COLOUR)
    if flat is None:
        return []
    show = describe(KEY).show
    medians = {
        arm.name: statistics.median(arm.scores(KEY).values()) for arm in arms if arm.scores(KEY)
    }
    below = [name for name, median in medians.items() if median <= flat]
    start = f"The mean colour alone has {show(flat)}"
    if not below:
        return [f"{start}; every rule's median is above it."]
    if len(below) == len(medians):
        return [f"{start}; no rule's median is above it."]
    values = listed([f"{show(medians[name])} with {name}" for name in below])
    verb = "this median is" if len(below) == 1 else "these medians are"
    return [f"{start}; {verb} not above it: {values}."]
