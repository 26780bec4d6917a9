from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import XavierRule

if TYPE_CHECKING:
    from torch import Tensor


class XavierNormal(XavierRule):
    """Normal with deviation sqrt(2 / (fan in + fan out)), made for tanh and sigmoid layers.

    Pick it to see a first layer that starts nearly flat: deviation 0.088 with 2 inputs.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Xavier normal"
    source: ClassVar[str] = (
        "Glorot and Bengio 2010, Understanding the Difficulty of Training, section 4.2"
    )
    kind: Literal["xavier_normal"] = "xavier_normal"

    def draw(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.xavier_normal_(weight)
