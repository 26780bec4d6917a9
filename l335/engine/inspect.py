"""Looks at a finished or stopped run: feature maps, and the image from a denser grid."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from torch import Tensor

from l335.engine import pictures
from l335.engine.checkpoint import load_weights
from l335.engine.classify import build_classifier, load_split, to_inputs
from l335.engine.fit_image import build_network
from l335.engine.train import Resources
from l335.errors import LabError
from l335.spec import ClassifySpec, FitImageSpec

MAX_FACTOR = 8
CHUNK_PIXELS = 32_768
MAP_GAP = 1  # pixels between feature maps


@dataclass(frozen=True)
class Product:
    """A file a look produced.

    Attributes:
        name: Such as ``conv 1`` or ``upsampled``.
        media_type: Such as ``image/png``.
        data: The encoded file.
        meta: Facts about it, ready for JSON.
    """

    name: str
    media_type: str
    data: bytes
    meta: dict[str, Any] = field(default_factory=dict)


def run_job(
    kind: str,
    spec: ClassifySpec | FitImageSpec,
    params: dict[str, Any],
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> list[Product]:
    """Do one look at a run; ``report`` is told the share done, in [0, 1].

    Raises:
        LabError: The kind does not exist or does not fit the run.
    """
    torch.set_num_threads(resources.threads)
    if kind == "feature_maps" and isinstance(spec, ClassifySpec):
        return feature_maps(spec, int(params["index"]), checkpoint, resources)
    if kind == "upsample" and isinstance(spec, FitImageSpec):
        return [upsample(spec, int(params["factor"]), checkpoint, resources, report)]
    raise LabError(f"A run of task `{spec.task}` has no `{kind}`.")


@torch.inference_mode()
def feature_maps(
    spec: ClassifySpec, index: int, checkpoint: bytes, resources: Resources
) -> list[Product]:
    """What every conv layer makes of one test image, after its ReLU, and the prediction.

    Raises:
        LabError: There is no such test image.
    """
    images, labels = load_split(spec, resources.data_dir, train=False)
    if not 0 <= index < len(images):
        raise LabError(f"`index` is {index}; it must be between 0 and {len(images) - 1:,}.")
    model = build_classifier(spec)
    load_weights(load(checkpoint), model)
    model.eval()
    image = images[index : index + 1]  # [1, 1, 28, 28]
    values, products = to_inputs(image), [Product("input", "image/png", _png(image[0, 0]))]
    layers = list(model.named_children())
    for name, layer in layers:
        values = layer(values)
        if name.startswith("conv") and name.endswith("_activation"):
            products.append(_map_sheet(f"conv {len(products)}", values[0]))
    probabilities = values.softmax(dim=-1)[0]  # [10]
    prediction = {
        "label": int(probabilities.argmax()),
        "true_label": int(labels[index]),
        "probabilities": [round(p, 6) for p in probabilities.tolist()],
    }
    data = json.dumps(prediction).encode()
    return [*products, Product("prediction", "application/json", data, prediction)]


def _png(plane: Tensor) -> bytes:
    pixels: NDArray[np.uint8] = plane.numpy()
    return pictures.png(pixels)


def _map_sheet(name: str, maps: Tensor) -> Product:
    """All maps [C, H, W] of a layer on one sheet, one colour scale for the layer."""
    low, high = float(maps.min()), float(maps.max())
    channels = len(maps)
    columns = int(np.ceil(np.sqrt(channels * 2)))  # wide, as screens are
    columns = min(columns, channels) if channels > 12 else channels
    rows = -(-channels // columns)
    scaled: NDArray[np.float32] = ((maps - low) / max(high - low, 1e-12)).numpy()
    sheet = pictures.tile(scaled, rows, columns, MAP_GAP)
    colours = pictures.heat(np.nan_to_num(sheet))
    colours[np.isnan(sheet)] = 128
    meta = {
        "shape": list(maps.shape),
        "tile": [rows, columns],
        "padding": MAP_GAP,
        "min": low,
        "max": high,
    }
    return Product(name, "image/png", pictures.png(colours), meta)


@torch.inference_mode()
def upsample(
    spec: FitImageSpec,
    factor: int,
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> Product:
    """The image from a grid ``factor`` times denser, in chunks of rows so that memory stays small.

    Raises:
        LabError: The factor is out of range.
    """
    if not 1 <= factor <= MAX_FACTOR:
        raise LabError(f"`factor` is {factor}; it must be between 1 and {MAX_FACTOR}.")
    network = build_network(spec)
    load_weights(load(checkpoint), network)
    network = network.to(resources.device).eval()
    width, height = (side * factor for side in spec.fitted_size)
    x = (torch.arange(width, dtype=torch.float32) + 0.5) / width
    picture = np.empty((height, width, spec.NUM_CHANNELS), np.uint8)
    rows = max(1, CHUNK_PIXELS // width)
    for top in range(0, height, rows):
        y = (torch.arange(top, min(top + rows, height), dtype=torch.float32) + 0.5) / height
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # [rows, W, 2]
        colours = network(grid.reshape(-1, 2).to(resources.device))
        chunk = colours.reshape(len(y), width, -1).cpu().numpy()
        picture[top : top + len(y)] = pictures.to_bytes(chunk)
        report((top + len(y)) / height)
    meta = {"width": width, "height": height, "factor": factor}
    return Product("upsampled", "image/png", pictures.png(picture), meta)
