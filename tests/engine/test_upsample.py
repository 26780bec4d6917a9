"""Enlarged pictures: where their pixels lie, what surrounds them, and how they are scored."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import png
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load, save
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
)

from l335.analyses.compute import run_job
from l335.analyses.compute.product import Product
from l335.analyses.compute.upsample import BAND_PIXELS, MAX_BAND_ROWS, Inputs, painter
from l335.analyses.enlargement import METHODS, Enlargement
from l335.core.errors import LabError
from l335.core.settings import ROOT
from l335.data.images.area import AreaAverage
from l335.data.images.resampling import FILTERS, Enlarger, enlarged
from l335.engine.coordinate_network import CoordinateNetwork, build_network, trained_network
from l335.engine.fitted_pixels import average_pooled, load_original, pixel_centres
from l335.engine.png_rows import PngRows
from l335.engine.train import Resources, train
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from tests.numerics.test_references import plain_ssim

from .conftest import Kept

FIT = with_settings(
    PRESETS["fit-image"].spec,
    ["image_size=32", "steps=10", "width=32", "batch_pixels=256", "encoding.num_frequencies=16"],
).model_copy(update={"image_width": 512, "image_height": 512})
HELD_BACK = FIT.model_copy(update={"image_size": 64, "hold_back": 2})
Made = dict[str, Product]


def checkpoint_of(spec: FitImageSpec, resources: Resources) -> bytes:
    kept = Kept()
    train(spec, resources, kept, lambda: False)
    return kept.checkpoints[-1][1]


def look(spec: FitImageSpec, checkpoint: bytes, resources: Resources, **params: object) -> Made:
    shares: list[float] = []
    products = run_job("upsample", spec, params, checkpoint, resources, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return {product.name: product for product in products}


@pytest.fixture
def fitted(resources: Resources) -> bytes:
    return checkpoint_of(FIT, resources)


def pixels(data: bytes) -> NDArray[np.float64]:
    """What a file of 8 or 16 bits holds, [H, W, 3] in [0, 1]."""
    width, height, rows, facts = png.Reader(bytes=data).asDirect()
    values = np.vstack([np.asarray(row, np.float64) for row in rows])
    return values.reshape(height, width, 3) / (2 ** facts["bitdepth"] - 1)


def bits_of(data: bytes) -> int:
    return int(png.Reader(bytes=data).read()[3]["bitdepth"])


def painted(network: CoordinateNetwork, width: int, height: int) -> NDArray[np.float32]:
    with torch.inference_mode():
        return network(pixel_centres(width, height)).reshape(height, width, 3).numpy()


@pytest.mark.parametrize("factor", [1, 3, 8, 2.3])
def test_the_picture_is_the_network_on_a_denser_grid(
    factor: float, resources: Resources, fitted: bytes
):
    file = look(FIT, fitted, resources, factor=factor)["upsampled"]
    side = round(32 * factor)
    assert Image.open(io.BytesIO(file.data)).size == (side, side)
    expected = painted(trained_network(FIT, load(fitted)), side, side)
    assert np.abs(pixels(file.data) - expected).max() < 0.51 / 255


def test_bands_are_one_pass_over_the_whole(resources: Resources, fitted: bytes):
    width, height = 300, 1100
    assert width * height > BAND_PIXELS
    assert height > MAX_BAND_ROWS
    made = look(FIT, fitted, resources, width=width, height=height, bits=16)
    expected = painted(trained_network(FIT, load(fitted)), width, height)
    assert np.abs(pixels(made["upsampled"].data) - expected).max() < 0.51 / 65535 + 1e-6


def test_nearest_repeats_pixels():
    small = np.random.default_rng(0).random((6, 5, 3), np.float32)
    assert np.array_equal(
        enlarged(small, (20, 18), "nearest"), small.repeat(3, axis=0).repeat(4, axis=1)
    )


@pytest.mark.parametrize("name", ["bicubic", "lanczos"])
def test_bands_of_a_filter_joined_are_pillows_picture_made_at_once(name: str):
    small = np.random.default_rng(0).random((60, 50, 3), np.float32)
    large = Enlarger(small, (170, 190), name)
    joined = np.concatenate([large.rows(top, min(top + 7, 190)) for top in range(0, 190, 7)])
    planes = [
        Image.fromarray(np.ascontiguousarray(small[..., channel])).resize((170, 190), FILTERS[name])
        for channel in range(3)
    ]
    at_once = np.stack([np.asarray(plane) for plane in planes], axis=-1).clip(0, 1)
    assert np.abs(joined - at_once).max() < 1e-5


# Where the pixels lie: a network whose picture is a known wave.

CYCLES = 4
WAVE = with_settings(
    PRESETS["fit-image"].spec,
    ["encoding=positional", "num_bands=3", "depth=1", "width=2", "output=linear"],
).model_copy(update={"image_width": 48, "image_height": 48, "image_size": 48})
SINES = (10, 11)
"""Columns of sin(2 pi 4 x) and sin(2 pi 4 y) in the encoding; `test_the_wave` looks."""


def wave_network() -> CoordinateNetwork:
    """0.5 + 0.4 sin(2 pi 4 x) in red, the same of y in green, and red again in blue."""
    network = build_network(WAVE)
    hidden, output = network.layers.linear1, network.layers.output
    with torch.no_grad():
        hidden.weight.zero_()
        hidden.bias.fill_(1.0)  # a sine plus 1 passes through ReLU as it is
        for unit, column in enumerate(SINES):
            hidden.weight[unit, column] = 1.0
        output.weight.copy_(torch.tensor([[0.4, 0.0], [0.0, 0.4], [0.4, 0.0]]))
        output.bias.fill_(0.1)
    return network


def wave(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 + 0.4 * np.sin(2 * np.pi * CYCLES * coordinates)


def shifts(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many pixels the wave of a line lies to the left of the true one, in three places.

    Each is the phase over one period: near the left, in the middle and near the right. Two
    grids that agree in one place and differ in their step are told apart by the others.
    """
    period = len(line) // CYCLES
    centres = (np.arange(len(line)) + 0.5) / len(line)
    found = []
    for start in (period // 2, period * 3 // 2, period * 5 // 2):
        part = slice(start, start + period)
        turn = np.exp(-2j * np.pi * CYCLES * centres[part])
        # The line is 0.5 + 0.4 sin(2 pi k (x + shift)): of phase 2 pi k shift - pi / 2.
        phase = np.angle((line[part] * turn).mean()) + np.pi / 2
        phase = (phase + np.pi) % (2 * np.pi) - np.pi
        found.append(phase / (2 * np.pi * CYCLES) * len(line))
    return np.array(found)


def test_the_wave_is_the_networks_picture():
    picture = painted(wave_network(), 48, 48)
    centres = (np.arange(48) + 0.5) / 48
    assert np.abs(picture[5, :, 0] - wave(centres)).max() < 1e-5
    assert np.abs(picture[:, 7, 1] - wave(centres)).max() < 1e-5


def test_the_grid_lines_up_with_bicubic_to_a_hundredth_of_a_pixel(resources: Resources):
    network, factor = wave_network(), 4
    checkpoint = save({f"model.{name}": value for name, value in network.state_dict().items()})
    made = look(WAVE, checkpoint, resources, factor=factor, bits=16)
    picture = pixels(made["upsampled"].data)
    side = 48 * factor
    bicubic = enlarged(painted(network, 48, 48), (side, side), "bicubic").astype(np.float64)
    for across, channel in ((True, 0), (False, 1)):
        lines = [(one if across else one.swapaxes(0, 1))[side // 2] for one in (picture, bicubic)]
        of_network, of_bicubic = (shifts(line[:, channel]) for line in lines)
        assert np.abs(of_network).max() < 0.01
        assert np.abs(of_network - of_bicubic).max() < 0.01


@pytest.mark.parametrize(
    ("convention", "offset"),
    [
        (lambda i, side: i / side, 0.5),  # corners of pixels
        (lambda i, side: i / (side - 1), 0.2),  # from corner to corner, as linspace(0, 1) does
    ],
)
def test_that_measure_sees_a_grid_of_another_convention(convention, offset: float):
    side = 192
    assert np.abs(shifts(wave(convention(np.arange(side), side)))).max() > offset - 0.05
    known = 0.013  # pixels
    moved = (np.arange(side) + 0.5 + known) / side
    assert shifts(wave(moved)) == pytest.approx([known] * 3, abs=1e-6)


def test_a_margin_surrounds_the_same_picture(resources: Resources, fitted: bytes):
    file = look(FIT, fitted, resources, width=60, height=40, margin=0.25)["upsampled"]
    assert (file.meta["width"], file.meta["height"]) == (90, 60)
    assert file.meta["band"] == (15, 10)
    inside = look(FIT, fitted, resources, width=60, height=40)["upsampled"]
    found = pixels(file.data)
    assert np.array_equal(found[10:50, 15:75], pixels(inside.data))
    network = trained_network(FIT, load(fitted))
    with torch.inference_mode():
        corner = network(torch.tensor([[(0.5 - 15) / 60, (0.5 - 10) / 40]])).numpy()[0]
        last = network(torch.tensor([[(89.5 - 15) / 60, (59.5 - 10) / 40]])).numpy()[0]
    assert np.abs(found[0, 0] - corner).max() < 0.51 / 255
    assert np.abs(found[-1, -1] - last).max() < 0.51 / 255


def test_filters_repeat_their_edge_beyond_the_picture(resources: Resources, fitted: bytes):
    made = look(FIT, fitted, resources, factor=2, margin=0.25)
    shown = pixels(made["shown/bicubic"].data)
    assert shown.shape == pixels(made["shown/network"].data).shape == (96, 96, 3)
    assert np.array_equal(shown[:, :16], np.repeat(shown[:, 16:17], 16, axis=1))
    assert np.array_equal(shown[80:], np.repeat(shown[79:80], 16, axis=0))


def test_sixteen_bits_hold_more_levels_than_eight(resources: Resources, fitted: bytes):
    files = [
        look(FIT, fitted, resources, factor=8, bits=bits)["upsampled"].data for bits in (8, 16)
    ]
    assert [bits_of(file) for file in files] == [8, 16]
    coarse, fine = (pixels(file) for file in files)
    assert np.abs(fine - coarse).max() <= 0.502 / 255
    assert len(np.unique(coarse)) <= 256 < len(np.unique(fine))


@pytest.mark.parametrize("bits", [8, 16])
def test_rows_written_in_bands_are_read_as_they_were(bits: int):
    values = np.random.default_rng(1).random((23, 17, 3), np.float32)
    values[0, 0] = (-0.3, 1.7, math.nan)
    file = PngRows(17, 23, bits)
    for top in range(0, 23, 5):
        file.add(values[top : top + 5])
    data = file.finished()
    levels = 2**bits - 1
    expected = np.floor(np.nan_to_num(values).clip(0, 1).astype(np.float64) * levels + 0.5)
    assert np.abs(pixels(data) * levels - expected).max() <= (0 if bits == 8 else 1)
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()  # Pillow checks every checksum
        assert opened.size == (17, 23)


@pytest.mark.parametrize("to", [(20, 25), (17, 13), (100, 50), (100, 7)])
def test_pictures_are_averaged_by_area(to: tuple[int, int]):
    picture = np.random.default_rng(0).random((50, 100, 3), np.float32)
    average = AreaAverage((100, 50), to)
    for top in range(0, 50, 7):
        average.add(top, picture[top : top + 7])
    # Every pixel made so large that both grids divide it.
    fine = picture.repeat(to[1], axis=0).repeat(to[0], axis=1)
    expected = fine.reshape(to[1], 50, to[0], 100, 3).mean(axis=(1, 3), dtype=np.float64)
    assert np.abs(average.pixels - expected).max() < 1e-5


def test_a_network_of_several_is_the_same_alone(resources: Resources):
    several = FIT.model_copy(update={"num_seeds": 2, "steps": 3})
    alone = FIT.model_copy(update={"seed": FIT.seed + 1, "steps": 3})
    second = look(several, checkpoint_of(several, resources), resources, factor=1, place=1)
    own = look(alone, checkpoint_of(alone, resources), resources, factor=1)
    assert second["upsampled"].meta["seed"] == FIT.seed + 1
    difference = pixels(second["upsampled"].data) - pixels(own["upsampled"].data)
    assert np.abs(difference).max() < 1.01 / 255


@pytest.mark.parametrize("factor", [2, 3])
def test_scores_are_those_of_a_plain_computation(factor: int, resources: Resources):
    checkpoint = checkpoint_of(HELD_BACK, resources)
    made = look(HELD_BACK, checkpoint, resources, factor=factor)
    original = load_original(HELD_BACK, resources.read_blob(""))
    small = average_pooled(original, 2)
    network = trained_network(HELD_BACK, load(checkpoint))

    def enlarge(name: str, side: int) -> NDArray[np.float32]:
        if name == "network":
            return painted(network, side, side)
        return enlarged(small, (side, side), name)

    scores = json.loads(made["scores"].data)
    assert scores["original_size"] == [64, 64]
    assert list(scores["methods"]) == list(METHODS)
    for name, row in scores["methods"].items():
        large, target = (
            torch.from_numpy(one).permute(2, 0, 1)[None] for one in (enlarge(name, 64), original)
        )
        psnr = peak_signal_noise_ratio(large, target, data_range=1.0)
        ssim = plain_ssim(large[0].permute(1, 2, 0).numpy(), target[0].permute(1, 2, 0).numpy())
        assert row["psnr_db"] == pytest.approx(psnr.item(), abs=1e-3)
        assert row["ssim_valid"] == pytest.approx(ssim, abs=1e-4)
        down = enlarge(name, 32 * factor).reshape(32, factor, 32, factor, 3).mean(axis=(1, 3))
        back = peak_signal_noise_ratio(
            torch.from_numpy(down), torch.from_numpy(small), data_range=1.0
        )
        if name == "nearest":
            assert row["is_consistent"]
        else:
            assert row["consistency_psnr_db"] == pytest.approx(back.item(), abs=1e-3)
            assert not row["is_consistent"]
    assert made["shown/original"].meta == {"width": 32 * factor, "height": 32 * factor}
    if factor == 2:
        assert np.abs(pixels(made["shown/original"].data) - original).max() < 0.51 / 255


def test_the_network_scores_what_its_run_recorded(resources: Resources):
    kept = Kept()
    train(HELD_BACK, resources, kept, lambda: False)
    made = look(HELD_BACK, kept.checkpoints[-1][1], resources, factor=2)
    network = json.loads(made["scores"].data)["methods"]["network"]
    for figure in ("psnr_db", "ssim_valid"):
        recorded = kept.rows[f"original/{figure}", HELD_BACK.steps]
        assert network[figure] == pytest.approx(recorded, abs=1e-4)


def test_without_an_original_only_consistency_is_scored(resources: Resources, fitted: bytes):
    made = look(FIT, fitted, resources, factor=2)
    assert "shown/original" not in made
    scores = json.loads(made["scores"].data)
    assert scores["original_size"] is None
    for row in scores["methods"].values():
        assert set(row) == {"is_consistent", "consistency_psnr_db"}
    smaller = json.loads(look(FIT, fitted, resources, width=16, height=40)["scores"].data)
    assert set(map(len, smaller["methods"].values())) == {0}


def test_pictures_for_the_screen_are_averaged_down(resources: Resources, fitted: bytes):
    made = look(FIT, fitted, resources, width=4000, height=40)
    assert Image.open(io.BytesIO(made["upsampled"].data)).size == (4000, 40)
    for name in METHODS:
        assert Image.open(io.BytesIO(made[f"shown/{name}"].data)).size == (2048, 20)


def test_a_network_that_diverged_is_painted_black_and_not_scored(
    resources: Resources, fitted: bytes
):
    tensors = load(fitted)
    tensors["model.layers.output.bias"].fill_(math.nan)
    made = look(FIT, save(tensors), resources, factor=1)
    assert pixels(made["upsampled"].data).max() == 0
    assert json.loads(made["scores"].data)["methods"]["network"]["consistency_psnr_db"] == "nan"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"factor": 0}, "`factor` is 0; it must be a number between 1 and 8"),
        ({"factor": 9}, "`factor` is 9; it must be a number between 1 and 8"),
        ({"width": 8192, "height": 10, "margin": 0.1}, "9,830 × 12 pixels with its margin of 0.1"),
        ({"factor": 1, "place": 1}, "`place` is 1; this run has one network, 0"),
    ],
)
def test_what_can_not_be_painted_is_refused(
    params: dict, sentence: str, resources: Resources, fitted: bytes
):
    with pytest.raises(LabError, match=sentence):
        run_job("upsample", FIT, params, fitted, resources, print)


