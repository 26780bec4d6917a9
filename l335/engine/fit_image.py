"""Image regression: a coordinate network f(x, y) -> (r, g, b)."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor, nn
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from l335.engine import pictures
from l335.engine.sampler import EpochSampler
from l335.engine.snapshots import Part
from l335.engine.task import EvaluationStopped, Preview
from l335.spec import FitImageSpec

TILE_PIXELS = 4096
"""Pixels per pass: activations of this many stay in a core's cache (twice the speed of all)."""

MAX_ENCODED_BYTES = 512 * 2**20
"""Encoded inputs are kept for the whole run up to this size, else made anew per tile."""

EVALUATION_SHARE = 0.15
"""Part of the run's pixel passes spent on looking at the whole image."""
MIN_EVALUATIONS, MAX_EVALUATIONS = 10, 60

SSIM_WINDOW = 11  # pixels; with sigma 1.5, the metric's published setting
ERROR_GAIN = 4.0  # the error map is white at a mean error of 1/4


def pixel_centres(width: int, height: int, device: str = "cpu") -> Tensor:
    """Coordinates [height * width, 2] of pixel centres, ((i + 0.5) / W, (j + 0.5) / H), row by row.

    A grid s times denser lines up with bicubic interpolation (align_corners=False) exactly.
    """
    x = (torch.arange(width, dtype=torch.float32, device=device) + 0.5) / width
    y = (torch.arange(height, dtype=torch.float32, device=device) + 0.5) / height
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows], dim=-1).reshape(-1, 2)


