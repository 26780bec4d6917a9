"""Numbers against references written out plainly."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from l335.components.initialisers.default import DefaultInitialiser
from l335.core.settings import ASSETS
from l335.engine.coordinate_network import build_network
from l335.engine.fit_image import FitImageTask
from l335.engine.fitted_pixels import pixel_centres
from l335.engine.image_scores import psnr_db, ssims
from l335.spec import ClassifySpec, FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS


def fit_spec(*settings: str, size: tuple[int, int]) -> FitImageSpec:
    spec = with_settings(PRESETS["fit-image"].spec, list(settings))
    assert isinstance(spec, FitImageSpec)
    return spec.model_copy(update={"image_width": size[0], "image_height": size[1]})


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def plain_ssim(first: np.ndarray, second: np.ndarray) -> float:
    """SSIM of two pictures [H, W, 3] window by window, as Wang et al. 2004 write it, in float64.

    Every 11 x 11 window that lies wholly within the picture, Gaussian of sigma 1.5, weights of
    sum 1, biased moments; the mean over windows and channels.
    """
    distance = np.arange(-5, 6) / 1.5
    line = np.exp(-(distance**2) / 2)
    weights = np.outer(line, line) / line.sum() ** 2
    scores = []
    for channel in range(3):
        x, y = (
            np.lib.stride_tricks.sliding_window_view(one[..., channel].astype(float), (11, 11))
            for one in (first, second)
        )  # [H - 10, W - 10, 11, 11]

        def mean(values: np.ndarray) -> np.ndarray:
            return (weights * values).sum(axis=(-1, -2))

        mean_x, mean_y = mean(x), mean(y)
        centred_x, centred_y = x - mean_x[..., None, None], y - mean_y[..., None, None]
        var_x, var_y = mean(centred_x**2), mean(centred_y**2)
        together = mean(centred_x * centred_y)
        c1, c2 = 0.01**2, 0.03**2
        scores.append(
            (2 * mean_x * mean_y + c1)
            * (2 * together + c2)
            / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
        )
    return float(np.mean(scores))


@pytest.mark.parametrize("size", [(11, 11), (12, 40), (64, 48)])
def test_ssim_counts_whole_windows_only(size: tuple[int, int]) -> None:
    with Image.open(ASSETS / "images" / "mountains.png") as image:
        target = np.asarray(image.resize(size[::-1]).convert("RGB"), np.float32) / 255
    blurred = (target + np.roll(target, 1, axis=0) + np.roll(target, 2, axis=1)) / 3
    flat = np.full_like(target, 0.9)
    for picture in (blurred, flat, target):
        found = ssims(torch.from_numpy(picture)[None], torch.from_numpy(target))
        assert found.item() == pytest.approx(plain_ssim(picture, target), abs=1e-4)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_psnr_is_the_pooled_definition():
    generator = torch.Generator().manual_seed(0)
    target = torch.rand(50, 3, generator=generator)
    prediction = target + 0.4 * torch.randn(50, 3, generator=generator)  # leaves [0, 1] in places
    mse = (prediction.clamp(0, 1) - target).square().mean().item()
    assert psnr_db(prediction, target) == pytest.approx(-10 * math.log10(mse), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "expected"), [("sky", 14.85), ("mountains", 13.45), ("grass", 25.53)]
)
def test_mean_colour_baselines_of_the_bundled_images(name: str, expected: float):
    data = (ASSETS / "images" / f"{name}.png").read_bytes()
    size = Image.open(io.BytesIO(data)).size
    task = FitImageTask(fit_spec("crop=square", "image_size=256", size=size), data, "cpu")
    assert task.baseline()["train/mean_colour_psnr_db"] == pytest.approx(expected, abs=0.005)


def test_a_denser_grid_lines_up_with_bicubic():
    # The 4 x 4 block mean of a dense grid of centres is the coarse grid of centres.
    coarse = pixel_centres(5, 3).reshape(1, 3, 5, 2).permute(0, 3, 1, 2)
    dense = pixel_centres(20, 12).reshape(1, 12, 20, 2).permute(0, 3, 1, 2)
    torch.testing.assert_close(F.avg_pool2d(dense, 4), coarse)


def test_fourier_features_approach_the_gaussian_kernel():
    spec = fit_spec("encoding.sigma=2", "encoding.num_frequencies=2048", size=(8, 8))
    network = build_network(spec)
    a, b = torch.tensor([[0.30, 0.40]]), torch.tensor([[0.33, 0.46]])
    similarity = (network.encoding(a) * network.encoding(b)).sum() / 2048
    distance = (a - b).square().sum()
    expected = torch.exp(-2 * (math.pi * 2) ** 2 * distance)  # E cos(2 pi b d), b ~ N(0, sigma^2)
    assert similarity.item() == pytest.approx(expected.item(), abs=0.03)


def test_default_initialiser_is_pytorchs_own():
    torch.manual_seed(1)
    reference = nn.Linear(2, 256)
    torch.manual_seed(1)
    ours = nn.Linear(2, 256)
    DefaultInitialiser().apply_to(ours)
    assert ours.weight.equal(reference.weight)
    assert ours.bias.equal(reference.bias)


@pytest.mark.parametrize(
    ("kind", "deviation"),
    [
        ("kaiming_normal", 1.0),
        ("kaiming_uniform", 1.0),
        ("default", 0.41),
        ("xavier_normal", 0.088),
    ],
)
def test_first_layer_deviation_with_two_inputs(kind: str, deviation: float):
    spec = fit_spec("encoding=none", f"initialiser={kind}", "width=2048", "depth=1", size=(8, 8))
    weight = build_network(spec).layers[0].weight
    fan_out_share = math.sqrt(258 / 2050) if kind.startswith("xavier") else 1.0
    assert weight.std().item() == pytest.approx(deviation * fan_out_share, rel=0.05)


@pytest.mark.parametrize("loss", ["l2", "l1", "huber"])
def test_tiled_full_batch_equals_one_pass(loss: str):
    spec = fit_spec("batch_pixels=all", "width=32", f"loss={loss}", size=(96, 80))
    task = FitImageTask(spec, png(noise(80, 96)), "cpu")
    assert len(task._tiles(task.batch(1))) > 1
    measured = task.accumulate_gradients(task.batch(1))
    tiled = [p.grad.clone() for p in task.model.parameters()]
    task.optimizer.zero_grad()
    whole = spec.loss.measure(task.model(task.coords), task.target)
    whole.backward()
    torch.testing.assert_close(measured, whole.detach())
    for got, parameter in zip(tiled, task.model.parameters(), strict=True):
        torch.testing.assert_close(got, parameter.grad, rtol=1e-4, atol=1e-7)


def test_presets_hold_the_budgets():
    assert PRESETS["classify-basic"].spec.num_parameters == 669_706
    assert PRESETS["classify-cnn"].spec.num_parameters == 669_272
    assert isinstance(PRESETS["classify-cnn"].spec, ClassifySpec)
