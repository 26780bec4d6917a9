from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.optimizers import GradientStep

if TYPE_CHECKING:
    import torch


class Adam(GradientStep):
    """Adaptive steps from running means of the gradient and its square.

    Pick it for coordinate networks, and to see how much less it minds the learning rate.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "Adam"
    source: ClassVar[str] = "Kingma and Ba 2015, algorithm 1"
    kind: Literal["adam"] = "adam"

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(parameters, lr, weight_decay=self.weight_decay, fused=True)
