from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.optimizers import Optimizer

if TYPE_CHECKING:
    import torch


class Sgd(Optimizer):
    """Stochastic gradient descent with momentum. Pick it for the practical's classification runs.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "SGD with momentum"
    source: ClassVar[str] = "standard; Sutskever et al. 2013 for momentum"
    kind: Literal["sgd"] = "sgd"
    momentum: float = Field(
        default=0.9,
        ge=0.0,
        le=0.999,
        title="Momentum",
        description="Share of the last step carried into the next; 0 is plain SGD.",
    )

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            parameters, lr, momentum=self.momentum, weight_decay=self.weight_decay, fused=True
        )
