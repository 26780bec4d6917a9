"""The specification of a classification run."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from l335.components import arithmetic
from l335.components.architectures import Architecture
from l335.components.architectures.mlp import Mlp
from l335.components.arithmetic import LayerCount, Shape
from l335.components.component import choice_of
from l335.components.optimizers import Optimizer
from l335.components.optimizers.sgd import Sgd
from l335.spec.common import FLOAT_BYTES, CommonSpec

FASHION_MNIST_SHAPE: Shape = (1, 28, 28)
FASHION_MNIST_TRAIN, FASHION_MNIST_TEST = 60_000, 10_000
FASHION_MNIST_CLASSES = 10
MIN_TRAINED = 10

FIRST_EPOCH_EVALUATIONS = (1 / 8, 1 / 2)
"""Accuracy rises steepest in the first epoch, so it is looked at there more often."""

TRAIN_EVALUATION_SIZE = 10_000
"""Training images judged at each evaluation: as many as the test set, so the gap is fair."""


class ClassifySpec(CommonSpec):
    """Classification of Fashion-MNIST."""

    LENGTH: ClassVar[str] = "epochs"
    LOWEST: ClassVar[dict[str, Any]] = {"batch_size": 1}

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
        ge=MIN_TRAINED,
        le=FASHION_MNIST_TRAIN,
        title="Training images",
        description="How many of the 60,000 are used; fewer for a quick look or to over-fit.",
    )
    validation: int = Field(
        default=0,
        ge=0,
        le=50_000,
        title="Validation images",
        description=(
            "So many of the training images are held out of training, to choose epochs or settings "
            "by without looking at the test images; 5,000 of the 60,000 are usual."
        ),
    )
    label_noise: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Wrong labels",
        description="Share of the training labels replaced by another class; test labels stay.",
        json_schema_extra={"advanced": True},
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

    @model_validator(mode="after")
    def _check_optimizer(self) -> Self:
        if self.optimizer.needs_closure:
            raise ValueError(
                f"`optimizer` is `{self.optimizer.kind}`, which needs the same images at every "
                "step; choose `adam` or `sgd`."
            )
        return self

    @model_validator(mode="after")
    def _check_validation(self) -> Self:
        if self.samples_per_epoch < MIN_TRAINED:
            raise ValueError(
                f"`validation` is {self.validation:,} of {self.train_size:,} training images; at "
                f"least {MIN_TRAINED} must be left to train on. Lower it, or raise `train_size`."
            )
        return self

    @property
    def samples_per_epoch(self) -> int:
        return self.train_size - self.validation

    @property
    def samples_per_batch(self) -> int:
        return min(self.batch_size, self.samples_per_epoch)

    @property
    def headline(self) -> str:
        return "test/accuracy"

    @property
    def work(self) -> tuple[object, ...]:
        return (
            self.task,
            self.model,
            self.samples_per_batch,
            self.optimizer.kind,
            (self.shift > 0, self.flip),
            min(self.samples_per_epoch, TRAIN_EVALUATION_SIZE) + self.validation,
        )

    def early_evaluations(self) -> set[int]:
        """Steps within the first epoch after which the network is judged."""
        return {max(1, round(share * self.steps_per_epoch)) for share in FIRST_EPOCH_EVALUATIONS}

    def evaluation_steps(self) -> set[int]:
        """The end of each epoch, and steps within the first."""
        ends = range(self.steps_per_epoch, self.total_steps + 1, self.steps_per_epoch)
        return self.early_evaluations() | set(ends)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def samples_per_step(self) -> float:
        """Images seen per step, on average."""
        return self.samples_per_epoch / self.steps_per_epoch

    def layers(self) -> list[LayerCount]:
        return self.model.layers(FASHION_MNIST_SHAPE, FASHION_MNIST_CLASSES)

    def memory_bytes(self) -> int:
        dataset = (FASHION_MNIST_TRAIN + FASHION_MNIST_TEST) * 28 * 28 * FLOAT_BYTES
        activations = sum(arithmetic.num_elements(row.output_shape) for row in self.layers())
        # Forward values, ReLU outputs and their gradients; weights, gradients and two moments.
        batch = self.batch_size * activations * 4 * FLOAT_BYTES
        return dataset + batch + 4 * self.num_parameters * FLOAT_BYTES
