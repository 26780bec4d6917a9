from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.losses import Loss

if TYPE_CHECKING:
    from torch import Tensor


class HuberLoss(Loss):
    """Squared below delta, linear above. Pick it between L1 and L2.

    Shapes: [N, 3] and [N, 3] in, scalar out.
    """

    title: ClassVar[str] = "Huber"
    source: ClassVar[str] = "Huber 1964, Robust Estimation of a Location Parameter"
    kind: Literal["huber"] = "huber"
    delta: float = Field(
        default=0.1,
        ge=0.001,
        le=1.0,
        title="Delta",
        description="Error, in units of the pixel range [0, 1], where the loss turns linear.",
    )

    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        import torch.nn.functional as F

        return F.huber_loss(prediction, target, delta=self.delta)
