"""Activations of coordinate networks, applied to each value on its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Sine(nn.Module):
    """sin(omega_0 z)."""

    def __init__(self, omega_0: float) -> None:
        super().__init__()
        self.omega_0 = omega_0

    def forward(self, values: Tensor) -> Tensor:
        return (self.omega_0 * values).sin()


class Finer(nn.Module):
    """sin(omega_0 (|z| + 1) z): the larger the value, the higher the frequency."""

    def __init__(self, omega_0: float) -> None:
        super().__init__()
        self.omega_0 = omega_0

    def forward(self, values: Tensor) -> Tensor:
        # As in the paper, the factor is a constant to the gradient.
        with torch.no_grad():
            factor = self.omega_0 * (values.abs() + 1)
        return (factor * values).sin()


class Gaussian(nn.Module):
    """exp(-z^2 / (2 deviation^2))."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, values: Tensor) -> Tensor:
        return (values / self.deviation).square().mul(-0.5).exp()
