"""What a coordinate network is fitted to, and how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from l335.components import arithmetic
from l335.components.activations import Activation
from l335.components.activations.relu import Relu
from l335.components.arithmetic import LayerCount
from l335.components.component import EachBetween, PerLayer, choice_of, for_each
from l335.components.encodings import Encoding
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.losses import Loss
from l335.components.losses.l2 import L2Loss
from l335.components.optimizers import Optimizer
from l335.components.optimizers.adam import Adam
from l335.spec.common import FLOAT_BYTES, CommonSpec
from l335.spec.problems import model_error

HELD_OUT_SHARE = 0.1
MIN_SIDE = 8  # pixels; smaller pictures show nothing

EVALUATION_SHARE = 0.15
"""Part of an image run's pixel passes spent on looking at the whole image."""
MIN_EVALUATIONS, MAX_EVALUATIONS = 5, 60

SHORT_OPERATIONS, TINY_OPERATIONS = 1e12, 2.5e11
"""An image run of fewer operations, some 10 s on one core, is over before a course of many pictures
is watched, and comes in sweeps of many; its share is smaller in proportion. One of a second or two
is looked at at least twice behind the untrained network, longer ones five times."""
MIN_TINY_EVALUATIONS = 2

OPERATIONS_PER_WEIGHT = 6  # a multiply and an add forward, twice as many backward


def _numbers(value: object) -> object:
    """Text such as ``0, 0, 64, 64``, as typed in a terminal, to its parts."""
    return value.split(",") if isinstance(value, str) else value


