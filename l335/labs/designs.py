"""Design choices: which runs a grid of designs is made of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from l335.components.encodings import Encoding
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.initialisers.siren import Siren
from l335.components.optimizers.adamw import AdamW
from l335.results.views import ImageView
from l335.spec import FitImageSpec, with_changes
from l335.spec.presets import preset

MAX_RUNS = 120
MAX_WIDTH = 2048
LEARNING_RATES = {"adam": 3e-3, "adamw": 3e-3, "sgd": 10.0, "rmsprop": 3e-4}
"""A rate of its own for each optimiser, or the comparison would be one of rates: of two or three
tried on sky and mountains at 64 and 128 pixels (the base design, 300 steps, sigma 2) the best mean
held-out PSNR. SGD's is the largest that a run accepts; 3 gave 0.5 dB less. AdamW has Adam's."""

SINE_SHARES = {"adam": 0.1, "adamw": 0.1, "sgd": 0.003, "rmsprop": 0.3}
"""What sines train at, as a share of their optimiser's rate: of three or four tried as above, on
64 pixels, the best mean held-out PSNR. At all of it they end at the mean colour."""

MIN_LR = 1e-7  # a run accepts no less
WEIGHT_DECAY = 0.01  # of AdamW, torch's default; without any it is Adam

LOSSES = {"l1": "L1", "l2": "L2", "huber": "Huber"}
OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
ACTIVATIONS = {
    "relu": "ReLU", "leaky_relu": "Leaky ReLU", "gelu": "GELU", "tanh": "Tanh", "sine": "Sine",
}  # fmt: skip
ENCODINGS = {
    "none": "no encoding", "basic": "basic", "positional": "positional", "gaussian": "Gaussian",
}  # fmt: skip


class Design(NamedTuple):
    """One choice on every axis; components by their kind."""

    depth: int
    width: int
    loss: str
    optimizer: str
    activation: str
    encoding: str


AXES = {
    "depth": "Depth",
    "width": "Width",
    "loss": "Loss",
    "optimizer": "Optimiser",
    "activation": "Activation",
    "encoding": "Encoding",
}
"""Titles of the fields of a design."""

WORDS = {
    "loss": LOSSES, "optimizer": OPTIMISERS, "activation": ACTIVATIONS, "encoding": ENCODINGS,
}  # fmt: skip
"""Choices of the axes that hold a component, by kind."""

BASE = Design(3, 128, "l2", "adam", "relu", "gaussian")


class Place(NamedTuple):
    """What a design is tried on: a stored image, the side of its square in pixels, and a seed."""

    image: str
    size: int
    seed: int = 0


class Cell(NamedTuple):
    """One run of a grid."""

    design: Design
    place: Place


def choice_words(axis: str, value: object) -> str:
    """A choice as people read it: "depth 5", "width 64", "SGD"."""
    if axis in WORDS:
        return WORDS[axis][str(value)]
    return f"{axis} {value}"


def design_name(design: Design, base: Design) -> str:
    """What tells a design from the base, such as "depth 5, SGD"; the base is "Base"."""
    words = [
        choice_words(axis, value)
        for axis, value, usual in zip(AXES, design, base, strict=True)
        if value != usual
    ]
    return ", ".join(words) or "Base"


@dataclass(frozen=True)
class DesignGrid:
    """Designs over pictures and resolutions; held-out pixels always.

    Attributes:
        images: What is fitted, each cut to its central square.
        sizes: Sides of the squares, in pixels.
        base: The design all others are compared with.
        choices: Values to try on each axis; the base's is tried in any case.
        every: Every combination of choices; otherwise each axis alone, the rest as in the base.
        equal_parameters: Widths are set so that every network has about the base's parameters.
        rates: Learning rate of each optimiser; sines train at a share of it.
        sigma: Deviation of Gaussian Fourier features, in cycles per image.
        steps: Steps of each run.
        num_seeds: Runs of each design on each picture and resolution, of seeds 0, 1, …
    """

    images: tuple[ImageView, ...]
    sizes: tuple[int, ...]
    base: Design
    choices: Mapping[str, tuple[Any, ...]]
    every: bool = False
    equal_parameters: bool = False
    rates: Mapping[str, float] = field(default_factory=lambda: dict(LEARNING_RATES))
    sigma: float = 2.0
    steps: int = 300
    num_seeds: int = 1

    @property
    def places(self) -> list[Place]:
        """Pictures and resolutions of each seed, the quickest resolution first."""
        return [
            Place(image.sha256, size, seed)
            for seed in range(self.num_seeds)
            for size in sorted(self.sizes)
            for image in self.images
        ]

    def values(self, axis: str) -> list[Any]:
        """What is tried on an axis: the base's value and the others, in order."""
        usual = getattr(self.base, axis)
        if axis == "width" and self.equal_parameters:
            return [usual]  # widths follow from the other choices
        found = {usual, *self.choices.get(axis, ())}
        if axis not in WORDS:
            return sorted(found)
        return [kind for kind in WORDS[axis] if kind in found]

    def designs(self) -> list[Design]:
        """The designs, the base first; widths are those of the base's parameter count if asked.

        The base without encoding is always among them, so that the encoding's share is seen.
        """
        values = {axis: self.values(axis) for axis in AXES}
        if self.every:
            found = [Design(*each) for each in itertools.product(*values.values())]
        else:
            found = [self.base._replace(**{axis: value}) for axis in AXES for value in values[axis]]
        found.append(self.base._replace(encoding="none"))
        if self.equal_parameters:
            found = [self._matched(design) for design in found]
        return list(dict.fromkeys([self.base, *found]))

    def _matched(self, design: Design) -> Design:
        if design == self.base:
            return design
        budget = self.spec(self.base, None).num_parameters
        return design._replace(
            width=matched_width(design.depth, design.encoding, self.sigma, budget)
        )

    def sine_rate(self, optimizer: str) -> float:
        """Learning rate of designs with sines."""
        return max(MIN_LR, float(f"{self.rates[optimizer] * SINE_SHARES[optimizer]:.4g}"))

    @property
    def num_runs(self) -> int:
        """How many runs the settings make, counted before any is."""
        return len(self.designs()) * len(self.places)

    def runs(self) -> dict[Cell, FitImageSpec]:
        """The runs, design by design so that the table grows row by row."""
        images = {image.sha256: image for image in self.images}
        return {
            Cell(design, place): self.spec(design, images[place.image], place.size, place.seed)
            for design in self.designs()
            for place in self.places
        }

    def spec(
        self, design: Design, image: ImageView | None, size: int = 64, seed: int = 0
    ) -> FitImageSpec:
        """The run of a design; without an image only its network is meant."""
        changes: dict[str, Any] = {
            "seed": seed,
            "image_size": size,
            "crop": "square",
            "held_out": "grid",
            "steps": self.steps,
            "depth": design.depth,
            "width": design.width,
            "lr": self.rates[design.optimizer],
            "loss": design.loss,
            "optimizer": design.optimizer,
            "activation": design.activation,
            "encoding": _encoding(design.encoding, self.sigma),
        }
        if design.optimizer == "adamw":
            changes["optimizer"] = AdamW(weight_decay=WEIGHT_DECAY)
        if design.activation == "sine":
            # PyTorch's default leaves sines of Gaussian features at the mean colour, and fits those
            # of bare coordinates to the trained pixels with noise between them.
            changes["initialiser"] = Siren()
            changes["lr"] = self.sine_rate(design.optimizer)
        if image is not None:
            changes |= image.settings
        spec = with_changes(preset("fit-image").spec, **changes)
        assert isinstance(spec, FitImageSpec)
        return spec


def _encoding(kind: str, sigma: float) -> Encoding:
    if kind == "gaussian":
        return GaussianEncoding(sigma=sigma)
    return FitImageSpec.model_validate({"encoding": kind}).encoding


@lru_cache(maxsize=1000)
def matched_width(depth: int, encoding: str, sigma: float, budget: int) -> int:
    """Units of each hidden layer whose parameter count comes nearest a budget.

    The count is a parabola in the width, ``a w^2 + b w + c`` with ``a = depth - 1``, and rises, so
    the best is one of the two whole numbers about its root.
    """
    features = _encoding(encoding, sigma).num_features(FitImageSpec.NUM_COORDINATES)
    channels = FitImageSpec.NUM_CHANNELS
    a, b = depth - 1, features + depth + channels

    def num_parameters(width: int) -> int:
        return a * width * width + b * width + channels

    room = budget - channels
    root = room / b if a == 0 else (math.sqrt(b * b + 4 * a * room) - b) / (2 * a)
    near = {min(MAX_WIDTH, max(1, math.floor(root) + more)) for more in (0, 1)}
    return min(sorted(near), key=lambda width: abs(num_parameters(width) - budget))
