from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from l335.components.optimizers import GradientStep

if TYPE_CHECKING:
    import torch


class Sgd(GradientStep):
    """Stochastic gradient descent with momentum. Pick it for the practical's classification runs.

    Shapes: any parameters.
    """

    title: ClassVar[str] = "SGD with momentum"
    source: ClassVar[str] = "standard; Sutskever et al. 2013 for momentum"
    kind: Literal["sgd"] = "sgd"
    momentum: float = Field(
        default=0.9,
        ge=0.0,
        le=0.999,
        title="Momentum",
        description="Share of the last step carried into the next; 0 is plain SGD.",
    )

    nesterov: bool = Field(
        default=False,
        title="Nesterov",
        description="Look ahead: the gradient counts where the momentum leads; needs momentum.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError(
                "`optimizer.nesterov` is on, but `optimizer.momentum` is 0. Raise the momentum, "
                "0.9 for instance, or switch Nesterov off."
            )
        return self

    def build(self, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            parameters,
            lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=True,
        )
