"""Architectures: classifiers for images of shape [channels, height, width]."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from l335.arithmetic import LayerCount, Shape
from l335.component import Component

if TYPE_CHECKING:
    from torch import nn


class Architecture(Component):
    """A network from one image to the logits of its classes."""

    @abstractmethod
    def layers(self, input_shape: Shape, num_classes: int) -> list[LayerCount]:
        """Parameters and shapes layer by layer.

        Raises:
            ValueError: A layer does not fit its input; the text names layer and field.
        """

    @abstractmethod
    def build(self, input_shape: Shape, num_classes: int) -> nn.Sequential:
        """The network: [N, *input_shape] in, logits [N, num_classes] out."""
