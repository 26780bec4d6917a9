"""Ready specifications, the starting points of the pages and of ``l335 train``."""

from __future__ import annotations

from dataclasses import dataclass

from l335.components.activations.finer import Finer
from l335.components.activations.sine import Sine
from l335.components.architectures.cnn import Cnn
from l335.components.component import nearest
from l335.components.encodings.none import NoEncoding
from l335.components.initialisers.siren import Siren
from l335.components.schedules.exponential import Exponential
from l335.core.errors import NotFound
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


_SINES = FitImageSpec(
    image_size=128,
    depth=4,
    width=256,
    encoding=NoEncoding(interval="signed"),
    activation=Sine(omega_0=30.0, first_omega_0=30.0),
    initialiser=Siren(omega_0=30.0),
    output="signed",
    lr=1e-4,
    steps=500,
    batch_pixels="all",
)
"""What SIREN and FINER are published with, but for size and steps: four layers of 256, no encoding,
coordinates and colours in [-1, 1], Adam on the mean squared error of all pixels. Sitzmann et al.
fit 256 x 256 grey pixels in 500 steps (their notebook) or 512 x 512 in 10,000 (their script), Liu
et al. 512 x 512 in 5,000. Their grids end on the outermost pixels' centres, ours on their edges."""

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
    "fit-image-siren": Preset(
        "SIREN as published",
        "Sitzmann et al. 2020: four layers of 256 sines at omega 30, bare coordinates and colours "
        "in [-1, 1], Adam at 0.0001, all pixels in each step; 128 pixels and 500 steps here, "
        "theirs 256 and 500 or 512 and 10,000.",
        _SINES,
    ),
    "fit-image-finer": Preset(
        "FINER as published",
        "Liu et al. 2024: as SIREN, with frequencies that grow with the value and a rate that "
        "falls from 0.0005 to a tenth; first-layer biases in ±0.71 as in their script for images, "
        "`bias_bound` is their k. 128 pixels and 500 steps here, theirs 512 and 5,000.",
        _SINES.model_copy(
            update={
                "activation": Finer(omega_0=30.0, first_omega_0=30.0),
                "initialiser": Siren(omega_0=30.0, bias="uniform_first", bias_bound=2**-0.5),
                "lr": 5e-4,
                "schedule": Exponential(final=0.1),
            }
        ),
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
