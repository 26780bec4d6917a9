from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Finer(Activation):
    """A sine whose frequency grows with the value, sin(omega_0 (|z| + 1) z).

    Pick it for coordinate networks, with SIREN's initialiser and uniform biases: the biases
    choose which frequencies the first layer starts from.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "FINER"
    source: ClassVar[str] = "Liu et al. 2024, FINER: Flexible Spectral-Bias Tuning, section 3"
    kind: Literal["finer"] = "finer"
    omega_0: float = Field(
        default=30.0,
        ge=0.1,
        le=1000.0,
        title="Omega 0",
        description="Factor on every value before the sine; higher reaches finer detail.",
        json_schema_extra={"scale": "log"},
    )

    def build(self) -> nn.Module:
        from l335.modules import activations

        return activations.Finer(self.omega_0)
