from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.initialisers import WeightRule

if TYPE_CHECKING:
    from torch import Tensor


class Normal(WeightRule):
    """Normal with one deviation for all layers.

    Pick it to see what the fan-in rules are good for.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Normal, constant deviation"
    source: ClassVar[str] = "standard; GPT-2 uses 0.02"
    kind: Literal["normal"] = "normal"
    deviation: float = Field(
        default=0.02,
        ge=1e-6,
        le=10.0,
        title="Deviation",
        description="Standard deviation of every weight, whatever the layer's size.",
        json_schema_extra={"scale": "log"},
    )

    def fill(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.normal_(weight, 0.0, self.deviation)

    def weight_deviation(self, fan_in: int, fan_out: int, *, is_first: bool) -> float:
        return self.deviation
