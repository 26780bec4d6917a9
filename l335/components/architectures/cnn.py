from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from l335.components import arithmetic
from l335.components.architectures import Architecture
from l335.components.arithmetic import LayerCount, ReceptiveField, Shape
from l335.components.component import EachBetween, EachOf, PerLayer, WordPerLayer, for_each

if TYPE_CHECKING:
    from torch import nn

LISTS = "One for all layers, or a list; its last one holds for the layers behind it."


class Cnn(Architecture):
    """Convolutions with pooling, then one hidden layer.

    Pick it to see what knowing the neighbourhood buys at the same budget: the preset holds
    669,272 parameters, 434 fewer than the basic net.

    Shapes: [N, 1, 28, 28] in, logits [N, 10] out.
    """

    title: ClassVar[str] = "CNN (convolutional)"
    source: ClassVar[str] = "standard; LeCun et al. 1998; the practical's task 1"
    kind: Literal["cnn"] = "cnn"
    num_convs: int = Field(
        default=3, ge=1, le=8, title="Conv layers", description="Convolutions in a row."
    )
    channels: Annotated[PerLayer, EachBetween(1, 128)] = Field(
        default=9, title="Channels", description=f"Feature maps of a conv layer. {LISTS}"
    )
    kernel_size: Annotated[PerLayer, EachBetween(1, 28)] = Field(
        default=5, title="Kernel size", description=f"Side of each filter, in pixels. {LISTS}"
    )
    padding: Annotated[PerLayer, EachBetween(0, 14)] = Field(
        default=2,
        title="Padding",
        description=f"Zeros around the input of a conv layer, in pixels. {LISTS}",
    )
    stride: Annotated[PerLayer, EachBetween(1, 8)] = Field(
        default=1,
        title="Stride",
        description=f"Step of the filter, in pixels. {LISTS}",
        json_schema_extra={"advanced": True},
    )
    pooling: Annotated[WordPerLayer, EachOf(("max", "average", "none"))] = Field(
        default=("max", "max", "none"),
        title="Pooling",
        description=f"`max`, `average` or `none` after a conv layer. {LISTS}",
    )
    pool_size: Annotated[PerLayer, EachBetween(2, 28)] = Field(
        default=3, title="Pool size", description=f"Side of the window, in pixels. {LISTS}"
    )
    pool_stride: Annotated[PerLayer, EachBetween(1, 8)] = Field(
        default=1, title="Pool stride", description=f"Step of the window, in pixels. {LISTS}"
    )
    hidden: int = Field(
        default=128, ge=1, le=2048, title="Hidden units", description="Units before the logits."
    )

    @model_validator(mode="before")
    @classmethod
    def _complete_pooling(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "pooling" in values:
            return values
        values = dict(values)
        num_convs, num_pools = values.get("num_convs", 3), values.pop("num_pools", 2)
        if isinstance(num_convs, int) and isinstance(num_pools, int):
            # Runs stored before pooling could differ by layer say how many layers are pooled;
            # where nothing is said, as many of the preset's as there are layers.
            num_pools = min(num_pools, max(1, num_convs))
            values["pooling"] = ["max"] * num_pools + ["none"] * (num_convs > num_pools)
        return values

    def _convs(self) -> list[_Conv]:
        columns = (
            for_each(value, self.num_convs, f"model.{name}", "conv layers")
            for name, value in (
                ("channels", self.channels),
                ("kernel_size", self.kernel_size),
                ("padding", self.padding),
                ("stride", self.stride),
                ("pool_size", self.pool_size),
                ("pool_stride", self.pool_stride),
            )
        )
        kinds = for_each(self.pooling, self.num_convs, "model.pooling", "conv layers")
        return [
            _Conv(number, kind, *sizes)
            for number, (kind, *sizes) in enumerate(zip(kinds, *columns, strict=True), 1)
        ]

    def layers(self, input_shape: Shape, num_classes: int) -> list[LayerCount]:
        rows: list[LayerCount] = []
        shape, seen = input_shape, ReceptiveField()
        for conv in self._convs():
            name = f"conv {conv.number}"
            _check_fits("kernel_size", conv.kernel_size, name, shape, conv.padding)
            size = (conv.channels, conv.kernel_size, conv.padding, conv.stride)
            rows.append(arithmetic.conv(name, shape, seen, *size))
            last = rows[-1]
            if self.batch_norm:
                rows.append(arithmetic.norm(last))
            if conv.pooling != "none":
                pool = f"pool {conv.number}"
                _check_fits("pool_size", conv.pool_size, pool, last.output_shape, 0)
                rows.append(arithmetic.pool(last, pool, conv.pool_size, conv.pool_stride))
                last = rows[-1]
            assert last.field is not None
            shape, seen = last.output_shape, last.field
        sizes = [arithmetic.num_elements(shape), self.hidden, num_classes]
        return rows + arithmetic.dense_stack(sizes, self.batch_norm)

    def build(self, input_shape: Shape, num_classes: int) -> nn.Sequential:
        from torch import nn

        from l335.modules.linear import Linear

        modules: dict[str, nn.Module] = {}
        inputs = input_shape[0]
        for conv in self._convs():
            size = (inputs, conv.channels, conv.kernel_size, conv.stride, conv.padding)
            modules |= self.block(
                f"conv{conv.number}",
                nn.Conv2d(*size),
                conv.build_pooling(),
                is_first=conv.number == 1,
            )
            inputs = conv.channels
        rows = self.layers(input_shape, num_classes)
        place = next(index for index, row in enumerate(rows) if row.module == "linear1")
        flat = arithmetic.num_elements(rows[place - 1].output_shape)
        modules["flatten"] = nn.Flatten()
        modules |= self.block("linear1", Linear(flat, self.hidden), is_first=False)
        return nn.Sequential(OrderedDict(modules, output=nn.Linear(self.hidden, num_classes)))


@dataclass(frozen=True)
class _Conv:
    """The settings of one conv layer."""

    number: int
    pooling: str
    channels: int
    kernel_size: int
    padding: int
    stride: int
    pool_size: int
    pool_stride: int

    def build_pooling(self) -> nn.Module | None:
        from torch import nn

        if self.pooling == "none":
            return None
        kind = nn.MaxPool2d if self.pooling == "max" else nn.AvgPool2d
        return kind(self.pool_size, self.pool_stride)


def _check_fits(field: str, size: int, layer: str, shape: Shape, padding: int) -> None:
    side = min(shape[1:]) + 2 * padding
    if size <= side:
        return
    wide = f"{side} pixel{'' if side == 1 else 's'} wide{' with its padding' if padding else ''}"
    if field == "pool_size":
        remedy = f"a pool of at most {side}, `none` there" if side > 1 else "`none` there"
    else:
        remedy = f"a kernel of at most {side}, more padding"
    raise ValueError(
        f"`model.{field}` is {size}, but the input of {layer} is only {wide}. "
        f"Choose {remedy}, smaller strides or fewer layers before it."
    )
