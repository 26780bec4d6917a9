from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import KaimingRule

if TYPE_CHECKING:
    from torch import Tensor


class KaimingNormal(KaimingRule):
    """Normal with deviation sqrt(2 / fan in), which keeps the variance through ReLU layers.

    Pick it for ReLU networks: the first layer of a coordinate network starts with deviation 1.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Kaiming normal"
    source: ClassVar[str] = "He et al. 2015, Delving Deep into Rectifiers, section 2.2"
    kind: Literal["kaiming_normal"] = "kaiming_normal"

    def draw(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.kaiming_normal_(weight, mode=self.fan, nonlinearity="relu")
