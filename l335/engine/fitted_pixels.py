"""The pixels a coordinate network is fitted to, and those it is judged on."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from l335.spec import FitImageSpec


def pixel_centres(width: int, height: int, device: str = "cpu") -> Tensor:
    """Coordinates [height * width, 2] of pixel centres, ((i + 0.5) / W, (j + 0.5) / H), row by row.

    A grid s times denser lines up with bicubic interpolation (align_corners=False) exactly.
    """
    x = (torch.arange(width, dtype=torch.float32, device=device) + 0.5) / width
    y = (torch.arange(height, dtype=torch.float32, device=device) + 0.5) / height
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows], dim=-1).reshape(-1, 2)


def load_original(spec: FitImageSpec, data: bytes) -> NDArray[np.float32]:
    """The cropped image [H, W, 3] in [0, 1], averaged down to ``spec.original_size``."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        left, top, width, height = spec.kept_box(*opened.size)
    box = (left, top, left + width, top + height)
    return _averaged_part(data, box, spec.original_size).copy()


@functools.lru_cache(maxsize=1)  # short runs of a sweep follow each other in one process
def _averaged_part(
    data: bytes, box: tuple[int, int, int, int], size: tuple[int, int]
) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        image = opened.convert("RGB").crop(box)
    # The practical's figures were measured with this filter, so it stays.
    image = image.resize(size, Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def average_pooled(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Means of squares of ``factor`` pixels: [H, W, 3] to [H / factor, W / factor, 3]."""
    height, width, channels = pixels.shape
    blocks = pixels.reshape(height // factor, factor, width // factor, factor, channels)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def load_pixels(spec: FitImageSpec, data: bytes) -> NDArray[np.float32]:
    """The image a run is fitted to: [H, W, 3] in [0, 1], of ``spec.fitted_size``."""
    return average_pooled(load_original(spec, data), spec.hold_back)


@dataclass(frozen=True)
class Split:
    """Which pixels are trained on, by their number row by row.

    Attributes:
        train: [N_train], int64; None where every pixel is.
        test: [N_test], int64; None where none is held out.
        regular: Every how many-th pixel of a row or column each part takes, where both are
            pictures of their own; None where held-out pixels lie scattered.
    """

    train: Tensor | None = None
    test: Tensor | None = None
    regular: int | None = 1


def split(spec: FitImageSpec) -> Split:
    """The pixels that are trained on and those held out, as ``spec.held_out`` says."""
    if spec.held_out == "none":
        return Split()
    if spec.held_out == "grid":  # Tancik et al. 2020: train on [::2, ::2], test on [1::2, 1::2]
        width, height = spec.fitted_size
        number = torch.arange(width * height).reshape(height, width)
        return Split(number[::2, ::2].flatten(), number[1::2, 1::2].flatten(), regular=2)
    order = torch.randperm(spec.num_pixels, generator=torch.Generator().manual_seed(spec.seed))
    train = order[: spec.num_train_pixels].sort().values
    test = order[spec.num_train_pixels :].sort().values
    return Split(train, test, regular=None)
