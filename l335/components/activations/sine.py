from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.activations import Periodic

if TYPE_CHECKING:
    from torch import nn


class Sine(Periodic):
    """A sine wave, sin(omega_0 z).

    Pick it for coordinate networks, with SIREN's initialiser and a small learning rate: Adam is
    published at 0.0001. PyTorch's initialiser draws the weights behind the first layer 12 times as
    large at omega 30, and leaves noise between the pixels that are trained on.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "Sine (SIREN)"
    source: ClassVar[str] = "Sitzmann et al. 2020, Implicit Neural Representations, section 3"
    kind: Literal["sine"] = "sine"

    def build(self, *, is_first: bool = False) -> nn.Module:
        from l335.modules import activations

        return activations.Sine(self.omega(is_first=is_first))
