"""Coordinate networks f(x, y) -> (r, g, b), one alone or several seeds stacked into one model."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from l335.engine.checkpoint import load_weights
from l335.modules.linear import Linear, stacked_layers
from l335.modules.signed import FromSigned
from l335.spec import FitImageSpec

MEAN_COLOUR_MARGIN = 1e-3  # a sigmoid reaches 0 and 1 only at infinity


OUTPUTS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid, "linear": nn.Identity, "signed": FromSigned, "relu": nn.ReLU,
}  # fmt: skip
"""Last activations by name."""


class CoordinateNetwork(nn.Module):
    """Encoding and layers in one: coordinates [N, 2] in, colours [N, 3] out.

    Layers are named after ``LayerCount.module``: ``linear1``, ``linear1_activation``, …,
    ``output``, ``output_activation``.
    """

    def __init__(self, spec: FitImageSpec) -> None:
        super().__init__()
        self.encoding: nn.Module = spec.encoding.build(spec.NUM_COORDINATES)
        size = spec.encoding.num_features(spec.NUM_COORDINATES)
        layers: dict[str, nn.Module] = {}
        for number, width in enumerate(spec.widths(), 1):
            layers[f"linear{number}"] = Linear(size, width)
            layers[f"linear{number}_activation"] = spec.activation.build(is_first=number == 1)
            size = width
        layers["output"] = nn.Linear(size, spec.NUM_CHANNELS)
        layers["output_activation"] = output_activation(spec)
        self.layers = nn.Sequential(OrderedDict(layers))

    def forward(self, coords: Tensor) -> Tensor:
        colours: Tensor = self.layers(self.encoding(coords))
        return colours


def output_activation(spec: FitImageSpec) -> nn.Module:
    """The last activation."""
    made: nn.Module = OUTPUTS[spec.output]()
    return made


def before_output(spec: FitImageSpec, colour: Tensor) -> Tensor:
    """What the last activation makes a colour of, both [3]."""
    if spec.output == "sigmoid":
        return colour.logit(MEAN_COLOUR_MARGIN)
    return 2 * colour - 1 if spec.output == "signed" else colour


def linear(network: CoordinateNetwork, name: str) -> nn.Linear:
    """A layer with weights, by its name."""
    layer = network.layers.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def build_network(
    spec: FitImageSpec, place: int = 0, mean_colour: Tensor | None = None
) -> CoordinateNetwork:
    """One untrained network of a specification, on the CPU.

    Args:
        spec: The specification.
        place: Which of its seeds, 0 for the first.
        mean_colour: The image's mean colour [3], for ``output_bias``; not needed where weights
            are loaded afterwards.
    """
    torch.manual_seed(spec.seeds[place])
    network = CoordinateNetwork(spec)
    spec.initialiser.apply_to(network.layers)
    output = linear(network, "output")
    with torch.no_grad():
        if spec.output_gain != 1:
            output.weight.mul_(spec.output_gain)
        if spec.output_bias == "mean_colour" and mean_colour is not None:
            output.bias.copy_(before_output(spec, mean_colour))
    return network


class StackedNetworks(nn.Module):
    """Networks of equal shape as one: each layer is one batched product.

    Networks share the encoding, which must be fixed. Inputs [N, F] are the same for all, or
    [S, N, F] one for each; colours [S, N, 3] come out.
    """

    def __init__(self, networks: list[CoordinateNetwork]) -> None:
        super().__init__()
        self.encoding: nn.Module = networks[0].encoding
        children = dict(networks[0].layers.named_children())
        self.names = [name for name, layer in children.items() if isinstance(layer, nn.Linear)]
        self.activations = [children[f"{name}_activation"] for name in self.names]
        linears = [[linear(network, name) for network in networks] for name in self.names]
        # Weights are [S, in, out], so that no product needs a transposed copy.
        self.weights = nn.ParameterList(
            torch.stack([layer.weight.detach().T for layer in layers]) for layers in linears
        )
        self.biases = nn.ParameterList(
            torch.stack([layer.bias.detach() for layer in layers])[:, None] for layers in linears
        )

    def layers(self, values: Tensor) -> Tensor:
        """Colours [S, N, 3] of encoded inputs [N, F] or [S, N, F]."""
        return stacked_layers(values, self.weights, self.biases, self.activations)

    def forward(self, coords: Tensor) -> Tensor:
        return self.layers(self.encoding(coords))

    def copy_to(self, network: CoordinateNetwork, place: int) -> None:
        """Put the weights of the network at a place into one of its own."""
        with torch.no_grad():
            for name, weight, bias in zip(self.names, self.weights, self.biases, strict=True):
                layer = linear(network, name)
                layer.weight.copy_(weight[place].T)
                layer.bias.copy_(bias[place, 0])
        network.encoding.load_state_dict(self.encoding.state_dict())


class SeparateNetworks(nn.Module):
    """Networks that cannot be stacked, such as those with a trained encoding, one by one."""

    def __init__(self, networks: list[CoordinateNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, coords: Tensor) -> Tensor:
        """Colours [S, N, 3] of coordinates [N, 2], or of [S, N, 2]."""
        each = coords if coords.ndim == 3 else coords.expand(len(self.networks), *coords.shape)
        return torch.stack([net(own) for net, own in zip(self.networks, each, strict=True)])

    def copy_to(self, network: CoordinateNetwork, place: int) -> None:
        """Put the weights of the network at a place into one of its own."""
        network.load_state_dict(self.networks[place].state_dict())


Model = CoordinateNetwork | StackedNetworks | SeparateNetworks


def is_stackable(spec: FitImageSpec) -> bool:
    """Whether several seeds become one model: the encoding holds nothing that is trained."""
    return spec.encoding.num_parameters(spec.NUM_COORDINATES) == 0


def build_model(spec: FitImageSpec, mean_colour: Tensor | None = None) -> Model:
    """The untrained network or networks of a specification, on the CPU."""
    networks = [build_network(spec, place, mean_colour) for place in range(spec.num_seeds)]
    if spec.num_seeds == 1:
        return networks[0]
    return StackedNetworks(networks) if is_stackable(spec) else SeparateNetworks(networks)


def trained_network(
    spec: FitImageSpec, tensors: dict[str, Tensor], place: int = 0
) -> CoordinateNetwork:
    """One network with the weights of a loaded checkpoint or snapshot, in evaluation mode.

    Args:
        spec: The specification.
        tensors: The file's tensors, as safetensors loads them.
        place: Which of its seeds, 0 for the first.
    """
    model = build_model(spec)
    load_weights(tensors, model)
    network = member(spec, model, place)
    return network.eval()


def member(spec: FitImageSpec, model: Model, place: int) -> CoordinateNetwork:
    """One of the networks of a model, as a copy where there are several."""
    if isinstance(model, CoordinateNetwork):
        return model
    network = build_network(spec, place)
    model.copy_to(network, place)
    return network.to(next(model.parameters()).device)
