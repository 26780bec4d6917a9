"""Enlarged pictures: where their pixels lie, what surrounds them, and how they are scored."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import png
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load
from torch import Tensor, nn
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from l335.engine.checkpoint import load_weights
from l335.engine.coordinate_network import build_network
from l335.engine.fitted_pixels import average_pooled, load_original, pixel_centres
from l335.engine.looks import run_job
from l335.engine.looks.product import Product
from l335.engine.looks.upsample import SHOWN_SIDE, Inputs, painter
from l335.engine.train import Resources, train
from l335.enlargement import METHODS, Enlargement
from l335.errors import LabError
from l335.fields import with_settings
from l335.images.area import AreaAverage
from l335.images.resampling import FILTERS, Enlarger, enlarged
from l335.presets import PRESETS
from l335.settings import ROOT

from .conftest import Kept

FIT = with_settings(
    PRESETS["fit-image"].spec,
    ["image_size=32", "steps=10", "width=32", "batch_pixels=256", "encoding.num_frequencies=16"],
).model_copy(update={"image_width": 512, "image_height": 512})
HELD_BACK = FIT.model_copy(update={"image_size": 64, "hold_back": 2})


def looked(spec, params, resources: Resources) -> dict[str, Product]:
    kept = Kept()
    train(spec, resources, kept, lambda: False)
    shares: list[float] = []
    checkpoint = kept.checkpoints[-1][1]
    products = run_job("upsample", spec, params, checkpoint, resources, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return {product.name: product for product in products}


def pixels(data: bytes) -> NDArray[np.float64]:
    width, height, rows, facts = png.Reader(bytes=data).asDirect()
    values = np.vstack([np.asarray(row, np.float64) for row in rows])
    return values.reshape(height, width, -1) / (2 ** facts["bitdepth"] - 1)


@pytest.mark.parametrize("factor", [1, 3, 8])
def test_upsampling_reads_the_network_on_a_denser_grid(
    factor: int, resources: Resources, kept: Kept
):
    train(FIT, resources, kept, lambda: False)
    checkpoint = kept.checkpoints[-1][1]
    product = run_job("upsample", FIT, {"factor": factor}, checkpoint, resources, print)[0]
    side = 32 * factor
    picture = np.asarray(Image.open(io.BytesIO(product.data)))
    assert picture.shape == (side, side, 3)
    network = build_network(FIT)
    load_weights(load(checkpoint), network)
    with torch.inference_mode():
        expected = network(pixel_centres(side, side)).reshape(side, side, 3).numpy()
    assert np.abs(picture / 255 - expected).max() < 0.51 / 255


class Waves(nn.Module):
    """A picture that is known everywhere: one wave along each side, in two of three colours."""

    cycles = 3

    def __init__(self) -> None:
        super().__init__()
        self.middle = nn.Parameter(torch.tensor(0.5))

    def forward(self, coords: Tensor) -> Tensor:
        waves = self.middle + 0.4 * torch.sin(2 * torch.pi * self.cycles * coords)
        return torch.cat([waves, waves[:, :1]], dim=-1)


def painted(network: nn.Module, size: tuple[int, int], band: tuple[int, int] = (0, 0)):
    """What paints the network's picture."""
    empty = np.zeros((1, 1, 3), np.float32)
    return painter("network", Inputs(network, empty, empty), Enlargement(size, band))


def shift_in_pixels(line: NDArray[np.float32], by_convention: NDArray[np.float64]) -> float:
    """How far a line lies from where the wave is, by the phase of its Fourier coefficient."""
    phase = np.exp(-2j * np.pi * Waves.cycles * by_convention)
    # The line is 0.5 + 0.4 sin(2 pi k (x + shift)); projected on exp(-2 pi i k x).
    coefficient = (line * phase).mean()
    turned = np.angle(coefficient) + np.pi / 2
    turned = (turned + np.pi) % (2 * np.pi) - np.pi
    return float(turned / (2 * np.pi * Waves.cycles) * len(line))


