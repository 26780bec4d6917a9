"""Enlarging by the filters a network is compared with, on float pixels."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Pillow's filters by name; all put pixel centres at (i + 0.5) / W, as the networks do."""


class Enlarger:
    """A picture in [0, 1] enlarged by one of Pillow's filters, in floats, band by band.

    Args:
        pixels: The small picture, [h, w, C].
        size: Width and height of the large one.
        name: A name in ``FILTERS``.
    """

    def __init__(self, pixels: NDArray[np.float32], size: tuple[int, int], name: str) -> None:
        self.size, self._pixels, self._filter = size, pixels, FILTERS[name]

    @cached_property
    def _planes(self) -> list[Image.Image]:
        # Pillow has no colour mode of floats, so each channel is a picture of its own.
        return [
            Image.fromarray(plane)
            for plane in np.ascontiguousarray(self._pixels.transpose(2, 0, 1))
        ]

    def rows(self, top: int, bottom: int) -> NDArray[np.float32]:
        """Rows ``top`` to ``bottom`` of the large picture, [bottom - top, W, C], in [0, 1].

        Filters look past the edges of a band, so bands joined are the picture made at once.
        """
        width, height = self.size
        small_height, small_width = self._pixels.shape[:2]
        if self._filter == Image.Resampling.NEAREST:
            # In whole numbers: on a tie Pillow's answer depends on where a band begins.
            y = (2 * np.arange(top, bottom) + 1) * small_height // (2 * height)
            x = (2 * np.arange(width) + 1) * small_width // (2 * width)
            nearest: NDArray[np.float32] = self._pixels[y[:, None], x]
            return nearest
        scale = small_height / height
        box = (0, top * scale, small_width, min(bottom * scale, small_height))
        planes = [
            np.asarray(plane.resize((width, bottom - top), self._filter, box=box))
            for plane in self._planes
        ]
        return np.stack(planes, axis=-1).clip(0, 1)


def enlarged(pixels: NDArray[np.float32], size: tuple[int, int], name: str) -> NDArray[np.float32]:
    """A picture [h, w, C] in [0, 1] enlarged to a width and height by a filter of ``FILTERS``."""
    return Enlarger(pixels, size, name).rows(0, size[1])
