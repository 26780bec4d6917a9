from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from l335.components.schedules import Schedule

START = 1 / 25
END = START / 10_000


class OneCycle(Schedule):
    """Up from 1/25 of the learning rate to all of it, then down to almost nothing.

    Pick it to train fast with a high learning rate that would diverge from the first step.
    The momentum stays as it is.

    Shapes: a number for each step.
    """

    title: ClassVar[str] = "One cycle"
    source: ClassVar[str] = "Smith and Topin 2018, Super-Convergence; torch's OneCycleLR"
    kind: Literal["one_cycle"] = "one_cycle"
    warmup: float = Field(
        default=0.3,
        ge=0.01,
        le=0.99,
        title="Warm-up",
        description="Share of the run in which the learning rate rises.",
    )

    def factor(self, step: int, total_steps: int) -> float:
        peak = self.warmup * total_steps - 1
        last = total_steps - 1
        done = step - 1
        if done <= peak and peak > 0:
            return _between(START, 1.0, done / peak)
        return _between(1.0, END, (done - peak) / (last - peak) if last > peak else 1.0)


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
