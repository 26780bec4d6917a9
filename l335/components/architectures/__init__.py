"""Architectures: classifiers for images of shape [channels, height, width]."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, SerializeAsAny

from l335.components.activations import Activation
from l335.components.activations.relu import Relu
from l335.components.arithmetic import LayerCount, Shape
from l335.components.component import Component, choice_of

if TYPE_CHECKING:
    from torch import nn


class Architecture(Component):
    """A network from one image to the logits of its classes."""

    activation: Annotated[SerializeAsAny[Activation], choice_of(Activation)] = Field(
        default=Relu(),
        title="Activation",
        description="The bend after every hidden layer.",
        json_schema_extra={"advanced": True},
    )
    batch_norm: bool = Field(
        default=False,
        title="Batch norm",
        description="Bring the values of each unit or map to mean 0 and deviation 1 over a batch.",
        json_schema_extra={"advanced": True},
    )
    dropout: float = Field(
        default=0.0,
        ge=0.0,
        le=0.9,
        title="Dropout",
        description="Share of values set to zero after every hidden layer, in training only.",
        json_schema_extra={"advanced": True},
    )

    @abstractmethod
    def layers(self, input_shape: Shape, num_classes: int) -> list[LayerCount]:
        """Parameters and shapes layer by layer.

        Raises:
            ValueError: A layer does not fit its input; the text names layer and field.
        """

    @abstractmethod
    def build(self, input_shape: Shape, num_classes: int) -> nn.Sequential:
        """The network: [N, *input_shape] in, logits [N, num_classes] out.

        Its modules are named after their layer: ``conv1``, ``conv1_norm``, ``conv1_activation``,
        ``conv1_pool``, ``conv1_dropout``, ``flatten``, ``linear1`` and so on, ``output``.
        """

    def block(
        self,
        name: str,
        layer: nn.Conv2d | nn.Linear,
        pooling: nn.Module | None = None,
        *,
        is_first: bool,
    ) -> dict[str, nn.Module]:
        """A hidden layer with what follows it, by module name."""
        from torch import nn

        modules: dict[str, nn.Module] = {name: layer}
        if self.batch_norm:
            if isinstance(layer, nn.Conv2d):
                modules[f"{name}_norm"] = nn.BatchNorm2d(layer.out_channels)
            else:
                modules[f"{name}_norm"] = nn.BatchNorm1d(layer.out_features)
        modules[f"{name}_activation"] = self.activation.build(is_first=is_first)
        if pooling is not None:
            modules[f"{name}_pool"] = pooling
        if self.dropout:
            modules[f"{name}_dropout"] = nn.Dropout(self.dropout)
        return modules
