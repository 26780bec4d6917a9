"""The fitted image from a denser grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from safetensors.torch import load

from l335.engine import pictures
from l335.engine.coordinate_network import trained_network
from l335.engine.looks.product import Product
from l335.engine.train import Resources
from l335.errors import LabError
from l335.spec import FitImageSpec

MAX_FACTOR = 8
CHUNK_PIXELS = 32_768


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
    network = trained_network(spec, load(checkpoint)).to(resources.device)
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