def _whole(value: object) -> object:
    """Digits, as a form or a terminal hands them over, to their number."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class FitImageSpec(CommonSpec):
    """A coordinate network f(x, y) -> (r, g, b) fitted to one image."""

    LENGTH: ClassVar[str] = "steps"
    LOWEST: ClassVar[dict[str, Any]] = {"batch_pixels": 1, "image_size": 8, "width": 1}
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
    crop: Literal["none", "square", "box"] = Field(
        default="none",
        title="Crop",
        description="`square` keeps the central square, `box` the part drawn; `none` keeps all.",
    )
    crop_box: Annotated[tuple[int, int, int, int] | None, BeforeValidator(_numbers)] = Field(
        default=None,
        title="Cropped part",
        description="Left, top, width and height in pixels of the stored image, for `crop=box`.",
    )
    hold_back: Annotated[Literal[1, 2, 4, 8], BeforeValidator(_whole)] = Field(
        default=1,
        title="Hold back the original",
        description=(
            "Fit the image averaged down by this factor, and score the enlargement against the "
            "original at the resolution above; 1 fits it as it is."
        ),
        json_schema_extra={"advanced": True},
    )
    held_out: Literal["none", "grid", "random"] = Field(
        default="none",
        title="Held-out pixels",
        description=(
            "Pixels never trained on, that show over-fitting. `grid` trains on every second pixel "
            "of every second row and tests on those between; `random` holds back a tenth."
        ),
    )
    depth: int = Field(
        default=3, ge=1, le=16, title="Hidden layers", description="Layers before the colour layer."
    )
    width: Annotated[PerLayer, EachBetween(1, 2048)] = Field(
        default=256,
        title="Units",
        description="Units of every hidden layer, or a list with one number for each.",
    )
    activation: Annotated[SerializeAsAny[Activation], choice_of(Activation)] = Field(
        default=Relu(), title="Activation", description="The bend after every hidden layer."
    )
    encoding: Annotated[SerializeAsAny[Encoding], choice_of(Encoding)] = Field(
        default=GaussianEncoding(),
        title="Encoding",
        description="What the network sees in place of the bare coordinates.",
    )
    output: Literal["sigmoid", "linear", "signed", "relu"] = Field(
        default="sigmoid",
        title="Output",
        description=(
            "Last activation. With `relu` a colour can die: while it is below zero for every "
            "pixel, its unit gets no gradient. `signed` is linear with colours from -1 to 1, as "
            "SIREN and FINER are published."
        ),
    )
    output_bias: Literal["rule", "mean_colour"] = Field(
        default="rule",
        title="Output bias",
        description=(
            "`mean_colour` is the image's mean colour. With an output gain of 0.1 every pixel then "
            "starts near it; with large weights at gain 1 a `relu` channel can still die as it "
            "trains. `rule` is what the initialiser draws."
        ),
        json_schema_extra={"advanced": True},
    )
    output_gain: float = Field(
        default=1.0,
        ge=0.0,
        le=10.0,
        title="Output gain",
        description="Factor on the last layer's weights at the start; small ones start flat.",
        json_schema_extra={"advanced": True},
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
    num_seeds: int = Field(
        default=1,
        ge=1,
        le=64,
        title="Seeds side by side",
        description="So many networks, of this seed and the next ones, are trained as one.",
        json_schema_extra={"advanced": True},
    )

    def with_image(self, sha256: str, name: str, width: int, height: int) -> Self:
        """The same fit of another stored image.

        Raises:
            SpecError: The crop, or the pixels that are left, do not fit this image.
        """
        image = {
            "image": sha256,
            "image_name": name,
            "image_width": width,
            "image_height": height,
        }
        values = self.model_dump() | image
        try:
            return type(self).model_validate(values)
        except ValidationError as error:
            raise model_error(error, values, type(self), "fit-image") from None

    @property
    def headline(self) -> str:
        return "train/psnr_db" if self.held_out == "none" else "test/psnr_db"

    @property
    def work(self) -> tuple[object, ...]:
        return (
            self.task,
            (self.encoding.kind, self.encoding.num_features(self.NUM_COORDINATES)),
            (tuple(self.widths()), self.activation.kind, self.output),
            (self.loss.kind, self.optimizer.kind),
            (self.samples_per_step, self.num_pixels, self.held_out, self.hold_back),
            self.num_seeds,
        )

    def evaluation_steps(self) -> set[int]:
        """From before the first step on, more densely early on."""
        # A look is a forward pass over all pixels; a training pass costs about three of them.
        pixel_passes = 3 * self.steps * self.samples_per_step / self.num_pixels
        operations = (
            OPERATIONS_PER_WEIGHT * self.num_parameters * self.samples_per_step * self.steps
        )
        share = EVALUATION_SHARE * min(1.0, self.num_seeds * operations / SHORT_OPERATIONS)
        affordable = int(share * pixel_passes)
        is_tiny = self.num_seeds * operations < TINY_OPERATIONS
        fewest = MIN_TINY_EVALUATIONS if is_tiny else MIN_EVALUATIONS
        count = min(max(affordable, fewest), MAX_EVALUATIONS)
        return {round(self.steps * (number / count) ** 1.5) for number in range(count + 1)}

    @property
    def shown_size(self) -> tuple[int, int]:
        return self.fitted_size

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.steps

    @property
    def cropped_size(self) -> tuple[int, int]:
        """Width and height, in stored pixels, of what the crop keeps."""
        _, _, width, height = self.stored_box
        return width, height

    @property
    def stored_box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height, in stored pixels, of what the crop keeps."""
        width, height = self.image_width or self.image_size, self.image_height or self.image_size
        return self.kept_box(width, height)

    def kept_box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of what the crop keeps of a stored image of this size."""
        if self.crop == "square":
            side = min(width, height)
            return (width - side) // 2, (height - side) // 2, side, side
        if self.crop == "box" and self.crop_box is not None:
            return self.crop_box
        return 0, 0, width, height

    @property
    def fitted_size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the image the network is fitted to."""
        width, height = self.cropped_size
        scale = min(1.0, self.image_size / max(width, height)) / self.hold_back
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def original_size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the image that ``hold_back`` averages down."""
        width, height = self.fitted_size
        return width * self.hold_back, height * self.hold_back

    @property
    def num_pixels(self) -> int:
        """Pixels of the fitted image, held-out ones included."""
        width, height = self.fitted_size
        return width * height

    @property
    def num_train_pixels(self) -> int:
        """Pixels the network is trained on."""
        width, height = self.fitted_size
        if self.held_out == "grid":
            return math.ceil(width / 2) * math.ceil(height / 2)
        if self.held_out == "random":
            return self.num_pixels - max(1, round(HELD_OUT_SHARE * self.num_pixels))
        return self.num_pixels

    @property
    def is_full_batch(self) -> bool:
        """Whether each step sees every pixel that is trained on."""
        return self.batch_pixels == "all" or self.batch_pixels >= self.num_train_pixels

    @property
    def samples_per_step(self) -> float:
        """Pixels seen per step, by each network."""
        if self.batch_pixels == "all":
            return self.num_train_pixels
        return min(self.batch_pixels, self.num_train_pixels)

    @property
    def samples_per_epoch(self) -> int:
        return self.num_train_pixels

    @property
    def samples_per_batch(self) -> int:
        return int(self.samples_per_step)

    @property
    def seeds(self) -> list[int]:
        """The seeds that are trained side by side."""
        return [self.seed + place for place in range(self.num_seeds)]

    def widths(self) -> Sequence[int]:
        """Units of each hidden layer."""
        return for_each(self.width, self.depth, "width", "hidden layers")

    def layers(self) -> list[LayerCount]:
        features = self.encoding.num_features(self.NUM_COORDINATES)
        stack = arithmetic.dense_stack([features, *self.widths(), self.NUM_CHANNELS])
        trained = self.encoding.num_parameters(self.NUM_COORDINATES)
        if not trained:
            return stack
        formula = self.encoding.formula(self.NUM_COORDINATES)
        return [LayerCount("encoding", "encoding", formula, trained, (features,)), *stack]

    def memory_bytes(self) -> int:
        features = self.encoding.num_features(self.NUM_COORDINATES)
        # Coordinates, target, prediction, the work of a preview; encoded inputs where kept.
        pixels = self.num_pixels * (4 * self.NUM_CHANNELS + self.NUM_COORDINATES) * FLOAT_BYTES
        encoded = self.num_pixels * features * FLOAT_BYTES
        per_pixel = features + 4 * sum(self.widths())
        batch = int(self.samples_per_step) * per_pixel * FLOAT_BYTES
        each = batch + 4 * self.num_parameters * FLOAT_BYTES
        return pixels + encoded + self.num_seeds * each

    @model_validator(mode="after")
    def _check_crop(self) -> Self:
        if self.crop == "box":
            if self.crop_box is None:
                raise ValueError("`crop` is `box`, but `crop_box` is missing; draw the part first.")
            left, top, width, height = self.crop_box
            # Without an image there is no limit yet; ``with_image`` checks again.
            has_image = bool(self.image_width and self.image_height)
            inside = not has_image or (
                left + width <= self.image_width and top + height <= self.image_height
            )
            if min(left, top) < 0 or min(width, height) < MIN_SIDE or not inside:
                within = (
                    f"{self.image_width} x {self.image_height} pixels" if has_image else "frame"
                )
                raise ValueError(
                    f"`crop_box` is {left}, {top}, {width}, {height}; it must lie within the "
                    f"image's {within} and be at least {MIN_SIDE} pixels wide and high."
                )
        return self

    @model_validator(mode="after")
    def _check_held_out(self) -> Self:
        width, height = self.fitted_size
        if self.held_out == "grid" and min(width, height) < 2:
            raise ValueError(
                f"`held_out` is `grid`, which needs an image of 2 x 2 pixels or more, but "
                f"{width} x {height} is what is left to fit. "
                "Raise `image_size`, lower `hold_back`, or crop the image nearer to a square."
            )
        if self.held_out == "random" and width * height < 2:
            raise ValueError(
                "`held_out` is `random`, which needs 2 pixels or more, but 1 is left to fit. "
                "Raise `image_size` or lower `hold_back`."
            )
        return self

    @model_validator(mode="after")
    def _check_optimizer(self) -> Self:
        if not self.optimizer.needs_closure:
            return self
        if not self.is_full_batch:
            raise ValueError(
                f"`optimizer` is `{self.optimizer.kind}`, which needs the same pixels at every "
                "step; set `batch_pixels` to `all`."
            )
        if self.num_seeds > 1:
            raise ValueError(
                f"`optimizer` is `{self.optimizer.kind}`, which looks at all weights together; "
                "set `num_seeds` to 1 and start a run for each seed."
            )
        return self
