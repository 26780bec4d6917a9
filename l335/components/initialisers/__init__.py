"""Initialisers: the rule each weight is drawn from before the first step."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from l335.components.component import Component

if TYPE_CHECKING:
    from torch import Tensor, nn


class Initialiser(Component):
    """Draws the weights of every linear and convolution layer from torch's global generator."""

    @abstractmethod
    def fill(self, weight: Tensor) -> None:
        """Fill one weight in place: [out, in] or [out, in, height, width]."""

    @abstractmethod
    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        """Standard deviation of the weights of a layer with this many inputs and outputs."""

    def apply_to(self, model: nn.Module) -> None:
        """Initialise every layer of a freshly built model, which holds PyTorch's own defaults."""
        import torch

        with torch.no_grad():
            for place, layer in enumerate(self.layers_of(model)):
                self.fill(layer.weight)
                if layer.bias is not None:
                    self.fill_bias(layer.bias, is_first=place == 0)

    def layers_of(self, model: nn.Module) -> list[nn.Linear | nn.Conv2d]:
        """The layers that are initialised, the first one first."""
        from torch import nn

        return [layer for layer in model.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]

    def fill_bias(self, bias: Tensor, *, is_first: bool) -> None:
        """Fill one bias in place; the default leaves PyTorch's own draw."""


class WeightRule(Initialiser):
    """A named rule for the weights, with the choice of what happens to the biases."""

    bias: Literal["default", "zero", "uniform", "uniform_first"] = Field(
        default="default",
        title="Biases",
        description=(
            "`default` keeps PyTorch's uniform draw; `zero` makes every fold of the first layer "
            "pass through the origin of the coordinates; `uniform` draws all within the bound "
            "below, `uniform_first` only those of the first layer, as FINER does."
        ),
    )
    bias_bound: float = Field(
        default=1.0,
        ge=0.0,
        le=100.0,
        title="Bound of biases",
        description=(
            "Biases are drawn between minus and plus this number, the k of FINER: every bias with "
            "`uniform`, those of the first layer with `uniform_first`."
        ),
        json_schema_extra={"advanced": True},
    )

    def fill_bias(self, bias: Tensor, *, is_first: bool) -> None:
        if self.bias == "zero":
            bias.zero_()
        elif self.bias == "uniform" or (self.bias == "uniform_first" and is_first):
            bias.uniform_(-self.bias_bound, self.bias_bound)


class FanRule(WeightRule):
    """A rule whose deviation follows from the number of inputs or outputs of a layer."""

    gain: float = Field(
        default=1.0,
        ge=0.01,
        le=10.0,
        title="Gain",
        description="Factor on the deviation the rule asks for.",
        json_schema_extra={"advanced": True},
    )

    def fill(self, weight: Tensor) -> None:
        self.draw(weight)
        if self.gain != 1:
            weight.mul_(self.gain)

    @abstractmethod
    def draw(self, weight: Tensor) -> None:
        """Fill one weight in place by the rule as published."""


class KaimingRule(FanRule):
    """Variance 2 / fan, which makes up for the half that a ReLU cuts away."""

    fan: Literal["fan_in", "fan_out"] = Field(
        default="fan_in",
        title="Fan",
        description="`fan_in` keeps the variance of the values, `fan_out` that of the gradients.",
        json_schema_extra={"advanced": True},
    )

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        fan = fan_in if self.fan == "fan_in" else fan_out
        return self.gain * math.sqrt(2 / fan)


class XavierRule(FanRule):
    """Variance 2 / (fan in + fan out), between what values and gradients ask for."""

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        return self.gain * math.sqrt(2 / (fan_in + fan_out))
