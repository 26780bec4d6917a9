"""Sizes of enlarged pictures, what is warned of, and what scores say."""

from __future__ import annotations

import pytest

from l335.analyses.enlargement import (
    best_methods,
    enlargement,
    finding,
    noise_warning,
    trained_nyquist,
)
from l335.analyses.looks import UpsampleLook
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.encodings.none import NoEncoding
from l335.components.encodings.positional import PositionalEncoding
from l335.core.errors import SpecError
from l335.spec import FitImageSpec

FIT = FitImageSpec(image_size=100, image_width=300, image_height=200)  # fitted at 100 × 67


def test_sizes_follow_factor_size_and_margin() -> None:
    assert enlargement(FIT, UpsampleLook(factor=3)).whole == (300, 201)
    plan = enlargement(FIT, UpsampleLook(width=50, height=41, margin=0.1))
    assert (plan.frame, plan.band, plan.whole) == ((50, 41), (5, 4), (60, 49))


def test_what_is_too_large_or_not_there_is_refused() -> None:
    with pytest.raises(SpecError, match="at most 8,192 a side are painted"):
        enlargement(FIT, UpsampleLook(width=8192, height=10, margin=0.01))
    several = FIT.model_copy(update={"num_seeds": 3})
    with pytest.raises(SpecError, match="this run has networks 0 to 2"):
        enlargement(several, UpsampleLook(factor=1, place=3))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"encoding": GaussianEncoding(sigma=33)}, ""),
        ({"encoding": GaussianEncoding(sigma=34)}, "Sigma is 34 cycles per image, past 33.5"),
        ({"encoding": PositionalEncoding(num_bands=6)}, ""),
        ({"encoding": PositionalEncoding(num_bands=7)}, "The highest band is 64 cycles"),
        ({"encoding": NoEncoding()}, ""),
        ({"encoding": GaussianEncoding(sigma=20), "held_out": "grid"}, "past 17"),
    ],
)
def test_a_band_past_nyquist_is_warned_of(change: dict[str, object], words: str) -> None:
    spec = FIT.model_copy(update=change)
    warning = noise_warning(spec)
    assert words in warning
    assert bool(words) == bool(warning)


def test_nyquist_halves_where_every_second_pixel_is_trained_on() -> None:
    square = FitImageSpec(image_size=64)
    assert trained_nyquist(square) == 32
    assert trained_nyquist(square.model_copy(update={"held_out": "grid"})) == 16


SCORES = {
    "nearest": {"psnr_db": 20.0, "ssim_valid": 0.5},
    "bicubic": {"psnr_db": 21.0, "ssim_valid": 0.7},
    "network": {"psnr_db": 22.5, "ssim_valid": 0.6},
}


def test_the_sentence_names_the_winner() -> None:
    assert best_methods(SCORES, "psnr_db") == ["network"]
    assert finding(SCORES) == (
        "The network is nearest the original, at 22.50 dB, 1.50 dB ahead of bicubic. By SSIM, "
        "bicubic is ahead."
    )
    behind = {**SCORES, "network": {"psnr_db": 19.0, "ssim_valid": 0.4}}
    assert finding(behind) == (
        "Bicubic is nearest the original, at 21.00 dB; the network is 2.00 dB behind it."
    )
    assert finding({name: {} for name in SCORES}) == ""
