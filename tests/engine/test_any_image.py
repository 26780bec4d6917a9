"""Every kind of picture a person may send, from its file to a fit, its enlargement and its bits."""

from __future__ import annotations

import io
import json
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load

from l335.analyses.compute import run_job
from l335.analyses.compute.compression import encoding_bytes, in_int8, quantise
from l335.core.errors import LabError
from l335.data.images import sanitise
from l335.data.images.area import area_averaged
from l335.engine.coordinate_network import build_network, trained_network
from l335.engine.fitted_pixels import load_pixels
from l335.engine.train import Resources, train
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

SMALL = ["steps=4", "width=16", "depth=2", "encoding.num_frequencies=8", "image_size=24"]


def ramp(width: int, height: int, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    parts = [x * 255 // width, y * 255 // height, (3 * x + 5 * y) % 256, 255 - x * 255 // width]
    return np.stack(parts[:channels], axis=-1).astype(np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def rgb(width: int, height: int) -> Image.Image:
    return Image.fromarray(ramp(width, height))


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(rgb(40, 20), "JPEG", exif=exif)


def deep_rgb() -> bytes:
    """A PNG with 16 bits per channel, which Pillow reads but does not write."""
    values = ramp(20, 16).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", 20, 16, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


KINDS: dict[str, tuple[Callable[[], bytes], tuple[int, int], str]] = {
    "8 x 8": (lambda: saved(rgb(8, 8)), (8, 8), ""),
    "8 x 160": (lambda: saved(rgb(8, 160)), (8, 160), ""),
    "160 x 8": (lambda: saved(rgb(160, 8)), (160, 8), ""),
    "odd": (lambda: saved(rgb(37, 23)), (37, 23), ""),
    "flat": (lambda: saved(Image.new("RGB", (12, 12), "teal")), (12, 12), ""),
    "1-bit": (lambda: saved(rgb(24, 18).convert("1")), (24, 18), ""),
    "grey": (lambda: saved(rgb(24, 18).convert("L")), (24, 18), ""),
    "16-bit grey": (
        lambda: saved(Image.fromarray(ramp(20, 16)[..., 0].astype(np.uint16) * 257)),
        (20, 16),
        "16 bits",
    ),
    "16-bit colour": (deep_rgb, (20, 16), "16 bits"),
    "palette": (lambda: saved(rgb(24, 18).quantize(16)), (24, 18), ""),
    "clear palette": (
        lambda: saved(rgb(24, 18).quantize(16), transparency=3), (24, 18), "laid on white",
    ),
    "LA": (
        lambda: saved(Image.merge("LA", [Image.fromarray(ramp(24, 18)[..., i]) for i in (0, 1)])),
        (24, 18), "laid on white",
    ),
    "RGBA": (lambda: saved(Image.fromarray(ramp(24, 18, 4))), (24, 18), "laid on white"),
    "opaque RGBA": (lambda: saved(rgb(24, 18).convert("RGBA")), (24, 18), ""),
    "CMYK": (lambda: saved(rgb(24, 18).convert("CMYK"), "JPEG"), (24, 18), "CMYK"),
    "WebP": (lambda: saved(rgb(24, 18), "WEBP"), (24, 18), ""),
    "clear WebP": (
        lambda: saved(Image.fromarray(ramp(24, 18, 4)), "WEBP", lossless=True), (24, 18),
        "laid on white",
    ),
    "larger than is stored": (
        lambda: saved(rgb(3000, 160)), (2048, 109), "by area from 3,000 x 160 to 2,048 x 109",
    ),
    **{
        f"orientation {number}": (
            lambda number=number: turned(number),
            (40, 20) if number < 5 else (20, 40),
            "Turned upright" if number > 1 else "",
        )
        for number in range(1, 9)
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_fitted_enlarged_and_weighed(kind: str, data_dir: Path) -> None:
    make, size, words = KINDS[kind]
    clean = sanitise(make())
    assert (clean.width, clean.height) == size
    assert words in clean.notice
    assert words or not clean.notice
    spec = sized(clean.width, clean.height)
    resources = Resources("cpu", 1, data_dir, lambda _: clean.png)
    kept = Kept()
    assert train(spec, resources, kept, lambda: False).finished
    assert all(math.isfinite(value) for value in kept.series("train/psnr_db"))
    for name in ("reconstruction", "error", "original"):
        file = next(data for _, found, data in reversed(kept.previews) if found == name)
        with Image.open(io.BytesIO(file)) as preview:
            assert preview.size == spec.fitted_size
    checkpoint = kept.checkpoints[-1][1]
    large, *_ = run_job("upsample", spec, {"factor": 2}, checkpoint, resources, lambda _: None)
    with Image.open(io.BytesIO(large.data)) as picture:
        assert picture.size == tuple(2 * side for side in spec.fitted_size)
    values = weigh(spec, checkpoint, resources)
    assert [row["name"] for row in values["networks"]] == ["float32", "float16", "int8"]
    assert values["networks"][0]["psnr_db"] == pytest.approx(
        kept.series("train/psnr_db")[-1], abs=0.01
    )


def sized(width: int, height: int, *settings: str) -> FitImageSpec:
    size = {"image_width": width, "image_height": height, "image": "0" * 64}
    spec = with_settings(PRESETS["fit-image"].spec.model_copy(update=size), [*SMALL, *settings])
    assert isinstance(spec, FitImageSpec)
    return spec


def weigh(spec: FitImageSpec, checkpoint: bytes, resources: Resources, place: int = 0) -> dict:
    products = run_job("compression", spec, {"place": place}, checkpoint, resources, lambda _: None)
    return json.loads(products[0].data)


def test_small_previews_show_every_pixel(data_dir: Path) -> None:
    dots = np.zeros((8, 8, 3), np.uint8)
    dots[::2, 1::2] = (255, 0, 0)
    dots[1::2, ::2] = (0, 0, 255)
    file = saved(Image.fromarray(dots))
    kept = Kept()
    train(sized(8, 8), Resources("cpu", 1, data_dir, lambda _: file), kept, lambda: False)
    original = next(data for _, name, data in kept.previews if name == "original")
    with Image.open(io.BytesIO(original)) as shown:
        assert np.abs(np.asarray(shown).astype(int) - dots).max() <= 6


@pytest.mark.parametrize("size", [(3, 2), (7, 5), (10, 9), (12, 1), (1, 10), (12, 10)])
def test_averages_are_over_areas(size: tuple[int, int]) -> None:
    pixels = ramp(12, 10)
    width, height = size
    # Enlarged to a common multiple first, every mean is over whole pixels.
    fine = pixels.repeat(height, axis=0).repeat(width, axis=1).astype(np.float64)
    expected = fine.reshape(height, 10, width, 12, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(area_averaged(pixels, width, height), expected, atol=1e-4)


def test_the_central_square_is_cut_at_whole_pixels() -> None:
    pixels = ramp(31, 16)
    spec = sized(31, 16, "crop=square")
    found = load_pixels(spec, saved(Image.fromarray(pixels)))
    np.testing.assert_allclose(found * 255, pixels[:, 7:23], atol=1e-4)


def test_eight_bits_are_affine_levels_that_span_the_tensor() -> None:
    values = torch.tensor([-0.3, 0.0, 0.1, 0.9])
    rounded, size = in_int8(values)
    scale = 1.2 / 255
    assert size == 4 + 5
    assert rounded[1] == 0
    assert (rounded - values).abs().max() <= scale
    levels = rounded / scale
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-3)
    flat = torch.zeros(3)
    assert in_int8(flat)[0].equal(flat)


@pytest.mark.parametrize(
    ("settings", "seed_bytes"), [([], 4), (["encoding=positional"], 0), (["encoding=hash_grid"], 0)]
)
def test_sizes_count_what_is_trained(settings: list[str], seed_bytes: int) -> None:
    spec = with_settings(FitImageSpec(depth=2, width=16), settings)
    assert isinstance(spec, FitImageSpec)
    assert encoding_bytes(spec) == seed_bytes
    for precision, per_number in (("float32", 4), ("float16", 2), ("int8", 1)):
        network = build_network(spec)
        tensors = len(list(network.parameters()))
        extra = 5 * tensors if precision == "int8" else 0
        with torch.no_grad():
            assert quantise(network, precision) == per_number * spec.num_parameters + extra


def test_figures_are_those_of_the_pictures_and_files(data_dir: Path) -> None:
    file = saved(rgb(24, 18))
    spec = sized(24, 18, "num_seeds=2", "steps=30")
    resources = Resources("cpu", 1, data_dir, lambda _: file)
    kept = Kept()
    train(spec, resources, kept, lambda: False)
    checkpoint = kept.checkpoints[-1][1]
    made = run_job("compression", spec, {"place": 1}, checkpoint, resources, lambda _: None)
    products = {product.name: product.data for product in made}
    values = json.loads(products["compression"])
    assert values["seed"] == 1
    network = values["networks"][0]
    assert network["psnr_db"] == pytest.approx(kept.series("seed_1/psnr_db")[-1], abs=0.01)
    pixels = load_pixels(spec, file)
    own = trained_network(spec, load(checkpoint), 1)
    assert network["bytes"] == 4 * sum(p.numel() for p in own.parameters()) + 4
    for row in values["networks"]:
        assert row["bpp"] == pytest.approx(8 * row["bytes"] / (24 * 18))
        sizes = [abs(one["bytes"] - row["bytes"]) for one in values["jpeg"]]
        assert sizes[row["same_size"] - 1] == min(sizes)
        away = [abs(one["psnr_db"] - row["psnr_db"]) for one in values["jpeg"]]
        assert away[row["same_psnr"] - 1] == min(away)
        jpeg = products[f"jpeg/{row['same_psnr']}"]
        with Image.open(io.BytesIO(jpeg)) as image:
            mse = np.mean((np.asarray(image, np.float64) / 255 - pixels) ** 2)
        shown = values["jpeg"][row["same_psnr"] - 1]
        assert shown["bytes"] == len(jpeg)
        assert shown["psnr_db"] == pytest.approx(-10 * math.log10(mse), abs=0.01)
        assert shown["ssim_valid"] is not None
    assert values["networks"][1]["psnr_db"] == pytest.approx(network["psnr_db"], abs=0.1)
    with pytest.raises(LabError, match="`place` is 2"):
        weigh(spec, checkpoint, resources, 2)
