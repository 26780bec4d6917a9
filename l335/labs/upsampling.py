"""Lab: networks that enlarge a picture four times, against its original and the usual filters."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.core.metrics import describe
from l335.core.tables import Table
from l335.core.wording import fixed, listed
from l335.labs import FindImage, LabPreset, Words
from l335.labs.pictures import Sigmas, by_picture, first_score, pictures, titles
from l335.labs.results import Arm, apart, difference, failures, leader, ranked, spread, with_note
from l335.spec import Spec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.presets import preset

FACTOR = 4
PSNR, SSIM, TRAIN = "original/psnr_db", "original/ssim_valid", "train/psnr_db"
PADDED_SSIM = "original/ssim"
"""Of earlier runs, such as recorded ones; never mixed with the other."""
FILTERS = {name: f"original/{name}_psnr_db" for name in ("nearest", "bicubic", "lanczos")}
"""The figure of each filter, which every run records before its first step."""


class Upsampling(LabPreset):
    """Pictures averaged down by four, fitted, and painted on a grid four times denser."""

    title: ClassVar[str] = "4x upsampling"
    number: ClassVar[int] = 7
    task: ClassVar[Literal["classify", "fit-image"]] = "fit-image"
    question: ClassVar[str] = (
        "A coordinate network can be asked between the pixels it was trained on. Does what it "
        "paints there come nearer to the original than what interpolation makes of the same pixels?"
    )
    look_for: ClassVar[str] = (
        "PSNR against the original beside that on the small picture: the second may rise while "
        "the first does not. Where the network stands between nearest, bicubic and Lanczos."
    )
    deliverable: ClassVar[str] = (
        "The picture enlarged four times by a network (Kaiming normal, sigma 5), beside nearest, "
        "bicubic and Lanczos, with PSNR against the held-back original and an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = (PSNR, SSIM, TRAIN)
    page: ClassVar[str] = "fit-image"
    quick_changes: ClassVar[dict[str, Any]] = {
        "images": ("mountains", "dandelion"),
        "sigmas": (3.0, 5.0),
        "size": 256,
        "steps": 300,
        "seeds": 1,
    }
    quick_cuts: ClassVar[str] = (
        "2 pictures instead of 3 and sigmas 3 and 5 instead of 3, 5 and 10; originals of 256 "
        "pixels a side instead of 512, so that 64 are fitted; 300 steps instead of 2,000, and 1 "
        "seed instead of 3."
    )

    kind: Literal["upsampling"] = "upsampling"
    images: Words = Field(
        default=("mountains", "creek", "dandelion"),
        min_length=1,
        max_length=8,
        title="Pictures",
        description="Each is cut to its central square.",
        json_schema_extra={"images": True},
    )
    sigmas: Sigmas = Field(
        default=(3.0, 5.0, 10.0),
        min_length=1,
        max_length=12,
        title="Sigmas",
        description="In cycles per image, with commas between them; the practical's is 5.",
    )
    initialiser: Literal["default", "kaiming_normal", "kaiming_uniform", "xavier_normal"] = Field(
        default="kaiming_normal",
        title="Initialiser",
        description="The rule weights are drawn from; the practical's is `kaiming_normal`.",
    )
    size: int = Field(
        default=512,
        ge=64,
        le=1024,
        title="Resolution of the original",
        description="Side of the square held back, in pixels; a quarter of it is fitted.",
    )
    steps: int = Field(
        default=2000, ge=10, le=10_000, title="Steps", description="Optimiser steps of each run."
    )

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        images = pictures(self.images, find_image)
        shown = titles(images)
        start = preset("fit-image").spec
        found = {}
        for sigma in dict.fromkeys(self.sigmas):
            settings = [
                "crop=square", f"hold_back={FACTOR}", f"image_size={self.size}",
                f"steps={self.steps}", f"initialiser={self.initialiser}", f"sigma={sigma}",
            ]  # fmt: skip
            for image in images:
                name = f"{shown[image.sha256]}, sigma {sigma:g}"
                found[name] = with_settings(with_changes(start, **image.settings), settings)
        return found

    def table(self, arms: Sequence[Arm]) -> Table:
        rows = []
        keys = (PSNR, _ssim_of(arms), TRAIN)
        for title, found in by_picture(arms).items():
            rows += [
                (
                    arm.name,
                    str(len(arm.scores(PSNR))),
                    *(spread(list(arm.scores(key).values()), key) for key in keys),
                )
                for arm in found
            ]
            rows += [
                (f"{title}, {name.capitalize()}", "–", fixed(score, 2), "–", "–")
                for name, key in FILTERS.items()
                if (score := first_score(found, key)) is not None
            ]
        ssim = "SSIM" if SSIM in keys else "SSIM, padded"
        head = ("Picture and method", "n", "PSNR, dB", ssim, "PSNR on the small picture, dB")
        caption = (
            f"Enlarged {FACTOR} times and compared with the original that was averaged down, after "
            f"step {self.steps:,}: mean ± standard deviation over n seeds. Filters have no seed; "
            "their PSNR is exact."
        )
        return Table(head, tuple(rows), caption)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        groups = {title: ranked(found, PSNR) for title, found in by_picture(arms).items()}
        scored = {title: found for title, found in groups.items() if found}
        sentences = [
            words for title, found in scored.items() for words in _picture_words(title, found)
        ]
        return [*with_note([*sentences, *_together(scored)]), *failures(arms)]


def _ssim_of(arms: Sequence[Arm]) -> str:
    """The SSIM some runs have recorded; the padded one only where none has the other."""
    is_padded = any(arm.scores(PADDED_SSIM) for arm in arms)
    return PADDED_SSIM if is_padded and not any(arm.scores(SSIM) for arm in arms) else SSIM


def _best_filters(arms: Sequence[Arm]) -> tuple[list[str], float] | None:
    """The filters nearest the original and their PSNR in dB; None where runs recorded none."""
    known = {name: first_score(arms, key) for name, key in FILTERS.items()}
    scores = {name: score for name, score in known.items() if score is not None}
    if not scores:
        return None
    best = max(scores.values())
    return [name.capitalize() for name, score in scores.items() if score == best], best


def _picture_words(title: str, arms: Sequence[Arm]) -> list[str]:
    """What the networks of one picture reached, the best first, and what filters did."""
    best = arms[0]
    scores = best.scores(PSNR)
    sentences = [leader(arms, PSNR)]
    sentences += [difference(arm, best, PSNR) for arm in arms[1:]]
    filters = _best_filters(arms)
    if filters is not None:
        names, score = filters
        rival = f"{listed(names)} on {title} ({describe(PSNR).show(score)})"
        sentences.append(apart(best.name, scores, rival, dict.fromkeys(scores, score), PSNR))
    key = _ssim_of(arms)
    by_ssim = ranked(arms, key)
    if by_ssim and by_ssim[0] is not best:
        ssim = describe(key).show(statistics.fmean(by_ssim[0].scores(key).values()))
        sentences.append(f"By SSIM {by_ssim[0].name} is ahead of the other networks, at {ssim}.")
    return sentences


def _together(groups: dict[str, list[Arm]]) -> list[str]:
    """On how many pictures the best network beats each filter; empty for a single picture."""
    if len(groups) < 2:
        return []
    beaten = []
    for name, key in FILTERS.items():
        scores = [(first_score(arms, key), arms[0].scores(PSNR)) for arms in groups.values()]
        known = [(score, found) for score, found in scores if score is not None]
        if not known:
            continue
        number = sum(statistics.fmean(found.values()) > score for score, found in known)
        beaten.append(f"{name.capitalize()} on {number} of {len(known)} pictures")
    return [f"The best network has the higher PSNR than {listed(beaten)}."] if beaten else []
