"""Cases in which another script shows other figures than ours: what each of them gives.

``docs/measured_figures.py`` makes the table of docs/figures.md from them.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from l335.components.encodings.gaussian import GaussianEncoding  # noqa: E402
from l335.components.initialisers.kaiming_normal import KaimingNormal  # noqa: E402
from l335.data.images.resampling import enlarged  # noqa: E402
from l335.engine.classify import build_classifier, load_split, to_inputs  # noqa: E402
from l335.engine.evaluation import accuracy_and_loss  # noqa: E402
from l335.engine.fitted_pixels import average_pooled  # noqa: E402
from l335.engine.image_scores import psnr_db, ssims  # noqa: E402
from l335.engine.sampler import EpochSampler  # noqa: E402
from l335.spec import ClassifySpec  # noqa: E402
from l335.spec.from_text import with_settings  # noqa: E402
from l335.spec.presets import preset  # noqa: E402

SIZE, FACTOR = (512, 384), 4
LEVELS_DB = (30, 45, 55, 60)
TRAINING = ["train_size=6000", "epochs=2"]

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One line of the table: our figure, and what is often computed in its place.

    Attributes:
        figure: What is measured, on what.
        usual: What else a script does.
        why: What makes the difference, and why ours is as it is.
        form: How one number is written.
        ours: Measures it as the lab does.
        theirs: Measures it as the other script does.
        package: What ``theirs`` is made with, as it is named on PyPI.
        modules: What has to be importable for it.
    """

    figure: str
    usual: str
    why: str
    form: str
    ours: Callable[[], Numbers]
    theirs: Callable[[], Numbers]
    package: str = "torch"
    modules: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        return all(importlib.util.find_spec(module) for module in self.modules)

    def shown(self, numbers: Numbers) -> str:
        return ", ".join(self.form.format(number) for number in numbers)

    def cells(self) -> list[str]:
        """The line, measured now."""
        made_with = f"{self.package} {metadata.version(self.package)}"
        numbers = self.shown(self.ours()), self.shown(self.theirs())
        return [self.figure, numbers[0], self.usual, numbers[1], self.why, made_with]


# Pictures


@cache
def photograph() -> Tensor:
    """mountains.png at 512 x 384 pixels, [H, W, 3] in [0, 1]."""
    with Image.open(ROOT / "assets" / "images" / "mountains.png") as opened:
        image = opened.convert("RGB").resize(SIZE, Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / np.float32(255))


@cache
def enlargement() -> Tensor:
    """The photograph averaged over squares of 4 pixels, enlarged again by our bicubic filter."""
    small = average_pooled(photograph().numpy(), FACTOR)
    return torch.from_numpy(enlarged(small, SIZE, "bicubic"))


def enlarged_by_torch(**given: Any) -> Tensor:
    small = torch.from_numpy(average_pooled(photograph().numpy(), FACTOR))
    large = F.interpolate(planes(small), scale_factor=FACTOR, mode="bicubic", **given)
    return large[0].permute(1, 2, 0).clamp(0, 1)


def enlarged_by_opencv() -> Tensor:
    import cv2

    small = average_pooled(photograph().numpy(), FACTOR)
    large = cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC)
    return torch.from_numpy(large.clip(0, 1))


def with_error(level_db: float) -> Tensor:
    """The photograph with Gaussian errors that alone have a PSNR of ``level_db``."""
    drawn = np.random.default_rng(0).standard_normal(photograph().shape, dtype=np.float32)
    return (photograph() + torch.from_numpy(drawn) * 10 ** (-level_db / 20)).clamp(0, 1)


def planes(picture: Tensor) -> Tensor:
    """[H, W, 3] to [1, 3, H, W]."""
    return picture.permute(2, 0, 1)[None]


def psnr_of_levels(written: Callable[[Tensor], Tensor] = torch.clone) -> Numbers:
    """Our PSNR of the photograph with errors, as ``written`` makes them."""
    return tuple(psnr_db(written(with_error(level)), photograph()) for level in LEVELS_DB)


def rounded(picture: Tensor) -> Tensor:
    return (picture * 255).round() / 255


def truncated(picture: Tensor) -> Tensor:
    return (picture * 255).to(torch.uint8).to(torch.float32) / 255


def psnr_of(picture: Callable[[], Tensor]) -> Numbers:
    return (psnr_db(picture(), photograph()),)


def psnr_of_grey(*pictures: Tensor) -> Numbers:
    luma = torch.tensor([0.299, 0.587, 0.114])
    return tuple(psnr_db(picture @ luma, photograph() @ luma) for picture in pictures)


def opencv_psnr() -> Numbers:
    import cv2

    return (cv2.PSNR(enlargement().numpy(), photograph().numpy()),)


def our_ssim() -> Numbers:
    found = ssims(enlargement()[None], photograph())
    assert found is not None
    return (found.item(),)


