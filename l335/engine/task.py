"""What the training loop asks of either half of the practical."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from l335.engine.snapshots import Part


@dataclass(frozen=True)
class Preview:
    """A picture of the state of training.

    Attributes:
        name: Such as ``reconstruction``.
        media_type: Such as ``image/jpeg``.
        data: The encoded file.
    """

    name: str
    media_type: str
    data: bytes


class EvaluationStopped(Exception):
    """An evaluation was given up because the run is to stop."""


class Task(Protocol):
    """A model, its data and how it is judged."""

    optimizer: Optimizer

    @property
    def model(self) -> nn.Module:
        """The network in training."""

    def batch(self, step: int) -> Tensor:
        """Which items a step sees, counted from 1: indices on the device, int64."""

    def accumulate_gradients(self, batch: Tensor) -> Tensor:
        """Add the gradients of these items to the parameters; returns the mean loss, a scalar."""

    def is_watched(self, step: int) -> bool:
        """Whether the update of this step has something that is worth a curve."""

    def update(self, step: int) -> dict[str, float]:
        """Change the parameters by their gradients; returns what is worth a curve."""

    def is_evaluation_due(self, step: int) -> bool:
        """Whether the model is judged after this step; step 0 is the untrained model."""

    def baseline(self) -> dict[str, float]:
        """What is known before the first step: lines to clear, and the untrained network."""

    @property
    def evaluation_batches(self) -> int:
        """How often an evaluation asks whether to stop, evenly over its time."""

    def evaluate(self, step: int, should_stop: Callable[[], bool]) -> dict[str, float]:
        """Metrics of the model as it stands after this step.

        Raises:
            EvaluationStopped: It was asked to stop before it was through.
        """

    def snapshot(self, step: int) -> list[Part]:
        """What is kept for good of this step's state, as last evaluated; mostly nothing."""

    def previews(self) -> list[Preview]:
        """Pictures of the model as last evaluated."""
