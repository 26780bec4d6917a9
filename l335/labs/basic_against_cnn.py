"""Lab: the basic net against the CNN at the same budget of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from l335.core.tables import Table
from l335.labs import FindImage, LabPreset
from l335.labs.accuracy import (
    METRICS,
    BatchSize,
    Epochs,
    TrainSize,
    accuracy_table,
    lead,
    verdicts,
)
from l335.labs.experiments import both_nets
from l335.labs.results import ONE_SEED_NOTE, Arm, failures, ranking
from l335.spec import Spec


class BasicAgainstCnn(LabPreset):
    """The two nets of the practical, trained alike, over several seeds."""

    title: ClassVar[str] = "Basic net against CNN"
    number: ClassVar[int] = 1
    task: ClassVar[Literal["classify", "fit-image"]] = "classify"
    question: ClassVar[str] = (
        "Both nets have the same number of parameters, to within 434. What does knowing which "
        "pixels are neighbours buy?"
    )
    look_for: ClassVar[str] = (
        "The distance between the two test curves against the width of their bands, which is how "
        "much seeds differ. The distance between train and test of each net. When one curve "
        "leaves the other."
    )
    deliverable: ClassVar[str] = (
        "The hyperparameters and the calculation of the parameters; accuracy against epochs on "
        "train and test, the basic net against the CNN; under-, well- or over-fitted, with causes "
        "and remedies; the feature maps of each convolution."
    )
    metrics: ClassVar[tuple[str, ...]] = METRICS
    page: ClassVar[str] = "convolution"
    quick_changes: ClassVar[dict[str, Any]] = {
        "train_size": 6_000,
        "epochs": 3,
        "lr": 0.02,
    }
    quick_cuts: ClassVar[str] = (
        "6,000 of the 60,000 training images, 3 epochs instead of 20, and learning rate 0.02 "
        "instead of 0.001 lest the nets barely start."
    )

    kind: Literal["basic_against_cnn"] = "basic_against_cnn"
    epochs: Epochs = 20
    train_size: TrainSize = 60_000
    lr: float = Field(
        default=0.001,
        ge=1e-7,
        le=10.0,
        title="Learning rate",
        description="Of SGD with momentum 0.9.",
    )
    batch_size: BatchSize = 64

    def arms(self, find_image: FindImage) -> dict[str, Spec]:
        same = {
            "epochs": self.epochs,
            "train_size": self.train_size,
            "lr": self.lr,
            "batch_size": self.batch_size,
        }
        return dict(both_nets(**same))

    def table(self, arms: Sequence[Arm]) -> Table:
        return accuracy_table(arms)

    def finding(self, arms: Sequence[Arm]) -> list[str]:
        sentences = ranking(arms, "test/accuracy")
        if len(arms) == 2 and all(arm.completed for arm in arms):
            sentences.append(lead(arms[0], arms[1]))
            leader, *others = ranking(arms, "train/accuracy")
            known = [*failures(arms), ONE_SEED_NOTE]
            sentences += [leader, *(f"On train images: {o}" for o in others if o not in known)]
        return [*filter(None, sentences), *verdicts(arms)]