@pytest.mark.parametrize("side", [96, 240])
def test_the_grid_lines_up_with_bicubic_to_a_hundredth_of_a_pixel(side: int):
    network = Waves()
    centres = (np.arange(side) + 0.5) / side
    with torch.inference_mode():
        picture = painted(network, (side, side))(0, side)
        small = painted(network, (64, 64))(0, 64)
    bicubic = enlarged(small, (side, side), "bicubic")
    corners = torch.linspace(0, 1, side)
    wrong = network(torch.stack([corners, corners], dim=-1)).detach().numpy()[:, 0]
    inner = slice(side // 3, 2 * side // 3)  # one whole period; the filter bends at the edges
    for axis, channel in ((0, 1), (1, 0)):
        lines = [image.mean(axis=1 - axis)[:, channel] for image in (picture, bicubic)]
        of_network, of_bicubic = (
            shift_in_pixels(line[inner], centres[inner]) * side / (side // 3) for line in lines
        )
        assert abs(of_network) < 0.01
        assert abs(of_network - of_bicubic) < 0.01
    # Pixels from corner to corner lie up to half a pixel off, and the same measure sees it.
    first = slice(0, side // 3)
    assert abs(shift_in_pixels(wrong[first], centres[first])) * side / (side // 3) > 0.1


def test_bands_joined_are_the_picture_made_at_once(resources: Resources):
    side = 300
    with torch.inference_mode():
        paint = painted(build_network(FIT), (side, side), band=(10, 5))
        whole = paint(0, side + 10)
        pieces = np.concatenate([paint(top, min(top + 7, 310)) for top in range(0, 310, 7)])
    assert whole.shape == (310, 320, 3)
    assert np.abs(whole - pieces).max() < 1e-6
    small = whole[:60, :50]
    for name in FILTERS:
        large = Enlarger(small, (170, 190), FILTERS[name])
        joined = np.concatenate([large.rows(top, top + 10) for top in range(0, 190, 10)])
        at_once = enlarged(small, (170, 190), name)
        assert np.abs(joined - at_once).max() < 1e-5, name
    plane = Image.fromarray(np.ascontiguousarray(small[..., 0])).resize((170, 190), FILTERS[name])
    assert np.abs(joined[..., 0] - np.asarray(plane).clip(0, 1)).max() < 1e-5


@pytest.mark.parametrize("to", [(20, 25), (17, 13), (100, 50)])
def test_pictures_are_averaged_by_area(to: tuple[int, int]):
    picture = np.random.default_rng(0).random((50, 100, 3), np.float32)
    average = AreaAverage((100, 50), to)
    for top in range(0, 50, 7):
        average.add(top, picture[top : top + 7])
    # Every pixel made so large that both grids divide it.
    fine = picture.repeat(to[1], axis=0).repeat(to[0], axis=1)
    expected = fine.reshape(to[1], 50, to[0], 100, 3).mean(axis=(1, 3), dtype=np.float64)
    assert np.abs(average.pixels - expected).max() < 1e-5


def test_a_size_of_ones_own_with_a_margin(resources: Resources):
    made = looked(FIT, {"width": 60, "height": 40, "margin": 0.25}, resources)
    file = made["upsampled"]
    assert (file.meta["width"], file.meta["height"]) == (90, 60)
    inside = pixels(looked(FIT, {"width": 60, "height": 40}, resources)["upsampled"].data)
    assert np.array_equal(pixels(file.data)[10:50, 15:75], inside)
    # Filters know nothing beyond the picture, and repeat its edge there.
    for name in FILTERS:
        shown = pixels(made[f"shown/{name}"].data)
        assert shown.shape == (60, 90, 3)
        assert np.array_equal(shown[:11], shown[:1].repeat(11, axis=0))


def test_sixteen_bits_hold_more_levels_than_eight(resources: Resources):
    eight, sixteen = (
        looked(FIT, {"factor": 8, "bits": bits}, resources)["upsampled"] for bits in (8, 16)
    )
    assert png.Reader(bytes=sixteen.data).read()[3]["bitdepth"] == 16
    fine, coarse = pixels(sixteen.data), pixels(eight.data)
    assert np.abs(fine - coarse).max() <= 0.502 / 255
    assert len(np.unique(coarse)) <= 256 < len(np.unique(fine))


def test_a_seed_of_several_is_the_same_alone(resources: Resources):
    several = FIT.model_copy(update={"num_seeds": 2, "steps": 3})
    alone = FIT.model_copy(update={"seed": FIT.seed + 1, "steps": 3})
    second = looked(several, {"factor": 1, "place": 1}, resources)["upsampled"]
    own = looked(alone, {"factor": 1}, resources)["upsampled"]
    assert np.abs(pixels(second.data) - pixels(own.data)).max() < 1.01 / 255


def test_scores_are_those_of_torchmetrics(resources: Resources):
    made = looked(HELD_BACK, {"factor": 2, "bits": 16}, resources)
    data = resources.read_blob("")
    original = load_original(HELD_BACK, data)
    fitted = average_pooled(original, 2)
    large = {name: enlarged(fitted, (64, 64), name) for name in FILTERS}
    large["network"] = pixels(made["upsampled"].data).astype(np.float32)
    rows = json.loads(made["scores"].data)["methods"]
    assert set(rows) == set(large) == set(METHODS)
    for name, picture in large.items():
        one, target = (torch.from_numpy(p).permute(2, 0, 1)[None] for p in (picture, original))
        psnr = peak_signal_noise_ratio(one, target, data_range=1.0)
        ssim = structural_similarity_index_measure(one, target, data_range=1.0)
        assert rows[name]["psnr_db"] == pytest.approx(psnr.item(), abs=1e-3)
        assert rows[name]["ssim"] == pytest.approx(ssim.item(), abs=1e-4)
        down = picture.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
        back = peak_signal_noise_ratio(
            torch.from_numpy(down), torch.from_numpy(fitted), data_range=1.0
        )
        if name == "nearest":
            assert rows[name]["is_consistent"]
            continue
        assert rows[name]["consistency_psnr_db"] == pytest.approx(back.item(), abs=1e-3), name


def test_without_an_original_only_consistency_is_scored(resources: Resources):
    made = looked(FIT, {"factor": 2}, resources)
    assert "shown/original" not in made
    rows = json.loads(made["scores"].data)["methods"]
    assert all(set(row) == {"is_consistent", "consistency_psnr_db"} for row in rows.values())
    smaller = looked(FIT, {"width": 16, "height": 16}, resources)
    assert json.loads(smaller["scores"].data)["methods"]["network"] == {}


def test_an_original_is_shown_beside_the_others(resources: Resources):
    made = looked(HELD_BACK, {"factor": 2}, resources)
    original = load_original(HELD_BACK, resources.read_blob(""))
    assert np.abs(pixels(made["shown/original"].data) - original).max() < 0.51 / 255


def test_pictures_for_the_screen_are_averaged_down(resources: Resources):
    tiny = FIT.model_copy(update={"width": 4, "depth": 1, "steps": 1})
    made = looked(tiny, {"width": 2 * SHOWN_SIDE, "height": 30}, resources)
    whole = pixels(made["upsampled"].data)
    means = whole.reshape(15, 2, SHOWN_SIDE, 2, 3).mean(axis=(1, 3))
    assert np.abs(pixels(made["shown/network"].data) - means).max() < 1.01 / 255


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"factor": 9}, "between 1 and 8"),
        ({"width": 8192, "height": 10, "margin": 0.1}, "at most 8,192 a side are painted"),
        ({"factor": 1, "place": 1}, "`place` is 1; this run has one network, 0"),
    ],
)
def test_what_can_not_be_painted_is_refused(params, sentence, resources: Resources, kept: Kept):
    train(FIT.model_copy(update={"steps": 1}), resources, kept, lambda: False)
    with pytest.raises(LabError, match=sentence):
        run_job("upsample", FIT, params, kept.checkpoints[-1][1], resources, print)


@pytest.mark.slow
def test_the_largest_picture_fits_in_two_gigabytes(tmp_path, resources: Resources, kept: Kept):
    spec = FIT.model_copy(update={"width": 8, "depth": 1, "steps": 1})
    train(spec, resources, kept, lambda: False)
    (tmp_path / "checkpoint").write_bytes(kept.checkpoints[-1][1])
    (tmp_path / "spec.json").write_text(spec.model_dump_json())
    code = f"""
import json, resource
from pathlib import Path
from l335.engine.looks import run_job
from l335.engine.train import Resources
from l335.spec import spec_from_dict
folder, image = Path({str(tmp_path)!r}), Path({str(ROOT / "assets/images/sky.png")!r})
spec = spec_from_dict(json.loads((folder / "spec.json").read_text()))
resources = Resources("cpu", 1, folder, lambda _: image.read_bytes())
params = {{"width": 8192, "height": 8192, "bits": 16}}
checkpoint = (folder / "checkpoint").read_bytes()
made = run_job("upsample", spec, params, checkpoint, resources, lambda share: None)
print(made[0].meta["width"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    width, kilobytes = done.stdout.split()
    assert int(width) == 8192
    assert int(kilobytes) < 2_000_000
