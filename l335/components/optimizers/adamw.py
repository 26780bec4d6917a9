from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.optimizers import GradientStep

if TYPE_CHECKING:
    import torch


class AdamW(GradientStep):
    """Adam with the weight decay taken out of the gradient.

    Pick it where weight decay is to do what it says; without decay it equals Adam.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "AdamW"
    source: ClassVar[str] = "Loshchilov and Hutter 2019, algorithm 2"
    kind: Literal["adamw"] = "adamw"

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(parameters, lr, weight_decay=self.weight_decay, fused=True)
