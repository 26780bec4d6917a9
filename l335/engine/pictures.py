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
"""Up to so many pixels each is seen, and a PNG takes hardly longer than a JPEG."""

PHOTOGRAPH_LEVEL = 1
"""Of a photograph's PNG: 4 takes 1.6 to 2.7 times as long for 2 to 5 % less."""


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values in [0, 1], clipped, as bytes of the same shape."""
    return np.asarray(np.clip(values, 0, 1) * 255 + 0.5, dtype=np.uint8)


def heat(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours [H, W, 3] for values [H, W] in [0, 1]."""
    positions = np.clip(values, 0, 1) * (len(_HEAT_ANCHORS) - 1)
    channels = [np.interp(positions, range(len(_HEAT_ANCHORS)), c) for c in _HEAT_ANCHORS.T]
    return np.stack(channels, axis=-1).astype(np.uint8)


def photograph(pixels: NDArray[np.uint8], *, is_exact: bool) -> tuple[str, bytes]:
    """A file of [H, W, 3], and its media type.

    Args:
        pixels: Colours.
        is_exact: Whether it must be PNG; else a large one is JPEG, which takes a fiftieth of the
            time and is good enough to watch, but has fewer dB than the pixels.
    """
    if is_exact or pixels.shape[0] * pixels.shape[1] <= SMALL_PIXELS:
        return "image/png", png(pixels, PHOTOGRAPH_LEVEL)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    return "image/jpeg", buffer.getvalue()


def png(pixels: NDArray[np.uint8], level: int = 4) -> bytes:
    """A PNG file of [H, W] or [H, W, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=level)
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
