"""Feature maps, filters and probabilities over the recorded course of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from l335.analyses.compute.networks import inspected_image, network_at
from l335.analyses.compute.product import Product, as_json
from l335.engine import pictures
from l335.engine.classify import to_inputs
from l335.engine.train import Resources
from l335.spec import ClassifySpec

MAX_SHEET_PIXELS = 16_000_000
MAX_FILTERS = 64


@dataclass(frozen=True)
class Moment:
    """One image in the network at one snapshot.

    Attributes:
        maps: [C, H, W] by conv layer, after the activation.
        filters: [C_out, C_in, k, k] by conv layer.
        probabilities: [10].
    """

    step: int
    maps: dict[str, Tensor]
    filters: dict[str, Tensor]
    probabilities: Tensor


def feature_maps(spec: ClassifySpec, params: dict[str, Any], resources: Resources) -> list[Product]:
    """The image as the network sees it, a sheet of maps and filters by layer, and probabilities.

    Raises:
        LabError: There is no such test image.
    """
    image, label, inverted = inspected_image(spec, params, resources)
    snapshots = _thinned(spec, params["snapshots"])
    moments = [
        look(network_at(spec, resources.read_blob(sha256)), image, step)
        for step, sha256 in snapshots
    ]
    products = [
        Product("input", "image/png", pictures.png(image[0, 0].numpy()), {"inverted": inverted})
    ]
    steps = [moment.step for moment in moments]
    for layer in moments[0].maps:
        maps = torch.stack([moment.maps[layer] for moment in moments])  # [S, C, H, W]
        products.append(sheet(f"maps/{layer}", maps, steps))
        filters = torch.stack([moment.filters[layer] for moment in moments])
        shown = filters[:, :MAX_FILTERS]  # [S, C_out, C_in, k, k]
        more = {"num_inputs": shown.shape[2], "num_left_out": filters.shape[1] - shown.shape[1]}
        products.append(sheet(f"filters/{layer}", shown.flatten(1, 2), steps, more))
    prediction = {
        "steps": steps,
        "probabilities": [
            [round(share, 6) for share in moment.probabilities.tolist()] for moment in moments
        ],
        "true_label": label,
    }
    return [*products, as_json("prediction", prediction)]


@torch.inference_mode()
def look(model: nn.Sequential, image: Tensor, step: int) -> Moment:
    """What a network makes of an image [1, 1, 28, 28], uint8."""
    values, maps, filters = to_inputs(image), {}, {}
    for name, module in model.named_children():
        values = module(values)
        if isinstance(module, nn.Conv2d):
            filters[name] = module.weight.detach()
        layer = name.removesuffix("_activation")
        if layer != name and layer in filters:
            maps[layer] = values[0]
    # A network that has diverged has nan everywhere; there is nothing to draw then.
    return Moment(step, maps, filters, values.softmax(-1)[0].nan_to_num())


def sheet(
    name: str, values: Tensor, steps: list[int], more: dict[str, Any] | None = None
) -> Product:
    """Tiles [S, C, H, W] as one grey picture: a row for each snapshot, a column for each map.

    A grey value v stands for min + v / 255 * (max - min) of its own tile.
    """
    values = values.nan_to_num(0.0, 0.0, 0.0)
    low, high = values.amin((2, 3)), values.amax((2, 3))  # [S, C]
    span = (high - low).clamp_min(torch.finfo(torch.float32).tiny)[:, :, None, None]
    grey = ((values - low[:, :, None, None]) / span * 255).round().to(torch.uint8)
    rows, columns, height, width = grey.shape
    picture = grey.permute(0, 2, 1, 3).reshape(rows * height, columns * width)
    meta = {
        "shape": [rows, columns, height, width],
        "steps": steps,
        "min": low.tolist(),
        "max": high.tolist(),
        **(more or {}),
    }
    return Product(name, "image/png", pictures.png(picture.contiguous().numpy()), meta)


def _thinned(spec: ClassifySpec, snapshots: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """As many snapshots as keep all sheets in bounds, evenly, the first and last among them."""
    largest = 1
    for row in spec.layers():
        if row.field is not None and row.num_parameters:
            channels, height, width = row.output_shape
            largest = max(largest, channels * height * width, row.num_parameters)
    limit = max(2, MAX_SHEET_PIXELS // largest)
    if len(snapshots) <= limit:
        return snapshots
    places = torch.linspace(0, len(snapshots) - 1, limit).round().int().tolist()
    return [snapshots[place] for place in places]
