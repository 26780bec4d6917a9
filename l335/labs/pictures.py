"""What the image labs share: the pictures they are about, and their arms picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from l335.labs import parts
from l335.labs.results import Arm
from l335.results.views import ImageView
from l335.spec import FitImageSpec
from l335.statistics.paired import less

Sigmas = Annotated[tuple[Annotated[float, Field(ge=0.01, le=1000.0)], ...], BeforeValidator(parts)]
"""Sigmas in cycles per image, as text with commas between them."""

WHAT_IS_HELD_OUT = (
    "Trained on is one quarter of the pixels, every second one of every second row ([::2, ::2]); "
    "held out is the quarter diagonally between, [1::2, 1::2]; the other half is neither."
)

MAX_TITLE = 60  # characters; the name of a specification's image holds 80

FITTED_TO = {
    "none": "this run was fitted to all the pixels there are",
    "grid": "this run was fitted to a quarter of the pixels there are, [::2, ::2], and nothing is "
    "known beyond their resolution",
    "random": "this run was fitted to a part of the pixels there are, and nothing is known beyond "
    "their resolution",
}
"""What a network was fitted to, by `held_out`; why there is no original to score against."""


def pictures(names: Sequence[str], find_image: Callable[[str], ImageView]) -> list[ImageView]:
    """The images of these names, each once.

    Raises:
        SpecError: There is none of a name.
    """
    found = {image.sha256: image for image in map(find_image, names)}
    return list(found.values())


def titles(images: Sequence[ImageView]) -> dict[str, str]:
    """A short name for each image by its address, such as "Sky"; no two are alike."""
    short = {image.sha256: image.short_name[:MAX_TITLE] for image in images}
    names = list(short.values())
    return {
        sha256: title if names.count(title) == 1 else f"{title} ({sha256[:6]})"
        for sha256, title in short.items()
    }


def fit_of(arm: Arm) -> FitImageSpec | None:
    """What the runs of an arm do, but for the seed; None where all of them were deleted."""
    spec = arm.runs[0].spec if arm.runs else None
    return spec if isinstance(spec, FitImageSpec) else None


def image_of(spec: FitImageSpec) -> ImageView:
    """The image a specification is about, as far as it says."""
    name = spec.image_name or "Image"
    return ImageView(spec.image, name, spec.image_width, spec.image_height, False, "")


def by_picture(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """Arms by the title of their picture, both in the order in which they come first."""
    images: dict[str, ImageView] = {}
    groups: dict[str, list[Arm]] = {}
    for arm in arms:
        spec = fit_of(arm)
        if spec is None:
            continue
        images[spec.image] = image_of(spec)
        groups.setdefault(spec.image, []).append(arm)
    shown = titles(list(images.values()))
    return {shown[sha256]: found for sha256, found in groups.items()}


def picture_by_picture(arms: Sequence[Arm]) -> list[Arm]:
    """Arms with those of one picture together, and those whose runs were deleted last."""
    groups = [arm for found in by_picture(arms).values() for arm in found]
    return [*groups, *(arm for arm in arms if fit_of(arm) is None)]


def first_score(arms: Sequence[Arm], key: str) -> float | None:
    """A figure that is the same for all runs on a picture, such as that of the mean colour."""
    return next((value for arm in arms for value in arm.scores(key).values()), None)


def gaps(arm: Arm) -> list[float]:
    """PSNR of the trained pixels less that of the held-out ones, of each seed, in dB."""
    train, test = arm.scores("train/psnr_db"), arm.scores("test/psnr_db")
    return [less(train[seed], test[seed]) for seed in sorted(set(train) & set(test))]
