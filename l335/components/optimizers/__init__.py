"""Optimisers: how a gradient becomes a step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from l335.components.component import Component

if TYPE_CHECKING:
    import torch


class Optimizer(Component):
    """Updates parameters from their gradients. The learning rate is the run's own ``lr``."""

    needs_closure: ClassVar[bool] = False
    """Whether a step asks for the loss several times, always of the same samples."""

    @abstractmethod
    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        """The torch optimiser, in its fused form where there is one."""


class GradientStep(Optimizer):
    """An optimiser whose step follows from the gradient of this step and those before."""

    weight_decay: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Weight decay",
        description="Pull of every weight towards zero, per step and unit of learning rate.",
        json_schema_extra={"advanced": True},
    )
