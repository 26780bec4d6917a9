from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.optimizers import Optimizer

if TYPE_CHECKING:
    import torch


class Lbfgs(Optimizer):
    """Quasi-Newton steps with a line search, from the last few gradients.

    Pick it for small images with full-batch steps and lr 1: few steps, each as dear as many of
    Adam's. It has no weight decay.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "L-BFGS"
    source: ClassVar[str] = "Liu and Nocedal 1989"
    needs_closure: ClassVar[bool] = True
    kind: Literal["lbfgs"] = "lbfgs"
    max_iter: int = Field(
        default=5,
        ge=1,
        le=100,
        title="Iterations per step",
        description="Directions tried within one step.",
    )
    history_size: int = Field(
        default=10,
        ge=1,
        le=100,
        title="History",
        description="Past gradients from which the curvature is guessed.",
    )

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.LBFGS(
            parameters,
            lr,
            max_iter=self.max_iter,
            history_size=self.history_size,
            line_search_fn="strong_wolfe",
        )
