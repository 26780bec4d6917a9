"""Figures as people read them."""

from __future__ import annotations

import pytest

from l335.core.metrics import METRICS


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("test/accuracy", 0.7079, "70.8 %"),
        ("train/psnr_db", 30.6899, "30.69 dB"),
        ("train/loss", 2.3025, "2.303"),
        ("train/loss", 0.000897831, "0.000898"),
        ("train/ssim_valid", 0.8751, "0.875"),
    ],
)
def test_figures_have_units_and_enough_digits(key: str, value: float, shown: str) -> None:
    assert METRICS[key].show(value) == shown
