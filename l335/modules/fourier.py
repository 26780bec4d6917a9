"""Fixed Fourier features of coordinates."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class FourierFeatures(nn.Module):
    """[cos(2 pi F g), sin(2 pi F g)] for coordinates g [N, c]: features [N, 2 m].

    Args:
        frequencies: F [m, c], in cycles per side of the image.
    """

    frequencies: Tensor

    def __init__(self, frequencies: Tensor) -> None:
        super().__init__()
        # A buffer: the frequencies belong to the run and are saved with it.
        self.register_buffer("frequencies", frequencies)

    def forward(self, coords: Tensor) -> Tensor:
        # No matrix product: a GPU may compute those with 11 bits, too few for thousands of radians.
        turns = (2 * math.pi * self.frequencies).T  # [c, m]
        phase = coords[..., :1] * turns[0]  # [N, m]
        for number in range(1, len(turns)):
            phase = torch.addcmul(phase, coords[..., number : number + 1], turns[number])
        return torch.cat([phase.cos(), phase.sin()], dim=-1)
