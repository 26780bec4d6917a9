from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Sine(Activation):
    """A sine wave, sin(omega_0 z). Pick it for coordinate networks, with SIREN's initialiser.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "Sine (SIREN)"
    source: ClassVar[str] = "Sitzmann et al. 2020, Implicit Neural Representations, section 3"
    kind: Literal["sine"] = "sine"
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

        return activations.Sine(self.omega_0)
