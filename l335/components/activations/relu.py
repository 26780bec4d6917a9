from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Relu(Activation):
    """Zero below zero, unchanged above. Pick it as the standard; its units can die.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "ReLU"
    source: ClassVar[str] = "Nair and Hinton 2010"
    kind: Literal["relu"] = "relu"

    def build(self, *, is_first: bool = False) -> nn.Module:
        from torch import nn

        return nn.ReLU()
