"""How precisely products are computed, and what must not depend on it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from l335.engine.precision import BF16, FLOAT32, TF32, forward_pass, pick_precision, products
from l335.engine.train import Resources, train
from l335.modules.fourier import FourierFeatures
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

FIT = with_settings(
    PRESETS["fit-image"].spec, ["image_size=48", "steps=300", "width=64", "batch_pixels=1024"]
).model_copy(update={"image_width": 512, "image_height": 512})
CLASSIFY = with_settings(
    PRESETS["classify-basic"].spec, ["train_size=4000", "epochs=4", "width=64", "lr=0.05"]
)


def test_auto_goes_by_the_device():
    assert pick_precision("auto", "cpu") == FLOAT32
    assert pick_precision("auto", "cuda") == TF32
    assert pick_precision("bf16", "cpu") == BF16


def test_the_process_is_left_as_it_was():
    was = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    for precision in (FLOAT32, TF32):
        with products(precision, "cuda"):
            name = "highest" if precision == FLOAT32 else "high"
            assert torch.get_float32_matmul_precision() == name
            assert torch.backends.cudnn.allow_tf32 == (precision != FLOAT32)
        assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == was
    with products(TF32, "cpu"):
        assert torch.get_float32_matmul_precision() == was[0]


def test_phases_of_encodings_are_float32_whatever_products_are():
    frequencies = 40 * torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
    encoding = FourierFeatures(frequencies)
    coords = torch.rand(500, 2, generator=torch.Generator().manual_seed(1))
    exact = 2 * math.pi * coords.double() @ frequencies.double().T
    expected = torch.cat([exact.cos(), exact.sin()], dim=-1)
    with forward_pass(BF16, "cpu"):
        features = encoding(coords)
    assert features.dtype == torch.float32
    assert (features - expected).abs().max() < 2e-4
    # As a product with factors of 8 bits it would be of no use at all.
    product = (2 * math.pi * coords).bfloat16() @ frequencies.bfloat16().T
    assert (product.cos() - exact.cos()).abs().max() > 1


@pytest.mark.parametrize("batch", ["1024", "all"])
def test_a_fit_in_bf16_comes_close(batch: str, resources: Resources):
    spec = with_settings(FIT, [f"batch_pixels={batch}"])
    psnr_db = {}
    for precision in (FLOAT32, BF16):
        kept = Kept()
        train(spec, replace(resources, precision=precision), kept, lambda: False)
        psnr_db[precision] = kept.series("train/psnr_db")[-1]
    assert psnr_db[BF16] != psnr_db[FLOAT32]
    assert psnr_db[BF16] == pytest.approx(psnr_db[FLOAT32], abs=1.0)


def test_a_classifier_in_bf16_is_as_good(resources: Resources):
    accuracy = {}
    for precision in (FLOAT32, BF16):
        kept = Kept()
        train(CLASSIFY, replace(resources, precision=precision), kept, lambda: False)
        accuracy[precision] = kept.series("test/accuracy")[-1]
    assert accuracy[FLOAT32] > 0.7
    assert accuracy[BF16] == pytest.approx(accuracy[FLOAT32], abs=0.02)
