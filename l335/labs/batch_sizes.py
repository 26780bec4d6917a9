"""Lab: one net at several batch sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from l335.core.tables import Table
from l335.labs import FindImage, LabPreset, parts
from l335.labs.accuracy import (
    METRICS,
    Epochs,
    Net,
    TrainSize,
    accuracy_finding,
    accuracy_table,
)
from l335.labs.experiments import net
from l335.labs.results import Arm
from l335.spec import Spec

Sizes = Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], BeforeValidator(parts)]


class BatchSizes(LabPreset):
    """The practical's three batch sizes, or others, on one net."""

    title: ClassVar[str] = "Batch sizes"
    number: ClassVar[int] = 3
    task: ClassVar[Literal["classify", "fit-image"]] = "classify"
    question: ClassVar[str] = (
        "In an epoch a batch of 4 takes 128 times as many steps as one of 512, each from a "
        "noisier gradient. What is the difference worth?"
    )
    look_for: ClassVar[str] = (
        "How far each curve is after the same number of epochs, and after the same time. The "
        "distance between train and test. How much the small batch trembles."
    )
    deliverable: ClassVar[str] = (
        "Accuracy against epochs, train and test, for each batch size, with an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = METRICS
    quick_changes: ClassVar[dict[str, Any]] = {"epochs": 3, "train_size": 4_000}
    quick_cuts: ClassVar[str] = "4,000 of the 60,000 training images, and 3 epochs instead of 20."

    kind: Literal["batch_sizes"] = "batch_sizes"
    network: Net = "cnn"
    sizes: Sizes = Field(
        default=(4, 64, 512),
        min_length=1,
        max_length=12,
        title="Batch sizes",
        description="Images of one step, with commas between them; up to 12.",
    )
    epochs: Epochs = 20
    train_size: TrainSize = 60_000
    lr: float = Field(
        default=0.001,
        ge=1e-7,
        le=10.0,
        title="Learning rate",
        description="Of SGD with momentum 0.9, the same for all batch sizes.",
    )

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        same = {"epochs": self.epochs, "train_size": self.train_size, "lr": self.lr}
        return {
            f"batch {size}": net(self.network, batch_size=size, **same)
            for size in dict.fromkeys(self.sizes)
        }

    def table(self, arms: Sequence[Arm]) -> Table:
        return accuracy_table(arms)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        return accuracy_finding(arms)
