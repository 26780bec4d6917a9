"""Parameter arithmetic, layer by layer, without building anything."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ReceptiveField:
    """Which input pixels one unit of a map sees, along either side.

    Attributes:
        size: Side of the square, in input pixels.
        jump: Input pixels between the squares of neighbouring units.
        start: First input pixel of the first unit's square; negative where it begins in the
            padding.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def behind(self, kernel_size: int, stride: int, padding: int) -> ReceptiveField:
        """The field after one more convolution or pooling."""
        return ReceptiveField(
            self.size + (kernel_size - 1) * self.jump,
            self.jump * stride,
            self.start - padding * self.jump,
        )

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of a unit's square in input pixels, not clipped."""
        top, left = self.start + row * self.jump, self.start + column * self.jump
        return top, left, top + self.size, left + self.size


@dataclass(frozen=True)
class LayerCount:
    """What one layer holds and makes.

    Attributes:
        name: Name shown to people, such as ``conv 1``.
        module: Name of the module in the built network, such as ``conv1``.
        formula: The count written out, such as ``784 x 512 + 512``.
        num_parameters: Parameters that require a gradient.
        output_shape: Shape of one example after this layer, channels first.
        flops: Operations of one example's forward pass; a multiply-add counts 2, biases 0.
        field: What one unit sees of the input; None where every unit sees all of it.
    """

    name: str
    module: str
    formula: str
    num_parameters: int
    output_shape: Shape
    flops: int = 0
    field: ReceptiveField | None = None


def total(layers: list[LayerCount]) -> int:
    """Trainable parameters of all layers together."""
    return sum(layer.num_parameters for layer in layers)


def linear(name: str, num_inputs: int, num_outputs: int) -> LayerCount:
    """A fully connected layer with biases."""
    return LayerCount(
        name,
        name.replace(" ", ""),
        f"{num_inputs} x {num_outputs} + {num_outputs}",
        num_inputs * num_outputs + num_outputs,
        (num_outputs,),
        flops=2 * num_inputs * num_outputs,
    )


def dense_stack(sizes: list[int], batch_norm: bool = False) -> list[LayerCount]:
    """Fully connected layers between consecutive sizes, the last one named ``output``."""
    rows: list[LayerCount] = []
    for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes[:-1]), 1):
        rows.append(linear(f"linear {number}", inputs, outputs))
        if batch_norm:
            rows.append(norm(rows[-1]))
    return [*rows, linear("output", *sizes[-2:])]


def norm(layer: LayerCount) -> LayerCount:
    """Batch normalisation of a layer's output: a scale and an offset for each unit or map."""
    units = layer.output_shape[0]
    return LayerCount(
        f"norm of {layer.name}",
        f"{layer.module}_norm",
        f"2 x {units}",
        2 * units,
        layer.output_shape,
        field=layer.field,
    )


def conv(
    name: str,
    shape: Shape,
    field: ReceptiveField,
    channels: int,
    kernel_size: int,
    padding: int,
    stride: int,
) -> LayerCount:
    """A square convolution with biases over ``shape`` = (channels, height, width)."""
    inputs = shape[0]
    weights = channels * inputs * kernel_size**2
    height, width = ((side + 2 * padding - kernel_size) // stride + 1 for side in shape[1:])
    return LayerCount(
        name,
        name.replace(" ", ""),
        f"{channels} x {inputs} x {kernel_size} x {kernel_size} + {channels}",
        weights + channels,
        (channels, height, width),
        flops=2 * weights * height * width,
        field=field.behind(kernel_size, stride, padding),
    )


def pool(layer: LayerCount, name: str, size: int, stride: int) -> LayerCount:
    """Pooling of a convolution's output, without padding; it has no parameters."""
    channels, height, width = layer.output_shape
    assert layer.field is not None
    return LayerCount(
        name,
        f"{layer.module}_pool",
        "no parameters",
        0,
        (channels, (height - size) // stride + 1, (width - size) // stride + 1),
        field=layer.field.behind(size, stride, 0),
    )


def num_elements(shape: Shape) -> int:
    """Elements of a tensor of this shape."""
    return prod(shape)
