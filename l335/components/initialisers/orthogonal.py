from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.initialisers import WeightRule

if TYPE_CHECKING:
    from torch import Tensor


class Orthogonal(WeightRule):
    """Rows that stand at right angles, all of one length.

    Pick it for deep networks: no direction is lost on the way.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Orthogonal"
    source: ClassVar[str] = "Saxe et al. 2014, section 3"
    kind: Literal["orthogonal"] = "orthogonal"
    gain: float = Field(
        default=2**0.5,
        ge=0.01,
        le=10.0,
        title="Gain",
        description="Factor on the matrix; the square root of 2 makes up for a ReLU.",
    )

    def fill(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.orthogonal_(weight, self.gain)

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        return float(self.gain * max(fan_in, fan_out) ** -0.5)
