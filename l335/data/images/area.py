"""Averaging a picture down by area, exact where a new pixel covers parts of old ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHUNK_LINES = 64  # rows or columns at a time, so that memory stays near that of the result


def area_averaged(
    pixels: NDArray[np.uint8] | NDArray[np.float32], width: int, height: int
) -> NDArray[np.float32]:
    """The mean over the area that each new pixel covers; one cut by an edge counts in part.

    Pillow's BOX filter gives every pixel it touches the same weight, which is a mean over the
    area for whole factors only.

    Args:
        pixels: [H, W, C], of any range.
        width: New width, 1 to W.
        height: New height, 1 to H.

    Returns:
        [height, width, C], of the same range.
    """
    return _along_rows(_along_rows(pixels, width).swapaxes(0, 1), height).swapaxes(0, 1)


def _along_rows(values: NDArray[np.generic], size: int) -> NDArray[np.float32]:
    """[N, W, C] to [N, size, C]."""
    number, length, channels = values.shape
    if length == size:
        return np.asarray(values, np.float32)
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


class AreaAverage:
    """A picture averaged down by area, given band by band, so that it need not fit in memory.

    Args:
        size: Width and height of the large picture.
        to: Width and height of the small one; neither side may be longer.
        num_channels: Channels of both.
    """

    def __init__(self, size: tuple[int, int], to: tuple[int, int], num_channels: int = 3) -> None:
        assert to[0] <= size[0]
        assert to[1] <= size[1]
        self._size, self._to = size, to
        self.pixels: NDArray[np.float32] = np.zeros((to[1], to[0], num_channels), np.float32)

    def add(self, top: int, rows: NDArray[np.float32]) -> None:
        """Take the rows [n, W, C] that begin with row ``top``; each row is to come once."""
        bottom = top + len(rows)
        narrow = _along_rows(rows, self._to[0])
        if self._size[1] == self._to[1]:
            self.pixels[top:bottom] = narrow
            return
        # Row y of the small picture covers rows y * ratio to (y + 1) * ratio of the large one.
        ratio = self._size[1] / self._to[1]
        first, last = int(top / ratio), min(self._to[1], int(np.ceil(bottom / ratio)))
        starts = np.arange(first, last)[:, None] * ratio
        given = np.arange(top, bottom)[None, :]
        shared = np.minimum(given + 1, starts + ratio) - np.maximum(given, starts)
        weights = (shared.clip(0) / ratio).astype(np.float32)  # [small rows, n]
        self.pixels[first:last] += np.einsum("yn,nxc->yxc", weights, narrow, optimize=True)
