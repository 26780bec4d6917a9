"""Lab: one net at several learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from l335.core.tables import Table
from l335.core.wording import decimal
from l335.labs import FindImage, LabPreset, parts
from l335.labs.accuracy import (
    METRICS,
    BatchSize,
    Epochs,
    Net,
    TrainSize,
    accuracy_finding,
    accuracy_table,
)
from l335.labs.experiments import net
from l335.labs.results import Arm
from l335.spec import Spec

Rates = Annotated[tuple[Annotated[float, Field(ge=1e-7, le=10.0)], ...], BeforeValidator(parts)]


class LearningRates(LabPreset):
    """The practical's three learning rates, or others, on one net."""

    title: ClassVar[str] = "Learning rates"
    number: ClassVar[int] = 2
    task: ClassVar[Literal["classify", "fit-image"]] = "classify"
    question: ClassVar[str] = (
        "The learning rate is the length of each step. What happens when it is a hundred times "
        "too long, or too short?"
    )
    look_for: ClassVar[str] = (
        "A curve that stays at 10 %, which is guessing. A curve that has not bent yet when the "
        "epochs are over. Whether seeds of one rate go the same way."
    )
    deliverable: ClassVar[str] = (
        "Accuracy against epochs, train and test, for each learning rate, with an explanation."
    )
    metrics: ClassVar[tuple[str, ...]] = METRICS
    quick_changes: ClassVar[dict[str, Any]] = {"epochs": 3, "train_size": 4_000}
    quick_cuts: ClassVar[str] = "4,000 of the 60,000 training images, and 3 epochs instead of 20."

    kind: Literal["learning_rates"] = "learning_rates"
    network: Net = "cnn"
    rates: Rates = Field(
        default=(0.1, 0.001, 0.00001),
        min_length=1,
        max_length=12,
        title="Learning rates",
        description="Of SGD with momentum 0.9, with commas between them; up to 12.",
    )
    epochs: Epochs = 20
    train_size: TrainSize = 60_000
    batch_size: BatchSize = 64

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        same = {
            "epochs": self.epochs,
            "train_size": self.train_size,
            "batch_size": self.batch_size,
        }
        return {
            f"lr {decimal(rate)}": net(self.network, lr=rate, **same)
            for rate in dict.fromkeys(self.rates)
        }

    def table(self, arms: Sequence[Arm]) -> Table:
        return accuracy_table(arms)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        return accuracy_finding(arms)
