from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.activations import Periodic

if TYPE_CHECKING:
    from torch import nn


class Finer(Periodic):
    """A sine whose frequency grows with the value, sin(omega_0 (|z| + 1) z).

    Pick it for coordinate networks without an encoding, with SIREN's initialiser. The biases of
    the first layer choose its frequencies, 2 |z| + 1 times those of a sine: its biases alone may
    be drawn wide (`uniform_first`); wide ones in the layers behind leave noise.

    Shapes: any, kept.
    """

    title: ClassVar[str] = "FINER"
    source: ClassVar[str] = "Liu et al. 2024, FINER: Flexible Spectral-Bias Tuning, section 3"
    kind: Literal["finer"] = "finer"

    def build(self, *, is_first: bool = False) -> nn.Module:
        from l335.modules import activations

        return activations.Finer(self.omega(is_first=is_first))
