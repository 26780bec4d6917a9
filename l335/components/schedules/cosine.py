from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from l335.components.schedules import Schedule


class Cosine(Schedule):
    """Half a cosine wave from the full learning rate down to a share of it.

    Pick it to end in calm: large steps at first, small ones when the minimum is near.

    Shapes: a number for each step.
    """

    title: ClassVar[str] = "Cosine"
    source: ClassVar[str] = "Loshchilov and Hutter 2017, SGDR, equation 5 without restarts"
    kind: Literal["cosine"] = "cosine"
    final: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Final share",
        description="Share of the learning rate that would be reached after the last step.",
    )

    def factor(self, step: int, total_steps: int) -> float:
        wave = (1 + math.cos(math.pi * (step - 1) / total_steps)) / 2
        return self.final + (1 - self.final) * wave
