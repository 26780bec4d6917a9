from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from l335.components.encodings import Encoding

if TYPE_CHECKING:
    from torch import nn


class HashGridEncoding(Encoding):
    """Tables of trained features on grids of growing resolution, addressed by a hash.

    Pick it to see a modern shortcut: with lr 0.01 and a network of 2 x 64 it learns in seconds
    what Fourier features take minutes for, since most of what it knows lies in the tables.

    Shapes: [N, 2] in, [N, num_levels * num_channels] out.
    """

    title: ClassVar[str] = "Hash grid"
    source: ClassVar[str] = "Müller et al. 2022, Instant Neural Graphics Primitives, section 3"
    kind: Literal["hash_grid"] = "hash_grid"
    num_levels: int = Field(
        default=12, ge=1, le=24, title="Levels", description="Grids of growing resolution."
    )
    num_channels: int = Field(
        default=2, ge=1, le=8, title="Features per level", description="Numbers at each corner."
    )
    table_bits: int = Field(
        default=14,
        ge=4,
        le=20,
        title="Table size, in bits",
        description="Each level has at most 2 to this power rows; more corners share them.",
    )
    coarsest: int = Field(
        default=16, ge=1, le=1024, title="Coarsest grid", description="Cells per side of level 1."
    )
    growth: float = Field(
        default=1.4,
        ge=1.0,
        le=2.0,
        title="Growth",
        description="Each grid has this many times the cells per side of the one before.",
    )

    def _resolutions(self) -> list[int]:
        return [int(self.coarsest * self.growth**level) for level in range(self.num_levels)]

    def _num_rows(self, num_coordinates: int) -> int:
        corners = [(side + 1) ** num_coordinates for side in self._resolutions()]
        return sum(min(number, 2**self.table_bits) for number in corners)

    def num_features(self, num_coordinates: int) -> int:
        return self.num_levels * self.num_channels

    def num_parameters(self, num_coordinates: int) -> int:
        return self._num_rows(num_coordinates) * self.num_channels

    def formula(self, num_coordinates: int) -> str:
        return f"{self._num_rows(num_coordinates):,} x {self.num_channels}"

    def build(self, num_coordinates: int) -> nn.Module:
        from l335.modules.hash_grid import HashGrid

        return HashGrid(self._resolutions(), 2**self.table_bits, self.num_channels, num_coordinates)
