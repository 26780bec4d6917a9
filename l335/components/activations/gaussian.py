from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Gaussian(Activation):
    """A bell, exp(-z^2 / (2 a^2)). Pick it for coordinate networks without an encoding.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "Gaussian"
    source: ClassVar[str] = "Ramasinghe and Lucey 2022, Beyond Periodicity, section 4"
    kind: Literal["gaussian"] = "gaussian"
    deviation: float = Field(
        default=0.1,
        ge=0.001,
        le=100.0,
        title="Deviation",
        description="Width a of the bell, in every layer; narrower reaches finer detail.",
        json_schema_extra={"scale": "log"},
    )

    def build(self, *, is_first: bool = False) -> nn.Module:
        from l335.modules import activations

        return activations.Gaussian(self.deviation)
