"""Ready specifications, the starting points of the pages and of ``l335 train``."""

from __future__ import annotations

from dataclasses import dataclass

from l335.component import nearest
from l335.components.architectures.cnn import Cnn
from l335.errors import NotFound
from l335.spec import ClassifySpec, FitImageSpec


@dataclass(frozen=True)
class Preset:
    """A named specification.

    Attributes:
        title: Name shown to people.
        description: What it is for, in one sentence.
        spec: The settings to start from.
    """

    title: str
    description: str
    spec: ClassifySpec | FitImageSpec


PRESETS = {
    "classify-basic": Preset(
        "Basic net",
        "784-512-512-10 with 669,706 parameters: SGD with momentum 0.9, lr 0.001, batch 64.",
        ClassifySpec(),
    ),
    "classify-cnn": Preset(
        "CNN",
        "Three convolutions and one hidden layer at the same budget: 669,272 parameters.",
        ClassifySpec(model=Cnn()),
    ),
    "fit-image": Preset(
        "Fit an image",
        "Three layers of 256 on Gaussian Fourier features, random batches of 4,096 pixels.",
        FitImageSpec(),
    ),
}


def preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        NotFound: With the nearest match.
    """
    if name not in PRESETS:
        raise NotFound(f"There is no preset `{name}`; {nearest(name, list(PRESETS))}")
    return PRESETS[name]
