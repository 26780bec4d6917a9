from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335 import arithmetic
from l335.arithmetic import LayerCount, Shape
from l335.components.architectures import Architecture

if TYPE_CHECKING:
    from torch import nn


class Mlp(Architecture):
    """Fully connected ReLU network. The practical's basic net is 784-512-512-10.

    Pick it to see how far a network comes that does not know which pixels are neighbours.

    Shapes: [N, 1, 28, 28] in, logits [N, 10] out.
    """

    title: ClassVar[str] = "Basic net (fully connected)"
    source: ClassVar[str] = "standard; the practical's task 1"
    kind: Literal["mlp"] = "mlp"
    depth: int = Field(
        default=2,
        ge=1,
        le=16,
        title="Hidden layers",
        description="Layers between input and logits.",
    )
    width: int = Field(
        default=512, ge=1, le=2048, title="Units", description="Units of every hidden layer."
    )

    def layers(self, input_shape: Shape, num_classes: int) -> list[LayerCount]:
        pixels = arithmetic.num_elements(input_shape)
        return arithmetic.dense_stack([pixels, *[self.width] * self.depth, num_classes])

    def build(self, input_shape: Shape, num_classes: int) -> nn.Sequential:
        from torch import nn

        stack: list[nn.Module] = [nn.Flatten()]
        inputs = arithmetic.num_elements(input_shape)
        for _ in range(self.depth):
            stack += [nn.Linear(inputs, self.width), nn.ReLU()]
            inputs = self.width
        return nn.Sequential(*stack, nn.Linear(inputs, num_classes))
