from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.losses import Loss

if TYPE_CHECKING:
    from torch import Tensor


class L2Loss(Loss):
    """Mean squared error, the loss PSNR is a logarithm of. Pick it when PSNR is what counts.

    Shapes: [N, 3] and [N, 3] in, scalar out.
    """

    title: ClassVar[str] = "L2 (mean squared error)"
    source: ClassVar[str] = "standard"
    kind: Literal["l2"] = "l2"

    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        import torch.nn.functional as F

        return F.mse_loss(prediction, target)
