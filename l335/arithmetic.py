"""Parameter arithmetic, layer by layer, without building anything."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerCount:
    """What one layer holds and makes.

    Attributes:
        name: Name shown to people, such as ``conv 1``.
        formula: The count written out, such as ``784 x 512 + 512``.
        num_parameters: Parameters that require a gradient.
        output_shape: Shape of one example after this layer, channels first.
    """

    name: str
    formula: str
    num_parameters: int
    output_shape: Shape


def total(layers: list[LayerCount]) -> int:
    """Trainable parameters of all layers together."""
    return sum(layer.num_parameters for layer in layers)


def linear(name: str, num_inputs: int, num_outputs: int) -> LayerCount:
    """A fully connected layer with biases."""
    count = num_inputs * num_outputs + num_outputs
    return LayerCount(name, f"{num_inputs} x {num_outputs} + {num_outputs}", count, (num_outputs,))


def dense_stack(sizes: list[int]) -> list[LayerCount]:
    """Fully connected layers between consecutive sizes, the last one named ``output``."""
    names = [f"linear {number}" for number in range(1, len(sizes) - 1)]
    pairs = itertools.pairwise(sizes)
    return [linear(name, *pair) for name, pair in zip([*names, "output"], pairs, strict=True)]


def conv(name: str, shape: Shape, channels: int, kernel_size: int, padding: int) -> LayerCount:
    """A square convolution with stride 1 and biases over ``shape`` = (channels, height, width)."""
    inputs, height, width = shape
    count = channels * inputs * kernel_size**2 + channels
    grow = 2 * padding - kernel_size + 1
    return LayerCount(
        name,
        f"{channels} x {inputs} x {kernel_size} x {kernel_size} + {channels}",
        count,
        (channels, height + grow, width + grow),
    )


def pool(name: str, shape: Shape, size: int, stride: int) -> LayerCount:
    """Max-pooling without padding; it has no parameters."""
    channels, height, width = shape
    return LayerCount(
        name,
        "no parameters",
        0,
        (channels, (height - size) // stride + 1, (width - size) // stride + 1),
    )


def num_elements(shape: Shape) -> int:
    """Elements of a tensor of this shape."""
    return prod(shape)
