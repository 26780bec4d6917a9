"""Fully connected layers whose products use the whole width of the processor."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CPU_INFO = Path("/proc/cpuinfo")
IS_AMD = CPU_INFO.exists() and "AuthenticAMD" in CPU_INFO.read_text()
IS_MKL_SLOW = IS_AMD and torch.backends.cpu.get_cpu_capability() == "AVX512"
MIN_ROWS = 64  # with fewer, ordering the weights for oneDNN takes as long as it saves
MIN_FEATURES = 32  # fewer hardly fill a vector
MIN_VALUES = 20_481  # convolutions of fewer are left to MKL by PyTorch
MIN_ROWS_ALONE = 512  # smaller products of a stack go in one batch
MIN_FEATURES_ALONE = 128


def fully_connected(values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``F.linear`` in all but its speed: values [N, in], weight [out, in], bias [out] to [N, out].

    Products are MKL's in PyTorch, which leaves AVX-512 unused on AMD's processors; convolutions
    are oneDNN's, which uses it and is twice as fast. So there it is a convolution of one pixel.
    """
    if not is_quicker_as_convolution(values, weight):
        return F.linear(values, weight, bias)
    num_rows, num_inputs = values.shape
    # Rows are the pixels of one image, channels last: nothing is moved.
    pixels = values.view(1, num_rows, 1, num_inputs).permute(0, 3, 1, 2)
    # A dilated kernel of one pixel is the same, but PyTorch leaves no such to MKL.
    found = F.conv2d(pixels, weight[:, :, None, None], bias, dilation=2)
    return found.permute(0, 2, 3, 1).view(num_rows, len(weight))


def stacked_layers(
    values: Tensor,
    weights: Iterable[Tensor],
    biases: Iterable[Tensor],
    activations: Iterable[nn.Module],
) -> Tensor:
    """All layers of several networks: values [N, in] or [S, N, in] to [S, N, out].

    A layer is one batched product, or where that is quicker one product for each network, whose
    small results stay in the cache.

    Args:
        values: What all networks see, or what each of them sees.
        weights: Of each layer, [S, in, out].
        biases: Of each layer, [S, 1, out].
        activations: Of each layer.
    """
    layers = list(zip(weights, biases, activations, strict=True))
    first = layers[0][0]
    if values.ndim == 2:
        values = values.expand(len(first), *values.shape)
    is_large = values.shape[1] >= MIN_ROWS_ALONE and first.shape[2] >= MIN_FEATURES_ALONE
    if not (is_large and IS_MKL_SLOW and values.device.type == "cpu"):
        for weight, bias, bend in layers:
            values = bend(torch.baddbmm(bias, values, weight))
        return values
    each = list(values.unbind())
    for weight, bias, bend in layers:
        own = zip(each, weight.unbind(), bias.unbind(), strict=True)
        each = [bend(fully_connected(inputs, w.T, b[0])) for inputs, w, b in own]
    return torch.stack(each)


def is_quicker_as_convolution(values: Tensor, weight: Tensor) -> bool:
    """Whether oneDNN is asked for the product of values and weight."""
    return (
        IS_MKL_SLOW
        and values.device.type == "cpu"
        and values.ndim == 2
        and len(values) >= MIN_ROWS
        and min(weight.shape) >= MIN_FEATURES
        and values.numel() >= MIN_VALUES
        and values.is_contiguous()
        and not torch.is_autocast_enabled("cpu")  # products of bf16 are oneDNN's anyway
    )


class Linear(nn.Linear):
    """A fully connected layer, [N, in] to [N, out], computed by ``fully_connected``."""

    def forward(self, values: Tensor) -> Tensor:
        return fully_connected(values, self.weight, self.bias)