def torchmetrics_ssim() -> Numbers:
    from torchmetrics.functional.image import structural_similarity_index_measure

    pair = planes(enlargement()), planes(photograph())
    return (structural_similarity_index_measure(*pair, data_range=1.0).item(),)


def scikit_ssim(**given: Any) -> Numbers:
    from skimage.metrics import structural_similarity

    pair = enlargement().numpy(), photograph().numpy()
    return (float(structural_similarity(*pair, channel_axis=-1, data_range=1.0, **given)),)


def piq_ssim(**given: Any) -> Numbers:
    import piq

    return (piq.ssim(planes(enlargement()), planes(photograph()), **given).item(),)


# Sigma


def cycles(features_at: Callable[[Tensor], Tensor]) -> Numbers:
    """Deviation of the frequencies in cycles per side, from how fast features part near 0."""
    near = torch.tensor([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]])
    features = features_at(near).double()
    likeness = features @ features[0] / features[0].square().sum()  # exp(-2 (pi sigma d)^2)
    sigma = (-likeness[1:].log() / 2).sqrt() / (math.pi * 1e-3)
    return (sigma.square().mean().sqrt().item(),)


@cache
def encoding() -> nn.Module:
    return GaussianEncoding(sigma=10.0, num_frequencies=2048).build(2)


def features_of_signed(coords: Tensor) -> Tensor:
    """The same frequencies on coordinates in [-1, 1]."""
    features: Tensor = encoding()(2 * coords - 1)
    return features


def features_without_2_pi(coords: Tensor) -> Tensor:
    """cos(B g) and sin(B g)."""
    features: Tensor = encoding()(coords / (2 * math.pi))
    return features


# Initialisers: the first layer of the basic net, 784 to 512


def spread(weight: Any, bias: Any) -> Numbers:
    """Deviations of weights and biases."""
    return float(np.std(np.asarray(weight))), float(np.std(np.asarray(bias)))


def largest(weight: Any) -> Numbers:
    """The largest weight, in deviations of all."""
    values = np.asarray(weight)
    return (float(np.abs(values).max() / values.std()),)


def our_first_layer() -> nn.Linear:
    model = build_classifier(training_spec())
    return next(layer for layer in model.modules() if isinstance(layer, nn.Linear))


def our_spread() -> Numbers:
    layer = our_first_layer()
    return spread(layer.weight.detach(), layer.bias.detach())


def our_largest() -> Numbers:
    layer = our_first_layer()
    KaimingNormal().draw(layer.weight)
    return largest(layer.weight.detach())


def keras_layer(**given: Any) -> tuple[Any, Any]:
    # On PyTorch, Keras 3.15 truncates all but a few in a million: findings/ has the case.
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(512, **given)
    layer.build((None, 784))
    return tuple(keras.ops.convert_to_numpy(values) for values in (layer.kernel, layer.bias))


def flax_layer() -> tuple[Any, Any]:
    from flax import nnx

    layer = nnx.Linear(784, 512, rngs=nnx.Rngs(0))
    return layer.kernel[...], layer.bias[...]


# Training


def training_spec() -> ClassifySpec:
    spec = with_settings(preset("classify-basic").spec, TRAINING)
    assert isinstance(spec, ClassifySpec)
    return spec


def normalised(images: Tensor) -> Tensor:
    """As torchvision's Normalize(0.5, 0.5) leaves them, in [-1, 1]."""
    return (to_inputs(images) - 0.5) / 0.5


@cache
def trained(data_dir: Path, prepared: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """Accuracies of the basic net after its last epoch."""
    spec = training_spec()
    model = build_classifier(spec)
    optimizer = spec.optimizer.build(model.parameters(), spec.lr)
    images, labels = load_split(spec, data_dir, train=True)
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(spec.seed))
    images, labels = images[chosen[: spec.train_size]], labels[chosen[: spec.train_size]]
    sampler = EpochSampler(spec.train_size, spec.batch_size, spec.seed, "cpu")
    num_right = 0
    for step in range(1, spec.total_steps + 1):
        batch = sampler.batch(step)
        optimizer.zero_grad(set_to_none=True)
        logits = model(prepared(images[batch]))  # [B, 10]
        F.cross_entropy(logits, labels[batch]).backward()
        optimizer.step()
        if step > spec.total_steps - spec.steps_per_epoch:
            num_right += int((logits.argmax(1) == labels[batch]).sum())
    with torch.inference_mode():
        on_train = accuracy_and_loss(model(prepared(images)), labels)[0]
        test_images, test_labels = load_split(spec, data_dir, train=False)
        on_test = accuracy_and_loss(model(prepared(test_images)), test_labels)[0]
    return {"running": num_right / spec.train_size, "train": on_train, "test": on_test}
