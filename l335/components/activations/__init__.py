"""Activations: the bend between two layers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from l335.component import Component

if TYPE_CHECKING:
    from torch import nn


class Activation(Component):
    """A function applied to each value on its own."""

    @abstractmethod
    def build(self) -> nn.Module:
        """The module; it has no parameters and keeps the shape."""
