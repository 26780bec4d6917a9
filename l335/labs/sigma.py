"""Lab: sigma of the Fourier features on smooth and textured pictures, with held-out pixels."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.components.encodings.gaussian import GaussianEncoding
from l335.core.metrics import describe
from l335.core.tables import Table
from l335.core.wording import count, fixed, listed
from l335.data.images.spectrum import nyquist
from l335.labs import FindImage, LabPreset, Words
from l335.labs.image_experiments import NO_ENCODING, PRACTICAL_SIGMAS, SigmaSweep
from l335.labs.pictures import (
    WHAT_IS_HELD_OUT,
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
from l335.spec import Spec
from l335.spec.fields import setting_text
from l335.spec.sweeps import Cell
from l335.statistics.paired import less, paired_difference

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
        description=f"Side of the square, in pixels. {WHAT_IS_HELD_OUT}",
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
            Cell(f"{shown[key.image]}, no encoding", spec, {**seed, "encoding": "none"})
            if key.sigma == NO_ENCODING
            else Cell(
                f"{shown[key.image]}, sigma {key.sigma:g}",
                spec,
                {**seed, "encoding.sigma": setting_text(key.sigma)},
            )
            for key, spec in sweep.runs().items()
            for seed in ({"seed": str(spec.seed)},)
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
            f"After step {self.steps:,}: mean ± standard deviation over n seeds, each with a draw "
            f"of its own. {WHAT_IS_HELD_OUT} Sigma in cycles per image."
        )
        return Table(head, tuple(rows), caption)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        pictures_found = by_picture(arms)
        groups = {
            title: sorted(
                (arm for arm in found if arm.scores(TEST) and _is_encoded(arm)), key=_sigma
            )
            for title, found in pictures_found.items()
        }
        scored = {title: found for title, found in groups.items() if found}
        sentences = []
        for title, found in scored.items():
            every = [arm for arm in pictures_found[title] if arm.scores(TEST)]
            sentences += [*_picture_words(found), *_plain_words(every, found), *_flat_words(every)]
        over = [*_best_sigmas(scored), *_consistency(scored)]
        return [*with_note([*sentences, *over]), *failures(arms)]


def _is_encoded(arm: Arm) -> bool:
    spec = fit_of(arm)
    return spec is not None and isinstance(spec.encoding, GaussianEncoding)


def _sigma(arm: Arm) -> float:
    spec = fit_of(arm)
    assert spec is not None
    assert isinstance(spec.encoding, GaussianEncoding)
    return spec.encoding.sigma


def _plain_words(every: Sequence[Arm], encoded: Sequence[Arm]) -> list[str]:
    """How far the network without encoding lies from the best sigma of its picture."""
    best = ranked(encoded, TEST)[0]
    return [difference(arm, best, TEST) for arm in every if not _is_encoded(arm)]


def _flat_words(arms: Sequence[Arm]) -> list[str]:
    """Every setting of one picture that is worse between the pixels than one flat colour."""
    flat = first_score(arms, MEAN_COLOUR)
    below = [arm for arm in arms if flat is not None and _mean(arm, TEST) < flat]
    if flat is None or not below:
        return []
    show = describe(TEST).show
    words = [
        f"{arm.name} ({show(_mean(arm, TEST))}, from {fixed(min(scores), 2)} to "
        f"{fixed(max(scores), 2)} over {count(len(scores), 'seed')})"
        for arm in below
        if (scores := list(arm.scores(TEST).values()))
    ]
    return [f"Held out worse than one flat colour ({show(flat)}): {'; '.join(words)}."]


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
    spec = fit_of(high)
    assert spec is not None
    limit = nyquist(*(math.ceil(side / 2) for side in spec.fitted_size))
    # A frequency's length is Rayleigh's: the exponential is its share above the limit.
    share = math.exp(-((limit / _sigma(high)) ** 2) / 2)
    return (
        f"{text}. Of its waves {100 * share:.0f} % are on average finer than the {limit:g} cycles "
        "the trained pixels hold, so these leave open what lies between."
    )


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
    close = {title: _close(best[title], arms) for title, arms in groups.items()}
    shown = listed([f"{_sigma(arm):g} on {title}" for title, arm in best.items()])
    is_same = len({_sigma(arm) for arm in best.values()}) == 1
    if all(found == {_sigma(best[title])} for title, found in close.items()) and is_same:
        [sigma, *_] = map(_sigma, best.values())
        return [f"The best sigma is the same on {listed(list(best))}: {sigma:g}."]
    if any(len(arm.scores(TEST)) < 2 for arm in best.values()):
        return [f"The best sigma, with one seed, which may be luck: {shown}."]
    common = set.intersection(*close.values())
    if not common:
        return [f"The best sigma differs between pictures: {shown}."]
    values = listed([f"{sigma:g}" for sigma in sorted(common)])
    return [
        f"The best sigma: {shown}; level within the spread of seeds on every picture: {values}."
    ]


def _consistency(groups: Mapping[str, Sequence[Arm]]) -> list[str]:
    """How far each sigma lies below the best of every picture; empty for a single picture."""
    if len(groups) < 2:
        return []
    behind: dict[float, list[str]] = {}
    for title, arms in groups.items():
        best = ranked(arms, TEST)[0]
        for arm in arms:
            gap = less(_mean(best, TEST), _mean(arm, TEST))
            behind.setdefault(_sigma(arm), []).append(f"{fixed(gap, 2)} on {title}")
    words = [f"sigma {sigma:g}: {listed(found)}" for sigma, found in sorted(behind.items())]
    return [f"Below the best of each picture, in dB: {'; '.join(words)}."]


def _close(best: Arm, arms: Sequence[Arm]) -> set[float]:
    """Sigmas whose difference to the best may be chance: the interval holds zero."""
    found = {_sigma(best)}
    for arm in arms:
        paired = paired_difference(arm.scores(TEST), best.scores(TEST))
        if paired.low is not None and not paired.excludes_zero:
            found.add(_sigma(arm))
    return found
