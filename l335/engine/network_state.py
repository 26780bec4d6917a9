"""What a coordinate network is like at one moment: dead parts, spread of values, first layer."""

from __future__ import annotations

import base64
import math
from typing import Any

import torch
from torch import Tensor, nn

from l335.engine.coordinate_network import CoordinateNetwork, linear
from l335.engine.statistics import finite, weighted_layers

CHANNELS = ("red", "green", "blue")
CHUNK_PIXELS = 16_384


@torch.inference_mode()
def network_state(network: CoordinateNetwork, coords: Tensor) -> dict[str, Any]:
    """Dead units and colours, and how far the values of each layer spread; for JSON.

    Args:
        network: One network.
        coords: Coordinates [N, 2] of every pixel.

    Returns:
        ``activation_std``: deviation over pixels and units behind each activation, by layer;
        ``dead_units``: hidden ReLU units that are zero for every pixel, by layer;
        ``dead_channels``: colours that are zero for every pixel behind a ReLU.
    """
    children = dict(network.layers.named_children())
    highest: dict[str, Tensor] = {}
    sums: dict[str, Tensor] = {}  # of values and of their squares, [2]
    count: dict[str, int] = {}
    for chunk in coords.split(CHUNK_PIXELS):
        values = network.encoding(chunk)
        for name, layer in children.items():
            values = layer(values)
            if not name.endswith("_activation"):
                continue
            wide = values.double()
            part = torch.stack([wide.sum(), wide.square().sum()])
            sums[name] = sums[name] + part if name in sums else part
            count[name] = count.get(name, 0) + values.numel()
            if isinstance(layer, nn.ReLU):
                top = values.amax(dim=0)
                highest[name] = torch.maximum(highest[name], top) if name in highest else top
    return {
        "activation_std": {
            name: _deviation(sums[f"{name}_activation"], count[f"{name}_activation"])
            for name in weighted_layers(network.layers)
        },
        **_dead(network, highest),
    }


def _deviation(sums: Tensor, count: int) -> float | None:
    mean, squares = (sums / count).tolist()
    return finite(math.sqrt(max(0.0, squares - mean**2)))


def _dead(network: CoordinateNetwork, highest: dict[str, Tensor]) -> dict[str, Any]:
    units = {
        name: int((highest[f"{name}_activation"] <= 0).sum())
        for name in weighted_layers(network.layers)
        if f"{name}_activation" in highest
    }
    channels = highest.get("output_activation")
    return {
        "dead_units": {name: number for name, number in units.items() if name != "output"},
        "dead_channels": []
        if channels is None
        else [name for name, top in zip(CHANNELS, channels.tolist(), strict=True) if top <= 0],
    }


def pack_first_layers(networks: list[CoordinateNetwork]) -> dict[str, Any]:
    """Weights and bias of each unit of the first layer, whose folds are lines w x + v y + b = 0.

    Args:
        networks: Networks of one shape, on bare coordinates.

    Returns:
        ``shape`` [S, units, 3], and ``values`` as base64 of little-endian float32.
    """
    layers = [linear(network, "linear1") for network in networks]
    values = torch.stack([torch.cat([one.weight, one.bias[:, None]], dim=1) for one in layers])
    data = values.detach().cpu().numpy().astype("<f4").tobytes()
    return {"shape": list(values.shape), "values": base64.b64encode(data).decode()}
