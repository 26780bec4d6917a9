from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class GaussianEncoding(Encoding):
    """Gaussian Fourier features [cos(2 pi B g), sin(2 pi B g)], B drawn once from N(0, sigma^2).

    Pick it for sharp detail. Sigma sets the band: low values blur, values near the Nyquist limit
    (half the pixels of a side) speckle.

    Shapes: [N, 2] in, [N, 2 * num_frequencies] out; B is [num_frequencies, 2].
    """

    title: ClassVar[str] = "Gaussian Fourier features"
    source: ClassVar[str] = "Tancik et al. 2020, Fourier Features Let Networks Learn, section 5"
    kind: Literal["gaussian"] = "gaussian"
    sigma: float = Field(
        default=10.0,
        ge=0.01,
        le=1000.0,
        title="Sigma",
        description="Standard deviation of the frequencies, in cycles per image side.",
        json_schema_extra={"scale": "log"},
    )
    num_frequencies: int = Field(
        default=128,
        ge=1,
        le=2048,
        title="Frequencies (m)",
        description="Rows of B; the network sees twice as many features.",
    )
    draw: int = Field(
        default=0,
        ge=0,
        le=9999,
        title="Draw of B",
        description="Another number draws other frequencies and leaves the network's seed alone.",
        json_schema_extra={"advanced": True},
    )

    def num_features(self, num_coordinates: int) -> int:
        return 2 * self.num_frequencies

    def build(self, num_coordinates: int) -> nn.Module:
        import torch

        from l335.modules.fourier import FourierFeatures

        # Its own generator: networks of several seeds see the same features.
        generator = torch.Generator().manual_seed(self.draw)
        drawn = torch.randn(self.num_frequencies, num_coordinates, generator=generator)
        return FourierFeatures(drawn * self.sigma)
