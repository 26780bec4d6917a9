"""The recorded course of an image run: what is kept at some of its evaluations."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from l335.data.images.spectrum import band_power, frequency_bands
from l335.engine import pictures
from l335.engine.coordinate_network import CoordinateNetwork, Model, member
from l335.engine.fitted_pixels import pixel_centres
from l335.engine.network_state import network_state, pack_first_layers, watched
from l335.engine.snapshots import Part, pack_weights
from l335.engine.statistics import (
    ActivationStatistics,
    UpdateStatistics,
    finite,
    layer_report,
)
from l335.modules.signed import ToSigned
from l335.spec import FitImageSpec

MAX_KEPT = 24
MAX_WEIGHTS_KEPT = 8
"""Weights are the bulk of a snapshot, and a neuron's picture changes slowly."""

ERROR_GAIN = 4.0  # the error map is white at a mean error of 1/4
MAX_WALL_SIDE = 2048  # pixels of the picture with all seeds


class ImageSnapshots:
    """Makes the files of a snapshot, and knows at which steps."""

    def __init__(
        self, spec: FitImageSpec, pixels: NDArray[np.float32], evaluations: list[int]
    ) -> None:
        self._spec, self._pixels = spec, pixels
        self.steps = set(downsampled(evaluations, MAX_KEPT))
        self._weight_steps = set(downsampled(sorted(self.steps), MAX_WEIGHTS_KEPT))
        self.seed_steps = {min(self.steps), max(self.steps)}
        self._bands = frequency_bands(*spec.fitted_size)
        self._target_power = band_power(pixels, self._bands)

    def parts(
        self,
        step: int,
        model: Model,
        colours: NDArray[np.float32],
        painted: list[Part],
        updates: UpdateStatistics | None,
        activations: ActivationStatistics | None,
        of_all_pixels: ActivationStatistics | None,
    ) -> list[Part]:
        """The files of one snapshot.

        Args:
            step: Its step.
            model: The network or networks.
            colours: [S, H, W, 3], the evaluation it goes with.
            painted: Its pictures.
            updates: What the step changed, of one network.
            activations: Layers over some pixels, of one network.
            of_all_pixels: Layers over all pixels, of one network, at ``seed_steps``; made here
                where it is missing.
        """
        parts = list(painted)
        if len(colours) == 1:
            parts.append(_json("spectrum", self._spectrum(step, colours[0])))
        if isinstance(model, CoordinateNetwork):
            rows = layer_report(model.layers, updates, activations)
            parts.append(_json("layers", {"step": step, "layers": rows}))
            if step in self._weight_steps:
                parts.append(pack_weights(model, step))
        if step in self.seed_steps:
            parts += self._of_seeds(step, model, colours, of_all_pixels)
        return parts

    def _spectrum(self, step: int, fitted: NDArray[np.float32]) -> dict[str, Any]:
        fit = band_power(fitted, self._bands)
        error = band_power(fitted - self._pixels, self._bands)
        return {
            "step": step,
            "bands": _numbers(self._bands.centres),
            "edges": _numbers(self._bands.edges),
            "target": _numbers(self._target_power),
            "fit": _numbers(fit),
            "error": _numbers(error),
        }

    def _of_seeds(
        self,
        step: int,
        model: Model,
        colours: NDArray[np.float32],
        of_all_pixels: ActivationStatistics | None,
    ) -> list[Part]:
        """What is dead in each network, and where its first layer folds the picture."""
        coords = pixel_centres(*self._spec.fitted_size, str(next(model.parameters()).device))
        networks = [member(self._spec, model, place) for place in range(self._spec.num_seeds)]
        found = []
        for place, (seed, network) in enumerate(zip(self._spec.seeds, networks, strict=True)):
            mse = float(np.mean((colours[place] - self._pixels) ** 2, dtype=np.float64))
            psnr = -10 * math.log10(mse) if mse > 0 else None  # of a nan there is none either
            state = network_state(of_all_pixels or watched(network, coords))
            found.append({"place": place, "seed": seed, "psnr_db": psnr, **state})
        parts = [_json("seeds", {"step": step, "seeds": found})]
        # Behind an encoding a fold is no straight line of the picture.
        if isinstance(networks[0].encoding, nn.Identity | ToSigned):
            parts.append(_json("folds", {"step": step, **pack_first_layers(networks)}))
        return parts


def fitted_pictures(
    colours: NDArray[np.float32], pixels: NDArray[np.float32], *, is_exact: bool
) -> list[Part]:
    """What the fit looks like, and where it is wrong; of several seeds, a wall of the fits.

    Args:
        colours: [S, H, W, 3] in [0, 1].
        pixels: The image [H, W, 3].
        is_exact: Whether the files hold every pixel as it is.
    """
    fitted = np.nan_to_num(wall(colours) if len(colours) > 1 else colours[0])
    found = {"reconstruction": pictures.to_bytes(fitted)}
    if len(colours) == 1:
        error = np.abs(fitted - pixels).mean(axis=-1)  # [H, W]
        found["error"] = pictures.heat(error * ERROR_GAIN)
    return [
        Part(name, *pictures.photograph(picture, is_exact=is_exact))
        for name, picture in found.items()
    ]


def wall(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pictures [S, H, W, 3] row by row in the squarest grid, with ceil(sqrt(S)) columns.

    Every n-th pixel of a picture is shown where the wall would be too large; the last row may
    have empty places.
    """
    columns = math.ceil(math.sqrt(len(colours)))
    rows = math.ceil(len(colours) / columns)
    stride = math.ceil(columns * max(colours.shape[1:3]) / MAX_WALL_SIDE)
    small = colours[:, ::stride, ::stride]
    height, width = small.shape[1:3]
    sheet = np.zeros((rows * height, columns * width, 3), np.float32)
    for place, picture in enumerate(small):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height, left : left + width] = picture
    return sheet


def downsampled(steps: list[int], most: int) -> list[int]:
    """At most so many of the steps, first and last among them, evenly spread."""
    if len(steps) <= most:
        return steps
    return [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [finite(float(f"{value:.5g}")) for value in values]


def _json(name: str, values: dict[str, Any]) -> Part:
    return Part(name, "application/json", json.dumps(values, allow_nan=False).encode())
