from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.initialisers import WeightRule

if TYPE_CHECKING:
    from torch import Tensor, nn


class Siren(WeightRule):
    """SIREN's rule: uniform, so that a sine of every layer sees values of deviation 1.

    Pick it with the sine and FINER activations, and the same omega 0 as they have behind the
    first layer. Weights are U(-1 / fan in, 1 / fan in) in the first layer, whatever its omega 0,
    and U(-sqrt(6 / fan in) / omega_0, sqrt(6 / fan in) / omega_0) in all others, the last one too.

    Shapes: any weight; the first layer has bounds of its own.
    """

    title: ClassVar[str] = "SIREN"
    source: ClassVar[str] = "Sitzmann et al. 2020, Implicit Neural Representations, section 3.2"
    kind: Literal["siren"] = "siren"
    omega_0: float = Field(
        default=30.0,
        ge=0.1,
        le=1000.0,
        title="Omega 0",
        description="The activation's factor; weights behind the first layer are divided by it.",
        json_schema_extra={"scale": "log"},
    )

    def apply_to(self, model: nn.Module) -> None:
        import torch

        super().apply_to(model)
        first = self.layers_of(model)[0]
        bound = 1 / first.weight[0].numel()
        with torch.no_grad():
            first.weight.uniform_(-bound, bound)

    def fill(self, weight: Tensor) -> None:
        bound = (6 / weight[0].numel()) ** 0.5 / self.omega_0
        weight.uniform_(-bound, bound)

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        if is_first:
            return float(3**-0.5 / fan_in)
        return float((2 / fan_in) ** 0.5 / self.omega_0)
