"""Lab: sigma of the Fourier features on smooth and textured pictures, with held-out pixels."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.command_line import setting_text
from l335.components.encodings.gaussian import GaussianEncoding
from l335.image_experiments import PRACTICAL_SIGMAS, SigmaSweep
from l335.labs import FindImage, LabPreset, Spec, Words
from l335.labs.pictures import (
    Sigmas,
    by_picture,
    first_score,
    fit_of,
    gaps,
    picture_by_picture,
    pictures,
    titles,
)
from l335.labs.results import Arm, difference, failures, leader, ranked, spread, with_note
from l335.metrics import describe
from l335.paired import paired_difference
from l335.sweeps import Cell
from l335.tables import Table
from l335.wording import listed

TRAIN, TEST, MEAN_COLOUR = "train/psnr_db", "test/psnr_db", "test/mean_colour_psnr_db"


class Sigma(LabPreset):
    """Gaussian Fourier features of several sigmas on several pictures."""

    title: ClassVar[str] = "Sigma on sky and grass"
    number: ClassVar[int] = 6
    task: ClassVar[Literal["classify", "fit-image"]] = "fit-image"
    question: ClassVar[str] = (
        "Sigma says how fine the waves are that a network may paint with. Which sigma is best "
        "between the pixels it was trained on, and is it the same for a smooth picture and a "
        "textured one?"
    )
    look_for: ClassVar[str] = (
        "Train and held-out PSNR parting as sigma rises. Blur at the lowest sigma, speckles at the "
        "highest. Whether the best sigma of the sky is that of the grass."
    )
    deliverable: ClassVar[str] = (
        "PSNR over sigma on a smooth and on a textured picture, trained and held-out pixels, with "
        "the pictures and an explanation of what low and high sigmas do."
    )
    metrics: ClassVar[tuple[str, ...]] = (TEST, TRAIN)
    page: ClassVar[str] = "sigma"
    quick_changes: ClassVar[dict[str, Any]] = {"size": 128, "steps": 100, "seeds": 1}
    quick_cuts: ClassVar[str] = (
        "Pictures of 128 pixels a side instead of 256, 100 steps instead of 1,000, and 1 seed "
        "instead of 3."
    )

    kind: Literal["sigma"] = "sigma"
    seeds: int = Field(
        default=3,
        ge=1,
        le=20,
        title="Seeds",
        description="Each has frequencies, initial weights and an order of pixels of its own.",
    )
    images: Words = Field(
        default=("sky", "grass"),
        min_length=1,
        max_length=8,
        title="Pictures",
        description="Each is cut to its central square.",
        json_schema_extra={"images": True},
    )
    sigmas: Sigmas = Field(
        default=PRACTICAL_SIGMAS,
        min_length=1,
        max_length=12,
        title="Sigmas",
        description="In cycles per image, with commas between them; up to 12.",
    )
    size: int = Field(
        default=256,
        ge=16,
        le=512,
        title="Resolution",
        description="Side of the square, in pixels; every second one each way is trained on.",
    )
    steps: int = Field(
        default=1000, ge=10, le=10_000, title="Steps", description="Optimiser steps of each run."
    )

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        return {cell.name: cell.spec for cell in self.changed({"seeds": 1}).cells(find_image)}

    def cells(self, find_image: FindImage) -> list[Cell]:
        """Its runs; a seed fixes the matrix B too, so that both vary from seed to seed."""
        images = pictures(self.images, find_image)
        shown = titles(images)
        sweep = SigmaSweep(
            tuple(images), tuple(dict.fromkeys(self.sigmas)), self.seeds, self.size, self.steps
        )
        return [
            Cell(
                f"{shown[key.image]}, sigma {key.sigma:g}",
                spec,
                {"seed": str(spec.seed), "encoding.sigma": setting_text(key.sigma)},
            )
            for key, spec in sweep.runs().items()
        ]

    def table(self, arms: Sequence[Arm]) -> Table:
        rows = [
            (
                arm.name,
                str(len(arm.scores(TEST))),
                *(spread(list(arm.scores(key).values()), key) for key in (TRAIN, TEST)),
                spread(gaps(arm), TEST),
                spread(list(arm.scores(MEAN_COLOUR).values())[:1], MEAN_COLOUR),
            )
            for arm in picture_by_picture(arms)
        ]
        head = (
            "Picture and sigma", "n", "Train PSNR, dB", "Held-out PSNR, dB", "Train − held out, dB",
            "Mean colour, held out, dB",
        )  # fmt: skip
        caption = (
            f"After step {self.steps:,}: mean ± standard deviation over n seeds. Trained on every "
            "second pixel of every second row, held out are those between; sigma in cycles per "
            "image."
        )
        return Table(head, tuple(rows), caption)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        groups = {
            title: sorted((arm for arm in found if arm.scores(TEST)), key=_sigma)
            for title, found in by_picture(arms).items()
        }
        scored = {title: found for title, found in groups.items() if found}
        sentences = [words for found in scored.values() for words in _picture_words(found)]
        return [*with_note([*sentences, *_best_sigmas(scored)]), *failures(arms)]


def _sigma(arm: Arm) -> float:
    spec = fit_of(arm)
    assert spec is not None
    assert isinstance(spec.encoding, GaussianEncoding)
    return spec.encoding.sigma


def _mean(arm: Arm, key: str) -> float:
    return statistics.fmean(arm.scores(key).values())


def _picture_words(arms: Sequence[Arm]) -> list[str]:
    """What the sigmas of one picture show; they rise, and each has a score."""
    order = ranked(arms, TEST)
    best, place = order[0], arms.index(order[0])
    sentences = [leader(order, TEST)]
    near = (*arms[max(0, place - 1) : place], *arms[place + 1 : place + 2])
    sentences += [difference(arm, best, TEST) for arm in near]
    if len(arms) > 1 and place in (0, len(arms) - 1):
        side = "lowest" if place == 0 else "highest"
        sentences.append(
            f"{best.name} is the {side} that was tried, so the best may lie beyond it."
        )
    if place < len(arms) - 1 and gaps(arms[-1]) and gaps(best):
        sentences.append(_high_words(arms[-1], best))
    if place > 0 and gaps(arms[0]) and gaps(best):
        sentences.append(_low_words(arms[0], best))
    return sentences


def _high_words(high: Arm, best: Arm) -> str:
    """How far the highest sigma over-fits."""
    show = describe(TEST).show
    text = (
        f"With {high.name} the trained pixels have {show(_mean(high, TRAIN))} and those between "
        f"{show(_mean(high, TEST))}: a gap of {show(statistics.fmean(gaps(high)))}, against "
        f"{show(statistics.fmean(gaps(best)))} with {best.name}"
    )
    flat = first_score([high], MEAN_COLOUR)
    if flat is not None and _mean(high, TEST) < flat:
        text += f". Between its pixels it is worse than one flat colour ({show(flat)})"
    return f"{text}."


def _low_words(low: Arm, best: Arm) -> str:
    """What the lowest sigma loses, and whether on the trained pixels too."""
    show = describe(TEST).show
    lost = _mean(best, TEST) - _mean(low, TEST)
    trained = _mean(best, TRAIN) - _mean(low, TRAIN)
    text = f"{low.name} loses {show(lost)} of held-out PSNR against {best.name}"
    if trained > 0:
        return f"{text}, and {show(trained)} on the trained pixels themselves: detail is missing."
    return f"{text}, though nothing on the trained pixels."


def _best_sigmas(groups: Mapping[str, Sequence[Arm]]) -> list[str]:
    """Whether pictures differ in their best sigma; empty for a single picture."""
    if len(groups) < 2:
        return []
    best = {title: ranked(arms, TEST)[0] for title, arms in groups.items()}
    if len({_sigma(arm) for arm in best.values()}) == 1:
        [sigma, *_] = map(_sigma, best.values())
        return [f"The best sigma is the same on {listed(list(best))}: {sigma:g}."]
    shown = listed([f"{_sigma(arm):g} on {title}" for title, arm in best.items()])
    common = set.intersection(*(_close(best[title], arms) for title, arms in groups.items()))
    if not common:
        return [f"The best sigma differs between pictures: {shown}."]
    values = listed([f"{sigma:g}" for sigma in sorted(common)])
    return [
        f"The best sigma differs between pictures: {shown}; but these seeds do not tell sigma "
        f"{values} from the best on any of them."
    ]


def _close(best: Arm, arms: Sequence[Arm]) -> set[float]:
    """Sigmas whose difference to the best may be chance: the interval holds zero."""
    found = {_sigma(best)}
    for arm in arms:
        paired = paired_difference(arm.scores(TEST), best.scores(TEST))
        if paired.low is not None and not paired.excludes_zero:
            found.add(_sigma(arm))
    return found
