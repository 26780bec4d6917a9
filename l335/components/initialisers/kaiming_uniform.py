from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import KaimingRule

if TYPE_CHECKING:
    from torch import Tensor


class KaimingUniform(KaimingRule):
    """Uniform in +-sqrt(6 / fan in): the variance of Kaiming normal with bounded values.

    Pick it for ReLU networks when outliers are unwelcome.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Kaiming uniform"
    source: ClassVar[str] = "He et al. 2015, Delving Deep into Rectifiers, section 2.2"
    kind: Literal["kaiming_uniform"] = "kaiming_uniform"

    def draw(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.kaiming_uniform_(weight, mode=self.fan, nonlinearity="relu")
