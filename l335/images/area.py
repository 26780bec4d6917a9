"""Averaging a picture down by area, exact where a new pixel covers parts of old ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHUNK_LINES = 64  # rows or columns at a time, so that memory stays near that of the result


def area_averaged(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """The mean over the area that each new pixel covers; one cut by an edge counts in part.

    Pillow's BOX filter gives every pixel it touches the same weight, which is a mean over the
    area for whole factors only.

    Args:
        pixels: [H, W, C], 0 to 255.
        width: New width, 1 to W.
        height: New height, 1 to H.

    Returns:
        [height, width, C], 0 to 255.
    """
    return _along_rows(_along_rows(pixels, width).swapaxes(0, 1), height).swapaxes(0, 1)


def _along_rows(values: NDArray[np.generic], size: int) -> NDArray[np.float32]:
    """[N, W, C] to [N, size, C]."""
    number, length, channels = values.shape
    result = np.empty((number, size, channels), np.float32)
    edges = np.arange(size + 1) * (length / size)
    whole = np.minimum(edges.astype(np.int64), length - 1)
    part = (edges - whole)[:, None]
    for start in range(0, number, CHUNK_LINES):
        lines = values[start : start + CHUNK_LINES].astype(np.float64)
        sums = np.zeros((len(lines), length + 1, channels))
        np.cumsum(lines, axis=1, out=sums[:, 1:])
        upto = sums[:, whole] + part * lines[:, whole]  # the area left of each edge
        result[start : start + CHUNK_LINES] = np.diff(upto, axis=1) * (size / length)
    return result
