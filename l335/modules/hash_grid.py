"""A multiresolution hash grid in plain PyTorch (Mueller et al. 2022, section 3)."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PRIMES = (1, 2_654_435_761, 805_459_861)  # the paper's equation 4
INITIAL_BOUND = 1e-4


class HashGrid(nn.Module):
    """Features interpolated between the corners of grids of growing resolution.

    Coordinates [N, c] in [0, 1] give features [N, num_levels * features_per_level]. A grid with
    more corners than ``table_size`` shares its rows among corners by a hash.

    Args:
        resolutions: Cells per side of each level.
        table_size: Most rows of a level's table, a power of two.
        features_per_level: Numbers per row.
        num_coordinates: c, at most 3.
    """

    def __init__(
        self,
        resolutions: list[int],
        table_size: int,
        features_per_level: int,
        num_coordinates: int,
    ) -> None:
        super().__init__()
        self.resolutions = resolutions
        sizes = [num_rows(side, table_size, num_coordinates) for side in resolutions]
        self.tables = nn.ParameterList(
            torch.empty(size, features_per_level).uniform_(-INITIAL_BOUND, INITIAL_BOUND)
            for size in sizes
        )
        self.corners = list(itertools.product((0, 1), repeat=num_coordinates))

    def forward(self, coords: Tensor) -> Tensor:
        levels = zip(self.resolutions, self.tables, strict=True)
        return torch.cat([self._level(coords, side, table) for side, table in levels], dim=-1)

    def _level(self, coords: Tensor, side: int, table: Tensor) -> Tensor:
        place = coords * side  # [N, c]
        cell = place.floor().clamp(0, side - 1)
        share, cell = place - cell, cell.long()
        features = torch.zeros((), device=coords.device)
        for corner in self.corners:
            offset = torch.tensor(corner, device=coords.device)
            weight = torch.where(offset.bool(), share, 1 - share).prod(-1, keepdim=True)  # [N, 1]
            features = features + weight * F.embedding(
                self._rows(cell + offset, side, len(table)), table
            )
        return features

    @staticmethod
    def _rows(corner: Tensor, side: int, num_rows: int) -> Tensor:
        """Rows [N] of grid corners [N, c]."""
        row = torch.zeros_like(corner[:, 0])
        if (side + 1) ** corner.shape[-1] == num_rows:  # every corner has a row of its own
            for dim, place in enumerate(corner.unbind(-1)):
                row = row + place * (side + 1) ** dim
            return row
        for prime, place in zip(PRIMES, corner.unbind(-1), strict=False):
            row = row ^ (place * prime)
        return row % num_rows


def num_rows(side: int, table_size: int, num_coordinates: int) -> int:
    """Rows of the table of a grid with ``side`` cells per side."""
    corners: int = (side + 1) ** num_coordinates
    return min(corners, table_size)
