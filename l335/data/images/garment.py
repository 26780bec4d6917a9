"""A person's picture as Fashion-MNIST would hold it."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 28
MARGIN = 2
"""Empty pixels around the longer side, as Fashion-MNIST mostly has them at top and bottom."""


def to_garment(png: bytes) -> tuple[NDArray[np.uint8], bool]:
    """A picture as 28 x 28 grey values, light garment on black.

    A picture of 28 x 28 pixels keeps its values; any other is averaged down, or enlarged, into
    a black square with its shape kept. It is inverted where its border is brighter than its
    middle, as in a photograph on a light table.

    Args:
        png: A stored image.

    Returns:
        Grey values [28, 28], uint8, and whether they were inverted.
    """
    with Image.open(io.BytesIO(png)) as opened:
        grey = opened.convert("RGBA")
    # What is transparent is background, and the background of Fashion-MNIST is black.
    canvas = Image.new("RGBA", grey.size, (0, 0, 0, 255))
    canvas.alpha_composite(grey)
    pixels = np.asarray(canvas.convert("L"))
    inverted = _is_border_brighter(pixels)
    if inverted:
        pixels = 255 - pixels
    if pixels.shape == (SIDE, SIDE):
        return pixels.copy(), inverted
    return _fitted(pixels), inverted


def _is_border_brighter(pixels: NDArray[np.uint8]) -> bool:
    height, width = pixels.shape
    edge_y, edge_x = max(1, height // 14), max(1, width // 14)
    is_border = np.ones(pixels.shape, bool)
    is_border[edge_y : height - edge_y, edge_x : width - edge_x] = False
    middle = pixels[height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None]
    return float(np.median(pixels[is_border])) > float(middle.mean())


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    scale = (SIDE - 2 * MARGIN) / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
    square = Image.new("L", (SIDE, SIDE))
    square.paste(small, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return np.asarray(square).copy()
