"""Initialisers: the rule each weight is drawn from before the first step."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from l335.component import Component

if TYPE_CHECKING:
    from torch import Tensor, nn


class Initialiser(Component):
    """Draws the weights of every linear and convolution layer from torch's global generator."""

    @abstractmethod
    def fill(self, weight: Tensor) -> None:
        """Fill one weight in place: [out, in] or [out, in, height, width]."""

    def apply_to(self, model: nn.Module) -> None:
        """Initialise every layer of a freshly built model, which holds PyTorch's own defaults."""
        import torch
        from torch import nn

        with torch.no_grad():
            for layer in model.modules():
                if isinstance(layer, nn.Linear | nn.Conv2d):
                    self.fill(layer.weight)
                    if layer.bias is not None:
                        self.fill_bias(layer.bias)

    def fill_bias(self, bias: Tensor) -> None:
        """Fill one bias in place; the default leaves PyTorch's own draw."""


class WeightRule(Initialiser):
    """A named rule for the weights, with the choice of what happens to the biases."""

    bias: Literal["default", "zero"] = Field(
        default="default",
        title="Biases",
        description=(
            "`default` keeps PyTorch's uniform draw; `zero` makes every fold of the first layer "
            "pass through the corner of the picture."
        ),
    )

    def fill_bias(self, bias: Tensor) -> None:
        if self.bias == "zero":
            bias.zero_()
