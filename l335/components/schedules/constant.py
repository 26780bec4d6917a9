from __future__ import annotations

from typing import ClassVar, Literal

from l335.components.schedules import Schedule


class Constant(Schedule):
    """The same learning rate throughout. Pick it to compare learning rates, as the practical does.

    Shapes: a number for each step.
    """

    title: ClassVar[str] = "Constant"
    source: ClassVar[str] = "standard"
    kind: Literal["constant"] = "constant"

    def factor(self, step: int, total_steps: int) -> float:
        return 1.0
