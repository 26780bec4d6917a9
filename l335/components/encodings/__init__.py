"""Encodings: what a coordinate network sees in place of the bare (x, y)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from l335.component import Component

if TYPE_CHECKING:
    from torch import Tensor


class Encoding(Component):
    """Maps coordinates in [0, 1] to the inputs of the network."""

    @abstractmethod
    def num_features(self, num_coordinates: int) -> int:
        """Inputs of the network for this many coordinates."""

    @abstractmethod
    def draw(self, num_coordinates: int) -> Tensor | None:
        """Random numbers fixed for the run and saved with it, from torch's global generator."""

    @abstractmethod
    def encode(self, coords: Tensor, drawn: Tensor | None) -> Tensor:
        """Encode ``coords`` [N, num_coordinates] to [N, num_features], float32."""
