"""Losses of image regression: how far a predicted colour is from the pixel."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from l335.components.component import Component

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Component):
    """Distance between predicted and true colours, averaged over pixels and channels."""

    @abstractmethod
    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Mean loss, a scalar, of ``prediction`` against ``target``, both [N, 3] in [0, 1]."""
