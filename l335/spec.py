"""Specifications: everything that decides what a run does, checked once, at the edge."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    TypeAdapter,
    model_validator,
)

from l335 import arithmetic
from l335.arithmetic import LayerCount, Shape
from l335.component import choice_of
from l335.components.architectures import Architecture
from l335.components.architectures.mlp import Mlp
from l335.components.encodings import Encoding
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.initialisers import Initialiser
from l335.components.initialisers.default import DefaultInitialiser
from l335.components.losses import Loss
from l335.components.losses.l2 import L2Loss
from l335.components.optimizers import Optimizer
from l335.components.optimizers.adam import Adam
from l335.components.optimizers.sgd import Sgd
from l335.components.schedules import Schedule
from l335.components.schedules.constant import Constant

MAX_PARAMETERS = 20_000_000
FLOAT_BYTES = 4

FASHION_MNIST_SHAPE: Shape = (1, 28, 28)
FASHION_MNIST_TRAIN, FASHION_MNIST_TEST, FASHION_MNIST_CLASSES = 60_000, 10_000, 10


class _Spec(BaseModel):
    """Fields and rules common to both halves."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lr: float = Field(
        default=1e-3,
        ge=1e-7,
        le=10.0,
        title="Learning rate",
        description="Size of each step, in units of the optimiser.",
        json_schema_extra={"scale": "log"},
    )
    initialiser: Annotated[SerializeAsAny[Initialiser], choice_of(Initialiser)] = Field(
        default=DefaultInitialiser(),
        title="Initialiser",
        description="The rule weights are drawn from before the first step.",
    )
    schedule: Annotated[SerializeAsAny[Schedule], choice_of(Schedule)] = Field(
        default=Constant(),
        title="Schedule",
        description="How the learning rate changes from the first step to the last.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Fixes initial weights and data order; the same seed repeats the run.",
    )

    def layers(self) -> list[LayerCount]:
        """Parameters and shapes layer by layer."""
        raise NotImplementedError

    def memory_bytes(self) -> int:
        """Rough upper estimate of the memory training needs beyond the bare process."""
        raise NotImplementedError

    @property
    def num_parameters(self) -> int:
        """Trainable parameters."""
        return arithmetic.total(self.layers())

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        if self.num_parameters > MAX_PARAMETERS:
            raise ValueError(
                f"The network has {self.num_parameters:,} parameters; at most "
                f"{MAX_PARAMETERS:,} are allowed. Lower its width or depth."
            )
        return self