def test_every_painter_paints_the_frame_it_was_given(resources: Resources):
    small = np.random.default_rng(0).random((8, 6, 3), np.float32)
    inputs = Inputs(build_network(FIT), small, small)
    plan = Enlargement((15, 20), (3, 4))
    with torch.inference_mode():
        for name in (*METHODS, "original"):
            paint = painter(name, inputs, plan)
            joined = np.concatenate([paint(0, 2), paint(2, 17), paint(17, 28)])
            assert joined.shape == (28, 21, 3)
            assert np.abs(joined - paint(0, 28)).max() < 1e-5, name


MEMORY = """
import json, sys
from pathlib import Path
from l335.analyses.compute import run_job
from l335.engine.train import Resources
from l335.spec import spec_from_dict
folder, image = Path(sys.argv[1]), Path(sys.argv[2])
spec = spec_from_dict(json.loads((folder / "spec.json").read_text()))
resources = Resources("cpu", 1, folder, lambda _: image.read_bytes())
params = {"width": 8192, "height": 8192, "bits": 16}
checkpoint = (folder / "checkpoint").read_bytes()
made = run_job("upsample", spec, params, checkpoint, resources, lambda share: None)
print(made[0].meta["width"], len(made[0].data))
# The peak that getrusage tells includes that of the process we were forked from.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["VmHWM"].split()[0])
"""


@pytest.mark.slow
@pytest.mark.timeout(900)  # seconds; seven minutes on a core shared with other work
def test_the_largest_picture_fits_in_two_gigabytes(tmp_path: Path, resources: Resources):
    spec = HELD_BACK.model_copy(update={"width": 16, "depth": 1, "steps": 1})
    (tmp_path / "checkpoint").write_bytes(checkpoint_of(spec, resources))
    (tmp_path / "spec.json").write_text(spec.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path), str(ROOT / "assets/images/sky.png")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    width, size, kilobytes = map(int, done.stdout.split())
    assert width == 8192
    assert size > 50_000_000
    assert kilobytes * 1024 < 2_000_000_000
