from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from l335.components.schedules import Schedule


class Exponential(Schedule):
    """From the full learning rate down to a share of it, by the same factor in every step.

    Pick it for networks of sines, which are published with it.

    Shapes: a number for each step.
    """

    title: ClassVar[str] = "Exponential"
    source: ClassVar[str] = "standard; Liu et al. 2024 end at a tenth"
    kind: Literal["exponential"] = "exponential"
    final: float = Field(
        default=0.1,
        ge=1e-6,
        le=1.0,
        title="Final share",
        description="Share of the learning rate that would be reached after the last step.",
        json_schema_extra={"scale": "log"},
    )

    def factor(self, step: int, total_steps: int) -> float:
        return float(self.final ** ((step - 1) / total_steps))
