"""How much of a picture is in which detail: its radial power spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_BANDS = 24
LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Bands:
    """Rings of frequencies about the centre of the spectrum.

    Attributes:
        edges: Radii between the rings, in cycles per image, rising.
        index: Ring of each frequency [H, W // 2 + 1], counted from 0; -1 outside of all.
    """

    edges: NDArray[np.float64]
    index: NDArray[np.int64]

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of each ring on a log scale, in cycles per image."""
        centres: NDArray[np.float64] = np.sqrt(self.edges[:-1] * self.edges[1:])
        return centres


def nyquist(width: int, height: int) -> float:
    """The highest frequency a grid of pixels holds along both sides, in cycles per image."""
    return min(width, height) / 2


def frequency_bands(width: int, height: int) -> Bands:
    """Rings of about equal width on a log scale, from half a cycle to the Nyquist limit.

    A frequency counts cycles over the whole width and the whole height, so the unit is that of
    sigma, whatever the shape of the picture.
    """
    limit = max(1.0, nyquist(width, height))
    # Whole numbers lie in the middle of the narrowest rings, so no ring is empty.
    marks = np.round(np.geomspace(1, np.floor(limit) + 1, MAX_BANDS + 1))
    edges = np.unique(marks).astype(np.float64) - 0.5
    across = np.fft.rfftfreq(width) * width
    down = np.fft.fftfreq(height) * height
    radius = np.hypot(across[None, :], down[:, None])
    index = np.digitize(radius, edges) - 1
    index[(radius < edges[0]) | (radius >= edges[-1])] = -1
    return Bands(edges, index)


def band_power(pixels: NDArray[np.float32], bands: Bands) -> NDArray[np.float64]:
    """Mean power of a picture's luminance in each ring.

    Args:
        pixels: [H, W, 3] in [0, 1]; differences of pictures may be negative.
        bands: The rings for this width and height.
    """
    grey = pixels @ LUMINANCE
    grey = grey - grey.mean()
    height, width = grey.shape
    # A window, since the picture does not go on at its edges as a Fourier series would have it.
    window = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[None, 1:-1]
    power = np.abs(np.fft.rfft2(grey * window)) ** 2 / (window**2).sum()
    inside = bands.index >= 0
    ring, count = bands.index[inside], len(bands.edges) - 1
    total = np.bincount(ring, power[inside], count)
    number = np.bincount(ring, minlength=count)
    mean: NDArray[np.float64] = total / np.maximum(number, 1)
    return mean
