from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.losses import Loss

if TYPE_CHECKING:
    from torch import Tensor


class L1Loss(Loss):
    """Mean absolute error. Pick it for crisper edges and less pull from outliers.

    Shapes: [N, 3] and [N, 3] in, scalar out.
    """

    title: ClassVar[str] = "L1 (mean absolute error)"
    source: ClassVar[str] = "standard"
    kind: Literal["l1"] = "l1"

    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        import torch.nn.functional as F

        return F.l1_loss(prediction, target)
