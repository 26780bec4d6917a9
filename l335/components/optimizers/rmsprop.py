from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.optimizers import GradientStep

if TYPE_CHECKING:
    import torch


class RmsProp(GradientStep):
    """Each step divided by the running size of its gradient.

    Pick it to see what of Adam is the scaling and what the momentum.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "RMSprop"
    source: ClassVar[str] = "Tieleman and Hinton 2012, lecture 6.5"
    kind: Literal["rmsprop"] = "rmsprop"
    smoothing: float = Field(
        default=0.99,
        ge=0.0,
        le=0.9999,
        title="Smoothing",
        description="Share of the running mean of the squared gradient that is kept in a step.",
    )

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(
            parameters, lr, alpha=self.smoothing, weight_decay=self.weight_decay, foreach=True
        )
