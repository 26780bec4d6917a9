from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class BasicEncoding(Encoding):
    """One wave along each side, [cos(2 pi g), sin(2 pi g)].

    Pick it to see that wrapping the coordinates alone, with no higher frequency, gains little.

    Shapes: [N, 2] in, [N, 4] out.
    """

    title: ClassVar[str] = "Basic"
    source: ClassVar[str] = "Tancik et al. 2020, Fourier Features Let Networks Learn, section 6.1"
    kind: Literal["basic"] = "basic"

    def num_features(self, num_coordinates: int) -> int:
        return 2 * num_coordinates

    def build(self, num_coordinates: int) -> nn.Module:
        import torch

        from l335.modules.fourier import FourierFeatures

        return FourierFeatures(torch.eye(num_coordinates))
