"""How many bits a fitted network takes for its picture, beside JPEG."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load
from torch import Tensor

from l335.analyses.compute.product import Product, as_json
from l335.core.errors import LabError
from l335.engine import pictures
from l335.engine.coordinate_network import CoordinateNetwork, trained_network
from l335.engine.fitted_pixels import load_pixels, pixel_centres
from l335.engine.image_scores import psnr_db, ssims
from l335.engine.train import Resources
from l335.spec import FitImageSpec

QUALITIES = range(1, 101)
FULL_COLOUR_FROM = 90  # qualities from here on keep colour at full resolution, as is usual
CHUNK_PIXELS = 16_384
SEED_BYTES = 4  # of a random encoding, only the number that draws it has to be kept
SCALE_BYTES, ZERO_POINT_BYTES = 4, 1  # of each tensor in 8 bits
LOW, HIGH = -128, 127  # int8


class Jpeg(NamedTuple):
    """A JPEG of the fitted picture; ``psnr_db`` is infinite where it is exact."""

    quality: int
    file: bytes
    psnr_db: float


def in_float32(tensor: Tensor) -> tuple[Tensor, int]:
    """A tensor as it is, and its bytes."""
    return tensor, 4 * tensor.numel()


def in_float16(tensor: Tensor) -> tuple[Tensor, int]:
    """A tensor rounded to half precision, and its bytes there."""
    return tensor.half().float(), 2 * tensor.numel()


def in_int8(tensor: Tensor) -> tuple[Tensor, int]:
    """A tensor on the 256 levels of an affine code of its own, and its bytes there.

    The levels are scale * (code - zero_point) and span the tensor's values and 0.

    Source: Jacob et al. 2018, Quantization and Training of Neural Networks, section 2.1
    """
    size = tensor.numel() + SCALE_BYTES + ZERO_POINT_BYTES
    low, high = min(0.0, tensor.min().item()), max(0.0, tensor.max().item())
    scale = (high - low) / (HIGH - LOW)
    if not math.isfinite(scale) or scale == 0:
        return tensor, size
    zero_point = min(max(round(LOW - low / scale), LOW), HIGH)
    return torch.fake_quantize_per_tensor_affine(tensor, scale, zero_point, LOW, HIGH), size


PRECISIONS: dict[str, Callable[[Tensor], tuple[Tensor, int]]] = {
    "float32": in_float32,
    "float16": in_float16,
    "int8": in_int8,
}


@torch.inference_mode()
def compression(
    spec: FitImageSpec,
    place: int,
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> list[Product]:
    """Bytes, bits per pixel, PSNR and SSIM of the network in three precisions, and of JPEGs.

    Every figure is of the whole fitted picture, against the pixels that were fitted.

    Raises:
        LabError: There is no such network.
    """
    if not 0 <= place < spec.num_seeds:
        raise LabError(f"`place` is {place}; it must be between 0 and {spec.num_seeds - 1}.")
    pixels = load_pixels(spec, resources.read_blob(spec.image))
    scorer = _Scorer(pixels)
    jpegs = []
    for quality in QUALITIES:
        jpegs.append(scorer.jpeg(quality))
        report(0.6 * quality / len(QUALITIES))
    networks: list[dict[str, Any]] = []
    shown: dict[int, Jpeg] = {}
    products = [Product("original", "image/png", pictures.png(pictures.to_bytes(pixels)))]
    for number, name in enumerate(PRECISIONS, 1):
        network = trained_network(spec, load(checkpoint), place)
        size = quantise(network, name) + encoding_bytes(spec)
        painted = paint(spec, network.to(resources.device))
        scores = scorer.scores(painted)
        same_size = min(jpegs, key=lambda one: abs(len(one.file) - size))
        row = {"name": name, **scorer.row(size, scores), "same_size": same_size.quality}
        shown[same_size.quality] = same_size
        if math.isfinite(scores[0]):
            row["same_psnr"] = _nearest(jpegs, scores[0]).quality
            shown[row["same_psnr"]] = _nearest(jpegs, scores[0])
        networks.append(row)
        file = pictures.png(pictures.to_bytes(np.nan_to_num(painted)))
        products.append(Product(f"network/{name}", "image/png", file))
        report(0.6 + 0.4 * number / len(PRECISIONS))
    rows = [{"quality": j.quality, **scorer.row(len(j.file), (j.psnr_db, None))} for j in jpegs]
    for quality, one in shown.items():
        rows[quality - 1]["ssim_valid"] = scorer.scores(decoded(one.file))[1]
        products.append(Product(f"jpeg/{quality}", "image/jpeg", one.file))
    values = {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "place": place,
        "seed": spec.seeds[place],
        "networks": networks,
        "jpeg": rows,
    }
    return [as_json("compression", values), *products]


def _nearest(jpegs: list[Jpeg], psnr: float) -> Jpeg:
    return min(jpegs, key=lambda one: (abs(one.psnr_db - psnr), len(one.file)))


def quantise(network: CoordinateNetwork, precision: str) -> int:
    """Round every trained tensor in place; the bytes they take."""
    total = 0
    for parameter in network.parameters():
        rounded, size = PRECISIONS[precision](parameter)
        parameter.copy_(rounded)
        total += size
    return total


def encoding_bytes(spec: FitImageSpec) -> int:
    """Bytes of what the encoding needs beside trained numbers."""
    return SEED_BYTES if hasattr(spec.encoding, "draw") else 0


def paint(spec: FitImageSpec, network: CoordinateNetwork) -> NDArray[np.float32]:
    """The network's picture [H, W, 3], clamped to [0, 1]."""
    width, height = spec.fitted_size
    coords = pixel_centres(width, height, str(next(network.parameters()).device))
    colours = torch.cat([network(chunk) for chunk in coords.split(CHUNK_PIXELS)])
    picture: NDArray[np.float32] = colours.clamp(0, 1).reshape(height, width, -1).cpu().numpy()
    return picture


def decoded(file: bytes) -> NDArray[np.float32]:
    """The pixels of a JPEG file, [H, W, 3] in [0, 1]."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image, np.float32) / np.float32(255)


class _Scorer:
    """Measures pictures against the fitted pixels."""

    def __init__(self, pixels: NDArray[np.float32]) -> None:
        self._target = torch.from_numpy(pixels)
        self._image = Image.fromarray(pictures.to_bytes(pixels))
        self._num_pixels = pixels.shape[0] * pixels.shape[1]

    def jpeg(self, quality: int) -> Jpeg:
        buffer = io.BytesIO()
        subsampling = 0 if quality >= FULL_COLOUR_FROM else 2
        self._image.save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
        file = buffer.getvalue()
        return Jpeg(quality, file, psnr_db(torch.from_numpy(decoded(file)), self._target))

    def scores(self, picture: NDArray[np.float32]) -> tuple[float, float | None]:
        """PSNR and, where the picture is large enough, SSIM."""
        found = torch.from_numpy(picture)
        similar = ssims(found[None], self._target)
        return psnr_db(found, self._target), None if similar is None else similar.item()

    def row(self, size: int, scores: tuple[float, float | None]) -> dict[str, Any]:
        psnr, ssim = scores
        return {
            "bytes": size,
            "bpp": 8 * size / self._num_pixels,
            "psnr_db": psnr if math.isfinite(psnr) else None,
            "is_exact": psnr == math.inf,
            "ssim_valid": ssim if ssim is not None and math.isfinite(ssim) else None,
        }