class ClassifySpec(_Spec):
    """Classification of Fashion-MNIST."""

    task: Literal["classify"] = "classify"
    model: Annotated[SerializeAsAny[Architecture], choice_of(Architecture)] = Field(
        default=Mlp(), title="Architecture", description="The network that classifies."
    )
    optimizer: Annotated[SerializeAsAny[Optimizer], choice_of(Optimizer)] = Field(
        default=Sgd(), title="Optimiser", description="How a gradient becomes a step."
    )
    batch_size: int = Field(
        default=64, ge=1, le=10_000, title="Batch size", description="Images of one step."
    )
    epochs: int = Field(
        default=20, ge=1, le=1000, title="Epochs", description="Passes over the training images."
    )
    train_size: int = Field(
        default=FASHION_MNIST_TRAIN,
        ge=10,
        le=FASHION_MNIST_TRAIN,
        title="Training images",
        description="How many of the 60,000 are used; fewer for a quick look or to over-fit.",
    )
    label_smoothing: float = Field(
        default=0.0,
        ge=0.0,
        le=0.5,
        title="Label smoothing",
        description="Share of each label spread over all classes; the train loss includes it.",
        json_schema_extra={"advanced": True},
    )
    shift: int = Field(
        default=0,
        ge=0,
        le=4,
        title="Random shift",
        description="Training images are moved by up to this many pixels, anew in each epoch.",
        json_schema_extra={"advanced": True},
    )
    flip: bool = Field(
        default=False,
        title="Random flip",
        description="Half of the training images are mirrored, others in each epoch.",
        json_schema_extra={"advanced": True},
    )
    permute_pixels: bool = Field(
        default=False,
        title="Permute pixels",
        description="All images have their pixels shuffled in one same way: no neighbours left.",
        json_schema_extra={"advanced": True},
    )

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of one pass; the last batch may be smaller."""
        return math.ceil(self.train_size / self.batch_size)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def samples_per_step(self) -> float:
        """Images seen per step, on average."""
        return self.train_size / self.steps_per_epoch

    def layers(self) -> list[LayerCount]:
        return self.model.layers(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)

    def memory_bytes(self) -> int:
        dataset = (FASHION_MNIST_TRAIN + FASHION_MNIST_TEST) * 28 * 28 * FLOAT_BYTES
        activations = sum(arithmetic.num_elements(row.output_shape) for row in self.layers())
        # Forward values, ReLU outputs and their gradients; weights, gradients and two moments.
        batch = self.batch_size * activations * 4 * FLOAT_BYTES
        return dataset + batch + 4 * self.num_parameters * FLOAT_BYTES


class FitImageSpec(_Spec):
    """A coordinate network f(x, y) -> (r, g, b) fitted to one image."""

    NUM_COORDINATES: ClassVar[int] = 2
    NUM_CHANNELS: ClassVar[int] = 3

    task: Literal["fit-image"] = "fit-image"
    image: str = Field(
        default="",
        pattern="^([0-9a-f]{64})?$",
        title="Image",
        description="The address of the stored image, its SHA-256.",
    )
    image_width: int = Field(default=0, ge=0, le=8192, title="Stored width, in pixels")
    image_height: int = Field(default=0, ge=0, le=8192, title="Stored height, in pixels")
    image_name: str = Field(default="", max_length=80, title="Name of the image")
    image_size: int = Field(
        default=256,
        ge=8,
        le=1024,
        title="Resolution",
        description="Pixels along the longer side; the image is averaged down, never enlarged.",
    )
    crop: Literal["none", "square"] = Field(
        default="none",
        title="Crop",
        description="`square` keeps the central square; `none` keeps the shape.",
    )
    depth: int = Field(
        default=3, ge=1, le=16, title="Hidden layers", description="Layers before the colour layer."
    )
    width: int = Field(
        default=256, ge=1, le=2048, title="Units", description="Units of every hidden layer."
    )
    encoding: Annotated[SerializeAsAny[Encoding], choice_of(Encoding)] = Field(
        default=GaussianEncoding(),
        title="Encoding",
        description="What the network sees in place of the bare coordinates.",
    )
    output: Literal["sigmoid", "linear", "relu"] = Field(
        default="sigmoid",
        title="Output",
        description="Last activation. With `relu` a channel can die and stay black.",
    )
    loss: Annotated[SerializeAsAny[Loss], choice_of(Loss)] = Field(
        default=L2Loss(), title="Loss", description="How far a predicted colour is from the pixel."
    )
    optimizer: Annotated[SerializeAsAny[Optimizer], choice_of(Optimizer)] = Field(
        default=Adam(), title="Optimiser", description="How a gradient becomes a step."
    )
    steps: int = Field(
        default=1000, ge=1, le=200_000, title="Steps", description="Optimiser steps of the run."
    )
    batch_pixels: Annotated[int, Field(ge=1, le=1_048_576)] | Literal["all"] = Field(
        default=4096,
        title="Pixels per step",
        description="Random pixels of one step, or `all` for full-batch steps.",
    )

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.steps

    @property
    def fitted_size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the image the network is fitted to."""
        width, height = self.image_width or self.image_size, self.image_height or self.image_size
        if self.crop == "square":
            width = height = min(width, height)
        scale = min(1.0, self.image_size / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def num_pixels(self) -> int:
        """Pixels the network is fitted to."""
        width, height = self.fitted_size
        return width * height

    @property
    def samples_per_step(self) -> float:
        """Pixels seen per step."""
        if self.batch_pixels == "all":
            return self.num_pixels
        return min(self.batch_pixels, self.num_pixels)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over all pixels."""
        return math.ceil(self.num_pixels / self.samples_per_step)

    def layers(self) -> list[LayerCount]:
        features = self.encoding.num_features(self.NUM_COORDINATES)
        return arithmetic.dense_stack([features, *[self.width] * self.depth, self.NUM_CHANNELS])

    def memory_bytes(self) -> int:
        features = self.encoding.num_features(self.NUM_COORDINATES)
        # Coordinates, target, prediction, the work of a preview; encoded inputs where kept.
        pixels = self.num_pixels * (4 * self.NUM_CHANNELS + self.NUM_COORDINATES) * FLOAT_BYTES
        encoded = self.num_pixels * features * FLOAT_BYTES
        per_pixel = features + 4 * self.depth * self.width
        batch = int(self.samples_per_step) * per_pixel * FLOAT_BYTES
        return pixels + encoded + batch + 4 * self.num_parameters * FLOAT_BYTES


RunSpec = Annotated[ClassifySpec | FitImageSpec, Field(discriminator="task")]
"""What a run does: one of the two halves, told apart by ``task``."""

RUN_SPEC: TypeAdapter[ClassifySpec | FitImageSpec] = TypeAdapter(RunSpec)


def spec_from_dict(values: dict[str, Any]) -> ClassifySpec | FitImageSpec:
    """The specification a stored or sent dictionary stands for.

    Raises:
        SpecError: A field is unknown, out of range, or does not fit the others.
    """
    from pydantic import ValidationError

    from l335.spec_errors import spec_error

    try:
        return RUN_SPEC.validate_python(values)
    except ValidationError as error:
        raise spec_error(error, values) from None
