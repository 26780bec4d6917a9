from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Tanh(Activation):
    """Squashed between -1 and 1. Pick it to see saturated units and shrinking gradients.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "Tanh"
    source: ClassVar[str] = "standard; LeCun et al. 1998, Efficient BackProp, section 4.4"
    kind: Literal["tanh"] = "tanh"

    def build(self, *, is_first: bool = False) -> nn.Module:
        from torch import nn

        return nn.Tanh()
