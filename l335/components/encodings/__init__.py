"""Encodings: what a coordinate network sees in place of the bare (x, y)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from l335.components.component import Component

if TYPE_CHECKING:
    from torch import nn


class Encoding(Component):
    """Maps coordinates in [0, 1] to the inputs of the network."""

    @abstractmethod
    def num_features(self, num_coordinates: int) -> int:
        """Inputs of the network for this many coordinates."""

    def num_parameters(self, num_coordinates: int) -> int:
        """Trainable parameters of the encoding itself; 0 for one that is fixed."""
        return 0

    def formula(self, num_coordinates: int) -> str:
        """How its parameters are counted, such as ``4,096 x 2``."""
        return "no parameters"

    @abstractmethod
    def build(self, num_coordinates: int) -> nn.Module:
        """The module: coordinates [N, num_coordinates] in, [N, num_features] out, float32.

        Whatever it draws of its own is a buffer, so that it is saved with the run.
        """
