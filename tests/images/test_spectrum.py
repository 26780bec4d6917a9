"""The radial spectrum against waves of known frequency."""

from __future__ import annotations

import numpy as np
import pytest

from l335.data.images.spectrum import band_power, frequency_bands, nyquist


@pytest.mark.parametrize("size", [(64, 64), (96, 48), (9, 17)])
def test_bands_reach_the_nyquist_limit_and_none_is_empty(size: tuple[int, int]):
    bands = frequency_bands(*size)
    count = np.bincount(bands.index[bands.index >= 0], minlength=len(bands.centres))
    assert (count > 0).all()
    assert bands.edges[-1] == int(nyquist(*size)) + 0.5


@pytest.mark.parametrize("cycles", [(3, 0), (0, 12), (9, 12)])
def test_a_wave_lies_in_the_band_of_its_frequency(cycles: tuple[int, int]):
    width, height = 96, 64
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    phase = 2 * np.pi * (cycles[0] * x[None] + cycles[1] * y[:, None])
    picture = np.repeat(0.5 + 0.4 * np.cos(phase)[..., None], 3, axis=-1).astype(np.float32)
    bands = frequency_bands(width, height)
    radius = np.hypot(*cycles)
    expected = np.digitize(radius, bands.edges) - 1
    assert np.argmax(band_power(picture, bands)) == expected
