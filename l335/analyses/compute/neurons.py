"""What each unit of a coordinate network draws, over the recorded course of its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor, nn

from l335.analyses.compute.feature_maps import sheet
from l335.analyses.compute.product import Product
from l335.core.errors import LabError
from l335.engine.coordinate_network import CoordinateNetwork, linear, trained_network
from l335.engine.fitted_pixels import pixel_centres
from l335.engine.statistics import finite, weighted_layers
from l335.engine.train import Resources
from l335.modules.fourier import FourierFeatures
from l335.modules.signed import ToSigned
from l335.spec import FitImageSpec

MAX_UNITS = 64  # of a layer; more tiles than that nobody compares
MAX_SIDE = 96  # points of the grid along the longer side
ENCODING = "encoding"


@dataclass(frozen=True)
class Drawn:
    """One layer at one snapshot.

    Attributes:
        pictures: Values of the first units over the grid, [C, H, W].
        num_units: How many units the layer has.
        weight_norm: Length of each unit's incoming weights, [C]; None of an encoding.
        is_dead: Whether each is a ReLU unit that is 0 at every point, [C]; None of others.
    """

    pictures: Tensor
    num_units: int
    weight_norm: Tensor | None
    is_dead: Tensor | None


def neurons(
    spec: FitImageSpec,
    params: dict[str, Any],
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> list[Product]:
    """A sheet for each layer: a row for each snapshot with weights, a column for each unit.

    The first sheet is that of the encoding, where there is one. Grids have the picture's shape
    and at most 96 points along a side.

    Raises:
        LabError: The run has no network at this place.
    """
    place = int(params["place"])
    if place >= spec.num_seeds:
        raise LabError(
            f"`place` is {place}; this run trains {spec.num_seeds} "
            f"{'network' if spec.num_seeds == 1 else 'networks'}, counted from 0."
        )
    coords = pixel_centres(*grid_size(spec))
    fixed = {} if spec.encoding.num_parameters(spec.NUM_COORDINATES) else _encoding(checkpoint)
    layers: dict[str, list[Drawn]] = {}
    steps: list[int] = []
    for number, (step, sha256) in enumerate(params["snapshots"], 1):
        # Half precision would move fixed frequencies by visible parts of a wave.
        tensors = load(resources.read_blob(sha256)) | fixed
        network = trained_network(spec, tensors, place)
        for name, drawn in draw(network, coords, grid_size(spec)).items():
            layers.setdefault(name, []).append(drawn)
        steps.append(int(step))
        report(number / (len(params["snapshots"]) + 1))
    return [
        _sheet(name, moments, steps, network.encoding if name == ENCODING else None)
        for name, moments in layers.items()
    ]


def grid_size(spec: FitImageSpec) -> tuple[int, int]:
    """Points across and down: the fitted picture's, scaled down to 96 along the longer side."""
    width, height = spec.fitted_size
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


@torch.inference_mode()
def draw(network: CoordinateNetwork, coords: Tensor, size: tuple[int, int]) -> dict[str, Drawn]:
    """What the first units of each layer make of every point, behind their activation.

    Args:
        network: One network, on the CPU.
        coords: The points [N, 2], row by row.
        size: Points across and down.
    """
    width, height = size

    def tiles(values: Tensor) -> Tensor:
        return values[:, :MAX_UNITS].T.reshape(-1, height, width)

    values: Tensor = network.encoding(coords)
    drawn: dict[str, Drawn] = {}
    if not isinstance(network.encoding, nn.Identity | ToSigned):
        drawn[ENCODING] = Drawn(tiles(values), values.shape[1], None, None)
    children = dict(network.layers.named_children())
    for name in weighted_layers(network.layers):
        bend = children[f"{name}_activation"]
        values = bend(children[name](values))  # [N, units]
        norms = linear(network, name).weight.norm(dim=1)[:MAX_UNITS]
        dead = values.amax(0)[:MAX_UNITS] <= 0 if isinstance(bend, nn.ReLU) else None
        drawn[name] = Drawn(tiles(values), values.shape[1], norms, dead)
    return drawn


def _encoding(checkpoint: bytes) -> dict[str, Tensor]:
    tensors = load(checkpoint)
    return {name: value for name, value in tensors.items() if name.startswith("model.encoding.")}


def _sheet(
    name: str, moments: list[Drawn], steps: list[int], encoding: nn.Module | None
) -> Product:
    is_fixed = encoding is not None and not list(encoding.parameters())
    if is_fixed:
        moments, steps = moments[:1], steps[:1]  # it draws the same at every step
    first = moments[0]
    pictures = torch.stack([moment.pictures for moment in moments])  # [S, C, H, W]
    norms = [moment.weight_norm for moment in moments if moment.weight_norm is not None]
    dead = [moment.is_dead for moment in moments if moment.is_dead is not None]
    above = (pictures > 0).float().mean((2, 3))
    more: dict[str, Any] = {
        "num_left_out": first.num_units - len(first.pictures),
        "above_zero": _rounded(above),
        "weight_norm": _rounded(torch.stack(norms)) if norms else None,
        "dead": torch.stack(dead).tolist() if dead else None,
    }
    if isinstance(encoding, FourierFeatures):
        more["waves"] = _waves(encoding, len(first.pictures))
    return sheet(f"neurons/{name}", pictures, steps, more)


def _rounded(values: Tensor) -> list[list[float | None]]:
    return [[finite(float(f"{one:.5g}")) for one in row] for row in values.tolist()]


def _waves(encoding: FourierFeatures, count: int) -> list[dict[str, Any]]:
    """Cosine or sine, and cycles across and down, of the first features."""
    pairs = encoding.frequencies.tolist()
    both = [("cos", pair) for pair in pairs] + [("sin", pair) for pair in pairs]
    return [
        {"wave": wave, "across": round(across, 4), "down": round(down, 4)}
        for wave, (across, down) in both[:count]
    ]
