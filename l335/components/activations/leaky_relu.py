from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class LeakyRelu(Activation):
    """A ReLU with a small slope below zero. Pick it where units die: they can come back.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "Leaky ReLU"
    source: ClassVar[str] = "Maas et al. 2013, section 2"
    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = Field(
        default=0.01,
        ge=0.0,
        le=1.0,
        title="Slope",
        description="Slope below zero.",
    )

    def build(self, *, is_first: bool = False) -> nn.Module:
        from torch import nn

        return nn.LeakyReLU(self.slope)
