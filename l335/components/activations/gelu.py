from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.activations import Activation

if TYPE_CHECKING:
    from torch import nn


class Gelu(Activation):
    """A smooth ReLU: the value times its Gaussian probability. Pick it as transformers do.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "GELU"
    source: ClassVar[str] = "Hendrycks and Gimpel 2016"
    kind: Literal["gelu"] = "gelu"

    def build(self, *, is_first: bool = False) -> nn.Module:
        from torch import nn

        return nn.GELU()
