"""Image regression: coordinate networks f(x, y) -> (r, g, b) fitted to one image."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from l335.data.images.resampling import FILTERS, enlarged
from l335.engine import pictures
from l335.engine.coordinate_network import CoordinateNetwork, build_model
from l335.engine.fitted_pixels import average_pooled, load_original, pixel_centres, split
from l335.engine.image_scores import psnr_db, ssims
from l335.engine.image_snapshots import ImageSnapshots, fitted_pictures
from l335.engine.precision import FLOAT32, forward_pass
from l335.engine.sampler import EpochSampler
from l335.engine.snapshots import Part
from l335.engine.statistics import ActivationStatistics, UpdateStatistics
from l335.engine.task import EvaluationStopped, Preview
from l335.spec import FitImageSpec

TILE_PIXELS = 4096
"""Pixels per pass: activations of this many stay in a core's cache (twice the speed of all)."""

TILE_PIXELS_GPU = 65_536  # a GPU wants much at a time; at width 256 under 1 GB of activations

MIN_TILE_PIXELS = 1024  # of stacked networks; with fewer, products are too small to be quick

WATCHED_PIXELS = 1024
"""Pixels over which activations are summed up, as many as images of a classifier. More would take
as long as all the rest of an evaluation, and move no figure that is shown."""

MAX_ENCODED_BYTES = 512 * 2**20
"""Encoded inputs are kept for the whole run up to this size, else made anew per tile."""


