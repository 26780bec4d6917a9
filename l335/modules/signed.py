"""Between [0, 1], the range of coordinates and colours here, and [-1, 1], that of some papers."""

from __future__ import annotations

from torch import Tensor, nn


class ToSigned(nn.Module):
    """2 x - 1: [0, 1] becomes [-1, 1]."""

    def forward(self, values: Tensor) -> Tensor:
        return 2 * values - 1


class FromSigned(nn.Module):
    """(x + 1) / 2: [-1, 1] becomes [0, 1]."""

    def forward(self, values: Tensor) -> Tensor:
        return (values + 1) / 2
