"""Activations: the bend between two layers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from l335.components.component import Component

if TYPE_CHECKING:
    from torch import nn


class Activation(Component):
    """A function applied to each value on its own."""

    @abstractmethod
    def build(self, *, is_first: bool = False) -> nn.Module:
        """The module; it has no parameters and keeps the shape.

        Args:
            is_first: Whether it follows the first layer, the one that sees the inputs.
        """


class Periodic(Activation):
    """A wave, whose frequency in the first layer may differ from that of the layers behind."""

    omega_0: float = Field(
        default=30.0,
        ge=0.1,
        le=1000.0,
        title="Omega 0",
        description=(
            "Factor on every value before the sine; higher reaches finer detail. On bare "
            "coordinates a first-layer weight w draws omega_0 w / (2 pi) cycles per unit: at 30 "
            "and SIREN's largest w, 1/2, that is 2.4 cycles per picture side in [0, 1], and 4.8 "
            "in [-1, 1], the papers' range. So 30 on [0, 1] acts as their 15."
        ),
        json_schema_extra={"scale": "log"},
    )
    first_omega_0: Annotated[float, Field(ge=0.1, le=1000.0)] | Literal["same"] = Field(
        default="same",
        title="First omega 0",
        description=(
            "Sets the frequencies the network starts from, apart from those of the layers behind, "
            "whose omega 0 the initialiser needs to know; `same` is the omega 0 of all layers."
        ),
        examples=[30.0],
        json_schema_extra={"scale": "log", "word": "The same"},
    )

    def omega(self, *, is_first: bool) -> float:
        """The factor in the first layer, or in those behind it."""
        if is_first and self.first_omega_0 != "same":
            return self.first_omega_0
        return self.omega_0