class FitImageTask:
    """Fits coordinate networks to one image, in random batches or full-batch in tiles.

    Of several seeds each sees what it would see alone: its own weights and order of pixels.
    """

    def __init__(
        self, spec: FitImageSpec, image: bytes, device: str, precision: str = FLOAT32
    ) -> None:
        self.spec, self._device, self._precision = spec, device, precision
        self._original = load_original(spec, image)
        self.pixels = average_pooled(self._original, spec.hold_back)
        self.target = torch.from_numpy(self.pixels).reshape(-1, spec.NUM_CHANNELS).to(device)
        self.split = split(spec)
        self._train = None if self.split.train is None else self.split.train.to(device)
        mean_colour = self._of_train(self.target).mean(dim=0).cpu()
        self.model = build_model(spec, mean_colour).to(device)
        self.optimizer = spec.optimizer.build(self.model.parameters(), spec.lr)
        self.coords = pixel_centres(*spec.fitted_size, device)  # [N, 2]
        self._inputs = self._all_inputs()
        size = spec.num_train_pixels
        batch = size if spec.is_full_batch else int(spec.samples_per_step)
        self.samplers = [EpochSampler(size, batch, seed, device) for seed in spec.seeds]
        tile = TILE_PIXELS if device == "cpu" else TILE_PIXELS_GPU
        self._tile = max(MIN_TILE_PIXELS, tile // spec.num_seeds)
        self._evaluations = spec.evaluation_steps()
        self._snapshots = ImageSnapshots(spec, self.pixels, sorted(self._evaluations))
        self._prediction = self.target.expand(spec.num_seeds, -1, -1)  # [S, N, 3], once evaluated
        self._painted: list[Part] = []  # of the last evaluation, where they were made
        self._is_over = False
        self._loss = torch.zeros((), device=device)
        self._updates: UpdateStatistics | None = None
        self._activations: ActivationStatistics | None = None  # over some pixels
        self._of_all_pixels: ActivationStatistics | None = None

    def _all_inputs(self) -> Tensor:
        """What the layers see of every pixel, [N, F]; coordinates where that is made anew."""
        features = self.spec.encoding.num_features(self.spec.NUM_COORDINATES)
        size = self.spec.num_pixels * features * self.coords.element_size()
        self._is_encoded = (
            self.spec.encoding.num_parameters(self.spec.NUM_COORDINATES) == 0
            and size <= MAX_ENCODED_BYTES
        )
        if not self._is_encoded:
            return self.coords
        with torch.no_grad():
            encoded: Tensor = self.model.encoding(self.coords)  # type: ignore[operator]
        return encoded

    def _colours(self, inputs: Tensor) -> Tensor:
        """Colours [S, n, 3] of some pixels' inputs, [n, F] or [S, n, F]."""
        model: Any = self.model
        colours: Tensor = model.layers(inputs) if self._is_encoded else model(inputs)
        return colours[None] if colours.ndim == 2 else colours

    def _of_train(self, values: Tensor) -> Tensor:
        return values if self._train is None else values[self._train]

    def batch(self, step: int) -> Tensor:
        """Pixels of a step, [B] or for several seeds [S, B]; none of them where it sees all."""
        if self.spec.is_full_batch:
            return torch.empty(0, dtype=torch.int64, device=self._device)
        index = torch.stack([sampler.batch(step) for sampler in self.samplers])  # [S, B]
        if self._train is not None:
            index = self._train[index]
        return index[0] if len(index) == 1 else index

    def _tiles(self, batch: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Inputs and target colours of one step, in pieces that stay in the cache."""
        if self.spec.is_full_batch:
            inputs, target = self._of_train(self._inputs), self._of_train(self.target)
            return list(zip(inputs.split(self._tile), target.split(self._tile), strict=True))
        return [(self._inputs[i], self.target[i]) for i in batch.split(self._tile, dim=-1)]

    def accumulate_gradients(self, batch: Tensor) -> Tensor:
        tiles = self._tiles(batch)
        num_pixels = sum(target.shape[-2] for _, target in tiles)
        losses = torch.zeros(self.spec.num_seeds, device=self._device)
        for inputs, target in tiles:
            with forward_pass(self._precision, self._device):
                colours = self._colours(inputs).float()  # [S, tile, 3]
            each = target.expand_as(colours)
            # Weighted by its share, the sum over tiles is the mean over all pixels.
            share = target.shape[-2] / num_pixels
            parts = [
                self.spec.loss.measure(*pair) * share for pair in zip(colours, each, strict=True)
            ]
            tile_losses = torch.stack(parts)
            tile_losses.sum().backward()  # no seed's gradient depends on another
            losses += tile_losses.detach()
        self._loss = mean_of_finite(losses)
        return self._loss

    def is_watched(self, step: int) -> bool:
        return self.spec.num_seeds == 1 and step in self._snapshots.steps

    def update(self, step: int) -> dict[str, float]:
        self._updates = None
        if self.is_watched(step) and isinstance(self.model, CoordinateNetwork):
            self._updates = UpdateStatistics(self.model.layers)
        self._step_optimizer(step)
        if self._updates is None:
            return {}
        self._updates.finish()
        return self._updates.rows()

    def _step_optimizer(self, step: int) -> None:
        if not self.spec.optimizer.needs_closure:
            self.optimizer.step()
            return
        known = [self._loss]  # the gradients are there already when it asks for the first time

        def loss() -> Tensor:
            if known:
                return known.pop()
            self.optimizer.zero_grad(set_to_none=True)
            return self.accumulate_gradients(self.batch(step))

        self.optimizer.step(loss)  # type: ignore[arg-type]

    def is_evaluation_due(self, step: int) -> bool:
        return step in self._evaluations

    @property
    def evaluation_batches(self) -> int:
        return math.ceil(len(self._inputs) / self._tile)

    @torch.inference_mode()
    def evaluate(self, step: int, should_stop: Callable[[], bool]) -> dict[str, float]:
        tiles: list[Tensor] = []
        self._activations = self._of_all_pixels = None
        if isinstance(self.model, CoordinateNetwork):
            self._activations = ActivationStatistics(self.model.layers)
            if step in self._snapshots.seed_steps:
                self._of_all_pixels = ActivationStatistics(self.model.layers, has_histograms=False)
        for number, inputs in enumerate(self._inputs.split(self._tile)):
            if should_stop():
                raise EvaluationStopped
            with self._watching(is_first=number == 0, num_pixels=len(inputs)):
                tiles.append(self._colours(inputs))
        self._prediction = torch.cat(tiles, dim=1).clamp_(0, 1)  # [S, N, 3]
        self._painted = []
        self._is_over = step == self.spec.total_steps
        scores = self._scores()
        if self.spec.output == "relu" and step in self._snapshots.seed_steps:
            scores |= self._dead_colours()
        return scores

    @contextlib.contextmanager
    def _watching(self, is_first: bool, num_pixels: int) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if is_first and self._activations is not None:
                every = math.ceil(num_pixels / WATCHED_PIXELS)
                stack.enter_context(self._activations.watching(every))
            if self._of_all_pixels is not None:
                stack.enter_context(self._of_all_pixels.watching())
            yield

    def _scores(self) -> dict[str, float]:
        scores: dict[str, float] = {}
        parts = {"train": self._train, "test": self.split.test}
        for name, index in parts.items():
            if name == "test" and index is None:
                continue
            target = self.target if index is None else self.target[index]
            chosen = self._prediction if index is None else self._prediction[:, index]
            found = torch.tensor([psnr_db(one, target) for one in chosen])
            scores[f"{name}/psnr_db"] = middle(found)
            if name == "train" and self.spec.num_seeds > 1:
                scores |= {f"seed_{k}/psnr_db": value for k, value in enumerate(found.tolist())}
            similar = self._ssim(chosen, target, name)
            if similar is not None:
                scores[f"{name}/ssim_valid"] = middle(similar)
        if self.split.regular is None:
            whole = self._pictures(self._prediction)
            similar = ssims(whole, torch.from_numpy(self.pixels).to(self._device))
            if similar is not None:
                scores["image/ssim_valid"] = middle(similar)
        return scores

    def _dead_colours(self) -> dict[str, float]:
        """How many colours of each network are zero for every pixel, trained on or not."""
        counts = (self._prediction.amax(dim=1) <= 0).sum(dim=1).tolist()  # of [S, 3]
        if len(counts) == 1:
            return {"train/dead_colours": float(counts[0])}
        return {f"seed_{k}/dead_colours": float(count) for k, count in enumerate(counts)}

    def _ssim(self, chosen: Tensor, target: Tensor, part: str) -> Tensor | None:
        """Similarity of a part that is a picture of its own: all pixels, or every second one."""
        if self.split.regular is None:
            return None
        width, height = self.spec.fitted_size
        if self.split.regular > 1:
            extra = 1 if part == "train" else 0
            width, height = (width + extra) // 2, (height + extra) // 2
        shape = (height, width, self.spec.NUM_CHANNELS)
        return ssims(chosen.reshape(-1, *shape), target.reshape(shape))

    def _pictures(self, colours: Tensor) -> Tensor:
        return colours.reshape(self.spec.num_seeds, *self.pixels.shape)  # [S, H, W, 3]

    def baseline(self) -> dict[str, float]:
        """PSNR of the best single colour and of the usual filters, the lines a fit has to clear.

        Filters where the original was held back: how near their enlargement comes to it.
        """
        target = self._of_train(self.target)
        mean = target.mean(dim=0)
        scores = {"train/mean_colour_psnr_db": psnr_db(mean.expand_as(target), target)}
        if self.split.test is not None:
            held = self.target[self.split.test]
            scores["test/mean_colour_psnr_db"] = psnr_db(mean.expand_as(held), held)
        if self.spec.hold_back > 1:
            original = torch.from_numpy(self._original)
            for name in FILTERS:
                large = torch.from_numpy(enlarged(self.pixels, self.spec.original_size, name))
                scores[f"original/{name}_psnr_db"] = psnr_db(large, original)
        return scores

    def snapshot(self, step: int) -> list[Part]:
        if step not in self._snapshots.steps:
            return []
        colours = self._pictures(self._prediction).cpu().numpy()
        made = (self._updates, self._activations, self._of_all_pixels)
        return self._snapshots.parts(step, self.model, colours, self._paint(), *made)

    def previews(self) -> list[Preview]:
        return [Preview(part.name, part.media_type, part.data) for part in self._paint()]

    def _paint(self) -> list[Part]:
        """Pictures of the last evaluation; those of the last step are exact, as they are saved."""
        if not self._painted:
            colours = self._pictures(self._prediction).cpu().numpy()
            self._painted = fitted_pictures(colours, self.pixels, is_exact=self._is_over)
        return self._painted

    def original(self) -> Preview:
        """The image the network is fitted to."""
        picture = pictures.to_bytes(self.pixels)
        return Preview("original", *pictures.photograph(picture, is_exact=True))

    def held_back_scores(self) -> dict[str, float]:
        """PSNR and SSIM of the enlargement against the original that was held back."""
        if self.spec.hold_back == 1:
            return {}
        coords = pixel_centres(*self.spec.original_size, self._device)
        with torch.inference_mode():
            colours = [self._dense(tile) for tile in coords.split(TILE_PIXELS)]
        dense = torch.cat(colours, dim=1).clamp_(0, 1)
        target = torch.from_numpy(self._original).to(self._device)
        whole = dense.reshape(-1, *target.shape)
        scores = {"original/psnr_db": middle(torch.tensor([psnr_db(p, target) for p in whole]))}
        similar = ssims(whole, target)
        return scores if similar is None else scores | {"original/ssim_valid": middle(similar)}

    def _dense(self, coords: Tensor) -> Tensor:
        model: Any = self.model
        colours: Tensor = model(coords)
        return colours[None] if colours.ndim == 2 else colours


def mean_of_finite(losses: Tensor) -> Tensor:
    """The mean loss of several seeds [S]: one that diverged does not hide how the others do.

    Not finite where no seed's is. Nothing here waits for the device.
    """
    if len(losses) == 1:
        return losses[0]
    is_finite = losses.isfinite()
    count = is_finite.sum()
    mean = losses.where(is_finite, 0).sum() / count
    return mean.where(count > 0, losses.mean())


def middle(values: Tensor) -> float:
    """The median; of an even number, the mean of the two in the middle; nan ones left out."""
    return float(np.nanmedian(values.cpu().numpy())) if not values.isnan().all() else float("nan")
