from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import WeightRule

if TYPE_CHECKING:
    from torch import Tensor


class Zeros(WeightRule):
    """All weights zero.

    Pick it to see that units that are the same stay the same: with zero biases the network learns
    the mean colour, or how frequent each class is, and no more. PyTorch's biases tell units apart,
    so with them it learns, but late.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Zeros"
    source: ClassVar[str] = "standard"
    kind: Literal["zeros"] = "zeros"

    def fill(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.zeros_(weight)

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        return 0.0