def load_pixels(spec: FitImageSpec, data: bytes) -> NDArray[np.float32]:
    """The image a run is fitted to: [H, W, 3] in [0, 1], averaged down to ``spec.fitted_size``."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        image = opened.convert("RGB")
    if spec.crop == "square":
        side = min(image.size)
        image = ImageOps.fit(image, (side, side), Image.Resampling.BOX)
    image = image.resize(spec.fitted_size, Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32) / np.float32(255)


class CoordinateNetwork(nn.Module):
    """Encoding and ReLU network in one: coordinates [N, 2] in, colours [N, 3] out."""

    drawn: Tensor | None

    def __init__(self, spec: FitImageSpec) -> None:
        super().__init__()
        self.spec = spec
        # A buffer: the frequencies belong to the run and are saved with it.
        self.register_buffer("drawn", spec.encoding.draw(spec.NUM_COORDINATES))
        size = spec.encoding.num_features(spec.NUM_COORDINATES)
        stack: list[nn.Module] = []
        for _ in range(spec.depth):
            stack += [nn.Linear(size, spec.width), nn.ReLU()]
            size = spec.width
        output = {"sigmoid": nn.Sigmoid(), "relu": nn.ReLU(), "linear": nn.Identity()}[spec.output]
        self.layers = nn.Sequential(*stack, nn.Linear(size, spec.NUM_CHANNELS), output)

    def encode(self, coords: Tensor) -> Tensor:
        """Inputs [N, num_features] of the layers for coordinates [N, 2]."""
        return self.spec.encoding.encode(coords, self.drawn)

    def forward(self, coords: Tensor) -> Tensor:
        colours: Tensor = self.layers(self.encode(coords))
        return colours


def build_network(spec: FitImageSpec) -> CoordinateNetwork:
    """The untrained network of a specification, on the CPU."""
    torch.manual_seed(spec.seed)
    network = CoordinateNetwork(spec)
    spec.initialiser.apply_to(network.layers)
    return network


def evaluation_steps(spec: FitImageSpec) -> set[int]:
    """Steps after which the whole image is looked at: denser early, first and last included."""
    # A look is a forward pass over all pixels; a training pass costs about three of them.
    pixel_passes = 3 * spec.steps * spec.samples_per_step / spec.num_pixels
    affordable = int(EVALUATION_SHARE * pixel_passes)
    count = min(max(affordable, MIN_EVALUATIONS), MAX_EVALUATIONS)
    return {round(spec.steps * (number / count) ** 1.5) for number in range(count + 1)}


class FitImageTask:
    """Fits a coordinate network to one image, in random batches or full-batch in tiles."""

    def __init__(self, spec: FitImageSpec, image: bytes, device: str) -> None:
        self.spec, self._device = spec, device
        self.pixels = load_pixels(spec, image)
        self.target = torch.from_numpy(self.pixels).reshape(-1, spec.NUM_CHANNELS).to(device)
        self.coords = pixel_centres(*spec.fitted_size, device)  # [N, 2]
        self.model = build_network(spec).to(device)
        self.optimizer = spec.optimizer.build(self.model.parameters(), spec.lr)
        batch = spec.num_pixels if spec.batch_pixels == "all" else spec.batch_pixels
        self.is_full_batch = batch >= spec.num_pixels
        self.sampler = EpochSampler(spec.num_pixels, batch, spec.seed, device)
        features = spec.encoding.num_features(spec.NUM_COORDINATES)
        with torch.no_grad():
            keep = spec.num_pixels * features * self.coords.element_size() <= MAX_ENCODED_BYTES
            self.encoded = self.model.encode(self.coords) if keep else None
        self._evaluations = evaluation_steps(spec)
        self._prediction = self.target  # replaced by the first evaluation

    def _inputs(self, index: Tensor | slice) -> Tensor:
        if self.encoded is not None:
            return self.encoded[index]
        return self.model.encode(self.coords[index])

    def _tiles(self, step: int) -> list[Tensor | slice]:
        if self.is_full_batch:  # slices, so that nothing is copied
            starts = range(0, self.spec.num_pixels, TILE_PIXELS)
            return [slice(s, min(s + TILE_PIXELS, self.spec.num_pixels)) for s in starts]
        return list(self.sampler.batch(step).split(TILE_PIXELS))

    def accumulate_gradients(self, step: int) -> Tensor:
        tiles = self._tiles(step)
        targets = [self.target[tile] for tile in tiles]
        num_pixels = sum(len(target) for target in targets)
        total = torch.zeros((), device=self._device)
        for tile, target in zip(tiles, targets, strict=True):
            prediction = self.model.layers(self._inputs(tile))  # [tile, 3]
            # Weighted by its share, the sum over tiles is the mean over all pixels.
            share = self.spec.loss.measure(prediction, target) * (len(target) / num_pixels)
            share.backward()
            total += share.detach()
        return total

    def update(self, step: int) -> dict[str, float]:
        self.optimizer.step()
        return {}

    def is_evaluation_due(self, step: int) -> bool:
        return step in self._evaluations

    @torch.inference_mode()
    def evaluate(self, should_stop: Callable[[], bool]) -> dict[str, float]:
        tiles: list[Tensor] = []
        for start in range(0, self.spec.num_pixels, TILE_PIXELS):
            if should_stop():
                raise EvaluationStopped
            tiles.append(self.model.layers(self._inputs(slice(start, start + TILE_PIXELS))))
        self._prediction = torch.cat(tiles).clamp_(0, 1)  # [N, 3]
        scores = {"train/psnr_db": psnr_db(self._prediction, self.target)}
        if min(self.spec.fitted_size) >= SSIM_WINDOW:
            scores["train/ssim"] = self._ssim()
        return scores

    def _ssim(self) -> float:
        width, height = self.spec.fitted_size
        planes = [
            values.reshape(1, height, width, 3).permute(0, 3, 1, 2)  # [1, 3, H, W]
            for values in (self._prediction, self.target)
        ]
        score = structural_similarity_index_measure(
            planes[0], planes[1], sigma=1.5, kernel_size=SSIM_WINDOW, data_range=1.0
        )
        assert isinstance(score, Tensor)  # a tuple only where the full map is asked for
        return score.item()

    def baseline(self) -> dict[str, float]:
        """PSNR of the best single colour, the line any fit has to clear."""
        mean = self.target.mean(dim=0).expand_as(self.target)
        return {"train/mean_colour_psnr_db": psnr_db(mean, self.target)}

    def snapshot(self, step: int) -> list[Part]:
        return []

    def previews(self) -> list[Preview]:
        fitted = self._prediction.reshape(self.pixels.shape).cpu().numpy()
        error = np.abs(fitted - self.pixels).mean(axis=-1)  # [H, W]
        return [
            Preview("reconstruction", "image/jpeg", pictures.jpeg(pictures.to_bytes(fitted))),
            Preview("error", "image/jpeg", pictures.jpeg(pictures.heat(error * ERROR_GAIN))),
        ]

    def original(self) -> Preview:
        """The image the network is fitted to."""
        return Preview("original", "image/jpeg", pictures.jpeg(pictures.to_bytes(self.pixels)))


def psnr_db(prediction: Tensor, target: Tensor) -> float:
    """PSNR in dB, mean squared error pooled over pixels and channels, both clamped to [0, 1]."""
    score: Tensor = peak_signal_noise_ratio(prediction, target, data_range=(0.0, 1.0))
    return score.item()
