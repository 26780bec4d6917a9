from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.initialisers import XavierRule

if TYPE_CHECKING:
    from torch import Tensor


class XavierUniform(XavierRule):
    """Uniform in +-sqrt(6 / (fan in + fan out)): the variance of Xavier normal.

    Pick it to compare with Xavier normal; made for tanh and sigmoid layers.

    Shapes: any weight.
    """

    title: ClassVar[str] = "Xavier uniform"
    source: ClassVar[str] = (
        "Glorot and Bengio 2010, Understanding the Difficulty of Training, section 4.2"
    )
    kind: Literal["xavier_uniform"] = "xavier_uniform"

    def draw(self, weight: Tensor) -> None:
        from torch import nn

        nn.init.xavier_uniform_(weight)
