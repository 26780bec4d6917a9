from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from l335.components import arithmetic
from l335.components.architectures import Architecture
from l335.components.arithmetic import LayerCount, Shape
from l335.components.component import EachBetween, PerLayer, for_each

if TYPE_CHECKING:
    from torch import nn


class Mlp(Architecture):
    """Fully connected network. The practical's basic net is 784-512-512-10.

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
    width: Annotated[PerLayer, EachBetween(1, 2048)] = Field(
        default=512,
        title="Units",
        description="Units of every hidden layer, or a list with one number for each.",
    )

    def _widths(self) -> Sequence[int]:
        return for_each(self.width, self.depth, "model.width", "hidden layers")

    def layers(self, input_shape: Shape, num_classes: int) -> list[LayerCount]:
        pixels = arithmetic.num_elements(input_shape)
        return arithmetic.dense_stack([pixels, *self._widths(), num_classes], self.batch_norm)

    def build(self, input_shape: Shape, num_classes: int) -> nn.Sequential:
        from torch import nn

        from l335.modules.linear import Linear

        modules: dict[str, nn.Module] = {"flatten": nn.Flatten()}
        inputs = arithmetic.num_elements(input_shape)
        for number, width in enumerate(self._widths(), 1):
            layer = Linear(inputs, width)
            modules |= self.block(f"linear{number}", layer, is_first=number == 1)
            inputs = width
        return nn.Sequential(OrderedDict(modules, output=nn.Linear(inputs, num_classes)))
