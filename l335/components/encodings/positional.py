from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class PositionalEncoding(Encoding):
    """Waves along each side at 1, 2, 4, … cycles per image.

    Pick it to compare with Gaussian features: it favours what runs along the sides.

    Shapes: [N, 2] in, [N, 4 * num_bands] out.
    """

    title: ClassVar[str] = "Positional"
    source: ClassVar[str] = "Mildenhall et al. 2020, NeRF, section 5.1"
    kind: Literal["positional"] = "positional"
    num_bands: int = Field(
        default=8,
        ge=1,
        le=16,
        title="Bands (L)",
        description="The highest frequency is 2^(L - 1) cycles per image side.",
    )

    def num_features(self, num_coordinates: int) -> int:
        return 2 * self.num_bands * num_coordinates

    def build(self, num_coordinates: int) -> nn.Module:
        import torch

        from l335.modules.fourier import FourierFeatures

        bands = 2.0 ** torch.arange(self.num_bands)
        return FourierFeatures(torch.cat([band * torch.eye(num_coordinates) for band in bands]))
