"""Arrays to picture files."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HEAT_ANCHORS = np.array(
    [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]]
)
"""Six colours along matplotlib's inferno map: dark is low, readable in grey and colour-blind."""

SMALL_PIXELS = 128 * 128


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values in [0, 1], clipped, as bytes of the same shape."""
    return np.asarray(np.clip(values, 0, 1) * 255 + 0.5, dtype=np.uint8)


def heat(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours [H, W, 3] for values [H, W] in [0, 1]."""
    positions = np.clip(values, 0, 1) * (len(_HEAT_ANCHORS) - 1)
    channels = [np.interp(positions, range(len(_HEAT_ANCHORS)), c) for c in _HEAT_ANCHORS.T]
    return np.stack(channels, axis=-1).astype(np.uint8)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG file of [H, W, 3]; 60 times cheaper than PNG and good enough to watch.

    Of small pictures each pixel is seen, so they are stored nearly exactly.
    """
    buffer = io.BytesIO()
    is_small = pixels.shape[0] * pixels.shape[1] <= SMALL_PIXELS
    options = {"quality": 100, "subsampling": 0} if is_small else {"quality": 92}
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file of [H, W] or [H, W, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def tile(maps: NDArray[np.float32], rows: int, columns: int, gap: int) -> NDArray[np.float32]:
    """Maps [C, H, W] laid out in a grid [rows * (H + gap) - gap, ...]; gaps are nan."""
    count, height, width = maps.shape
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan, np.float32
    )
    for index in range(count):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = maps[index]
    return sheet
