"""The fitted image from a denser grid, and the same enlarged by filters to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load

from l335.analyses.compute.product import Product, as_json
from l335.analyses.enlargement import METHODS, Enlargement, enlargement
from l335.analyses.looks import UpsampleLook
from l335.core.metrics import spelt
from l335.data.images.area import AreaAverage, area_averaged
from l335.data.images.resampling import FILTERS, Enlarger
from l335.engine.coordinate_network import CoordinateNetwork, trained_network
from l335.engine.fitted_pixels import average_pooled, load_original
from l335.engine.image_scores import psnr_db, ssims
from l335.engine.png_rows import PngRows
from l335.engine.train import Resources
from l335.spec import FitImageSpec

CHUNK_PIXELS = 4096  # at a time through the network; so many activations stay in a core's cache
CHUNK_PIXELS_ON_DEVICE = 131_072
BAND_PIXELS = 262_144  # between two reports
MAX_BAND_ROWS = 256
SHOWN_SIDE = 2048  # pixels of the longer side, in a browser
NETWORK_SHARE = 0.85  # of the time, about
EXACT_DB = 100.0  # beyond rounding in float32

Rows = NDArray[np.float32]
Painter = Callable[[int, int], Rows]
"""Paints rows ``top`` to ``bottom`` of a whole picture, bands included: [n, W, 3] in [0, 1]."""


class Inputs(NamedTuple):
    """What every way to enlarge is made from.

    Attributes:
        network: The trained network, on its device.
        fitted: The pixels it was fitted to, [h, w, 3].
        original: The image those were averaged down from, [H, W, 3]; the same without hold-back.
    """

    network: CoordinateNetwork
    fitted: Rows
    original: Rows


@torch.inference_mode()
def upsample(
    spec: FitImageSpec,
    look: UpsampleLook,
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> list[Product]:
    """The picture to take home, a picture of each way to enlarge for the screen, and scores.

    Everything is painted in bands of rows: memory holds the finished file, and of each picture
    only what a screen can show.

    Raises:
        SpecError: The whole would be too large, or there is no such network.
    """
    plan = enlargement(spec, look)
    original = load_original(spec, resources.read_blob(spec.image))
    network = trained_network(spec, load(checkpoint), look.place).to(resources.device)
    inputs = Inputs(network, average_pooled(original, spec.hold_back), original)
    file = PngRows(*plan.whole, look.bits)
    seen = {"network": _Seen(plan, spec.fitted_size)}
    _walk(
        painter("network", inputs, plan),
        plan,
        [lambda _, rows: file.add(rows), seen["network"].take],
        lambda share: report(NETWORK_SHARE * share),
    )
    others = [*FILTERS, *(["original"] if spec.hold_back > 1 else [])]
    for number, name in enumerate(others):
        seen[name] = _Seen(plan, spec.fitted_size)
        _walk(painter(name, inputs, plan), plan, [seen[name].take], lambda _: None)
        report(NETWORK_SHARE + (1 - NETWORK_SHARE) * (number + 1) / (len(others) + 1))
    scores = _scores(spec, inputs, plan, seen)
    report(1.0)
    meta = {
        "width": plan.whole[0],
        "height": plan.whole[1],
        "frame": plan.frame,
        "band": plan.band,
        "factor": look.factor,
        "bits": look.bits,
        "seed": spec.seeds[look.place],
    }
    picture = Product("upsampled", "image/png", file.finished(), meta)
    return [picture, as_json("scores", scores), *(one.product(name) for name, one in seen.items())]


def painter(name: str, inputs: Inputs, plan: Enlargement) -> Painter:
    """What paints a picture: one of ``METHODS``, or ``original`` for that at the same size."""
    if name == "network":
        return _network_painter(inputs.network, plan)
    if name == "original":
        height, width = inputs.original.shape[:2]
        size = min(width, plan.frame[0]), min(height, plan.frame[1])
        return _framed(Enlarger(area_averaged(inputs.original, *size), plan.frame, "nearest"), plan)
    return _framed(Enlarger(inputs.fitted, plan.frame, name), plan)


def _network_painter(network: CoordinateNetwork, plan: Enlargement) -> Painter:
    device = next(network.parameters()).device
    chunk = CHUNK_PIXELS if device.type == "cpu" else CHUNK_PIXELS_ON_DEVICE
    x = centres(0, plan.whole[0], plan.frame[0], plan.band[0])

    def paint(top: int, bottom: int) -> Rows:
        y = centres(top, bottom, plan.frame[1], plan.band[1])
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # [n, W, 2]
        parts = [
            network(part.to(device)).clamp(0, 1).cpu() for part in grid.reshape(-1, 2).split(chunk)
        ]
        colours: Rows = torch.cat(parts).reshape(len(y), len(x), -1).numpy()
        return colours

    return paint


def centres(first: int, last: int, frame: int, band: int) -> torch.Tensor:
    """Coordinates of the pixels ``first`` to ``last`` of a side; those of the frame lie in 0 to 1.

    They are pixel centres, (i + 0.5) / frame, so that the grid lines up with bicubic
    interpolation (align_corners=False).
    """
    return (torch.arange(first - band, last - band, dtype=torch.float32) + 0.5) / frame


def _framed(enlarger: Enlarger, plan: Enlargement) -> Painter:
    """Filters know nothing beyond the picture: there they repeat its edge."""
    left, above = plan.band

    def paint(top: int, bottom: int) -> Rows:
        inside = np.clip(np.arange(top, bottom) - above, 0, plan.frame[1] - 1)
        first = int(inside[0])
        rows = enlarger.rows(first, int(inside[-1]) + 1)[inside - first]
        return np.pad(rows, ((0, 0), (left, left), (0, 0)), mode="edge")

    return paint


def _walk(
    paint: Painter,
    plan: Enlargement,
    takers: list[Callable[[int, Rows], None]],
    report: Callable[[float], None],
) -> None:
    width, height = plan.whole
    step = min(MAX_BAND_ROWS, max(1, BAND_PIXELS // width))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        rows = paint(top, bottom)
        for take in takers:
            take(top, rows)
        report(bottom / height)


class _Seen:
    """What is kept of a picture that passes by, band by band.

    Attributes:
        shown: The whole, averaged down to what a screen shows.
        back: The frame, averaged down to the fitted size; None where it is smaller than that.
    """

    def __init__(self, plan: Enlargement, fitted: tuple[int, int]) -> None:
        self._plan = plan
        scale = min(1.0, SHOWN_SIDE / max(plan.whole))
        width, height = (max(1, round(side * scale)) for side in plan.whole)
        self.shown = AreaAverage(plan.whole, (width, height))
        is_larger = plan.frame[0] >= fitted[0] and plan.frame[1] >= fitted[1]
        self.back = AreaAverage(plan.frame, fitted) if is_larger else None

    def take(self, top: int, rows: Rows) -> None:
        self.shown.add(top, rows)
        if self.back is None:
            return
        (left, above), (width, height) = self._plan.band, self._plan.frame
        first, last = max(top, above), min(top + len(rows), above + height)
        if first < last:
            inside = rows[first - top : last - top, left : left + width]
            self.back.add(first - above, inside)

    def product(self, name: str) -> Product:
        height, width = self.shown.pixels.shape[:2]
        file = PngRows(width, height, 8)
        file.add(self.shown.pixels)
        meta = {"width": width, "height": height}
        return Product(f"shown/{name}", "image/png", file.finished(), meta)


def _scores(
    spec: FitImageSpec, inputs: Inputs, plan: Enlargement, seen: dict[str, _Seen]
) -> dict[str, Any]:
    """PSNR and SSIM against the original where there is one, and PSNR of the way back."""
    methods: dict[str, dict[str, Any]] = {}
    at_original = Enlargement(spec.original_size, (0, 0))
    for name in METHODS:
        row = methods.setdefault(name, {})
        back = seen[name].back
        if back is not None:
            psnr = _psnr(back.pixels, inputs.fitted)
            row["is_consistent"] = psnr > EXACT_DB
            row["consistency_psnr_db"] = spelt(psnr)
        if spec.hold_back > 1:
            is_seen = plan == at_original  # and of that size nothing was averaged away
            large = (
                seen[name].shown.pixels
                if is_seen
                else painter(name, inputs, at_original)(0, at_original.frame[1])
            )
            row["psnr_db"] = spelt(_psnr(large, inputs.original))
            similar = ssims(torch.from_numpy(large)[None], torch.from_numpy(inputs.original))
            row["ssim_valid"] = None if similar is None else spelt(similar.item())
    size = spec.original_size if spec.hold_back > 1 else None
    return {"original_size": size, "hold_back": spec.hold_back, "methods": methods}


def _psnr(picture: Rows, target: Rows) -> float:
    return psnr_db(torch.from_numpy(picture), torch.from_numpy(target))
