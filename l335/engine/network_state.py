"""What a coordinate network is like at one moment: dead parts, spread of values, first layer."""

from __future__ import annotations

import base64
from typing import Any

import torch
from torch import Tensor

from l335.engine.coordinate_network import CoordinateNetwork, linear
from l335.engine.statistics import ActivationStatistics
from l335.modules.signed import ToSigned

CHANNELS = ("red", "green", "blue")
CHUNK_PIXELS = 16_384


@torch.inference_mode()
def watched(network: CoordinateNetwork, coords: Tensor) -> ActivationStatistics:
    """The layers' outputs over every pixel; ``coords`` is [N, 2]."""
    statistics = ActivationStatistics(network.layers, has_histograms=False)
    with statistics.watching():
        for chunk in coords.split(CHUNK_PIXELS):
            network(chunk)
    return statistics


def network_state(of_all_pixels: ActivationStatistics) -> dict[str, Any]:
    """Dead units and colours, and how far the values of each layer spread; for JSON.

    Args:
        of_all_pixels: One network's layers, watched over every pixel.

    Returns:
        ``activation_std``: deviation over pixels and units behind each activation, by layer;
        ``dead_units``: hidden ReLU units that are zero for every pixel, by layer;
        ``dead_channels``: colours that are zero for every pixel behind a ReLU.
    """
    dead = of_all_pixels.dead()
    layers = of_all_pixels.of_layer()
    return {
        "activation_std": {name: values["std"] for name, values in layers.items()},
        "dead_units": {name: len(units) for name, units in dead.items() if name != "output"},
        "dead_channels": [CHANNELS[channel] for channel in dead.get("output", [])],
    }


def pack_first_layers(networks: list[CoordinateNetwork]) -> dict[str, Any]:
    """Weights and bias of each unit of the first layer, whose folds are lines w x + v y + b = 0.

    Coordinates x and y are in [0, 1], whatever range the network sees them in.

    Args:
        networks: Networks of one shape, on bare coordinates.

    Returns:
        ``shape`` [S, units, 3], and ``values`` as base64 of little-endian float32.
    """
    values = torch.stack([_first_layer(network) for network in networks])
    data = values.detach().cpu().numpy().astype("<f4").tobytes()
    return {"shape": list(values.shape), "values": base64.b64encode(data).decode()}


def _first_layer(network: CoordinateNetwork) -> Tensor:
    """Weights and bias [units, 3] by coordinates in [0, 1]."""
    layer = linear(network, "linear1")
    weight: Tensor = layer.weight
    bias: Tensor = layer.bias
    if isinstance(network.encoding, ToSigned):
        weight, bias = 2 * weight, bias - weight.sum(dim=1)
    return torch.cat([weight, bias[:, None]], dim=1)
