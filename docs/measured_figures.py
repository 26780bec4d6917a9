"""Measures what other scripts show in place of our figures, and writes it into docs/figures.md.

    .venv/bin/python docs/measured_figures.py [--data-dir results-data]

Some two minutes on one core. scikit-image, piq, opencv-python-headless, keras and flax are asked
where they are installed, which the dashboard needs none of; the rows of those that are not stay
as they were.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
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
from l335.engine.classify import build_classifier, load_split, to_inputs  # noqa: E402
from l335.engine.evaluation import accuracy_and_loss  # noqa: E402
from l335.engine.fitted_pixels import average_pooled  # noqa: E402
from l335.engine.image_scores import psnr_db, ssims  # noqa: E402
from l335.engine.sampler import EpochSampler  # noqa: E402
from l335.fields import with_settings  # noqa: E402
from l335.hardware import hardware  # noqa: E402
from l335.images.resampling import enlarged  # noqa: E402
from l335.metrics import METRICS  # noqa: E402
from l335.presets import preset  # noqa: E402
from l335.spec import ClassifySpec  # noqa: E402

PAGE = ROOT / "docs" / "figures.md"
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


def enlarged_by_torch() -> Tensor:
    small = torch.from_numpy(average_pooled(photograph().numpy(), FACTOR))
    large = F.interpolate(planes(small), scale_factor=FACTOR, mode="bicubic", align_corners=False)
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


def rows(data_dir: Path) -> list[Row]:
    """Every line of the table, in its order."""
    return [*psnr_rows(), *ssim_rows(), *network_rows(), *training_rows(data_dir)]


def psnr_rows() -> list[Row]:
    of_levels = "PSNR in dB of a prediction with Gaussian errors of four sizes"
    of_picture = "PSNR in dB of an enlargement"
    bicubic = partial(psnr_of, enlargement)
    return [
        Row(
            of_levels,
            "from pictures rounded to 8 bits",
            "Rounding adds an error of its own, a twelfth of a squared level on average; where "
            "nearly all errors are below half a level, it takes them away instead, for the "
            "photograph itself is of 8 bits. We judge what the network says, in floats.",
            "{:.2f}",
            psnr_of_levels,
            partial(psnr_of_levels, rounded),
        ),
        Row(
            of_levels,
            "from pictures truncated to 8 bits, as `astype(uint8)` does",
            "Half a level too dark everywhere.",
            "{:.2f}",
            psnr_of_levels,
            partial(psnr_of_levels, truncated),
        ),
        Row(
            of_levels,
            "on grey, 0.299 R + 0.587 G + 0.114 B",
            "Errors of the three colours, here independent, partly cancel. We pool them.",
            "{:.2f}",
            psnr_of_levels,
            lambda: psnr_of_grey(*map(with_error, LEVELS_DB)),
        ),
        Row(
            of_picture,
            "on grey, 0.299 R + 0.587 G + 0.114 B",
            "Here the filter errs in all three colours alike, so that nothing cancels.",
            "{:.2f}",
            bicubic,
            lambda: psnr_of_grey(enlargement()),
        ),
        Row(
            of_picture,
            "`cv2.PSNR(x, y)` of floats in [0, 1]",
            "Its peak is 255 unless R is given: 20 log10 255 = 48.13 dB too much.",
            "{:.2f}",
            bicubic,
            opencv_psnr,
            "opencv-python-headless",
            ("cv2",),
        ),
        Row(
            of_picture,
            '`F.interpolate(mode="bicubic")`',
            "The cubic's a is -0.75 there and -0.5 in ours, which is Pillow's and Keys's.",
            "{:.2f}",
            bicubic,
            partial(psnr_of, enlarged_by_torch),
        ),
        Row(
            of_picture,
            "`cv2.resize(interpolation=INTER_CUBIC)`",
            "a is -0.75, as in PyTorch.",
            "{:.2f}",
            bicubic,
            partial(psnr_of, enlarged_by_opencv),
            "opencv-python-headless",
            ("cv2",),
        ),
    ]


def ssim_rows() -> list[Row]:
    as_published = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    scikit, piq = ("scikit-image", ("skimage",)), ("piq", ("piq",))
    found: list[tuple[str, str, Callable[[], Numbers], tuple[str, tuple[str, ...]]]] = [
        (
            "torchmetrics, defaults",
            "It mirrors the picture at its border and counts windows that reach over it.",
            torchmetrics_ssim,
            ("torchmetrics", ()),
        ),
        (
            "scikit-image, defaults",
            "Windows of 7 x 7 pixels, all of one weight, and the sample covariance.",
            scikit_ssim,
            scikit,
        ),
        (
            "scikit-image, `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`",
            "The paper's settings: the same as ours.",
            partial(scikit_ssim, **as_published),
            scikit,
        ),
        (
            "piq, defaults",
            "It averages pictures down first, to a shorter side of about 256 pixels: here by 2, "
            "which forgives fine detail.",
            piq_ssim,
            piq,
        ),
        (
            "piq, `downsample=False`",
            "The same as ours.",
            partial(piq_ssim, downsample=False),
            piq,
        ),
    ]
    figure = "SSIM of an enlargement"
    return [Row(figure, u, why, "{:.4f}", our_ssim, theirs, *p) for u, why, theirs, p in found]


def network_rows() -> list[Row]:
    sigma = "Cycles per side that sigma = 10 stands for"
    spreads = "Deviation of weights and of biases, 784 inputs to 512 units, by default"
    longest = "Largest weight of 784 x 512 in deviations, Kaiming normal"
    keras, flax = ("keras", ("keras", "jax")), ("flax", ("flax",))
    ours = partial(cycles, encoding())
    return [
        Row(
            sigma,
            "coordinates from -1 to 1",
            "A side is 2 long there, so that it holds twice the cycles. Our figure is the "
            "deviation of the 2,048 frequencies drawn.",
            "{:.2f}",
            ours,
            partial(cycles, features_of_signed),
        ),
        Row(
            sigma,
            "cos(B g) without 2 pi",
            "Sigma is in radians there.",
            "{:.2f}",
            ours,
            partial(cycles, features_without_2_pi),
        ),
        Row(
            spreads,
            "Keras `Dense`: Glorot uniform, zero biases",
            "PyTorch draws both uniformly within 1/sqrt(fan in).",
            "{:.4f}",
            our_spread,
            lambda: spread(*keras_layer()),
            *keras,
        ),
        Row(
            spreads,
            "Flax `nnx.Linear`: LeCun normal, truncated, zero biases",
            "Its variance is 1/fan in, that of PyTorch's default a third of it.",
            "{:.4f}",
            our_spread,
            lambda: spread(*flax_layer()),
            *flax,
        ),
        Row(
            longest,
            "Keras `HeNormal`, on JAX",
            "Truncated at two deviations of the normal it draws from, which is widened by "
            "1/0.8796 to make up for it; ours, PyTorch's, has its tails.",
            "{:.2f}",
            our_largest,
            lambda: largest(keras_layer(kernel_initializer="he_normal")[0]),
            *keras,
        ),
        Row(
            longest,
            "Flax's default, LeCun normal",
            "Truncated and widened likewise.",
            "{:.2f}",
            our_largest,
            lambda: largest(flax_layer()[0]),
            *flax,
        ),
    ]


def training_rows(data_dir: Path) -> list[Row]:
    def accuracy(name: str, prepared: Callable[[Tensor], Tensor] = to_inputs) -> Numbers:
        return (trained(data_dir, prepared)[name],)

    return [
        Row(
            "Test accuracy, basic net on 6,000 images, two epochs",
            "inputs by `Normalize(0.5, 0.5)`",
            "The mean square of an input is 0.68 there and 0.21 in [0, 1], and with it the first "
            "layer's gradients grow: after so few steps it is ahead. Ours stay in [0, 1], as in "
            "the practical.",
            "{:.3f}",
            partial(accuracy, "test"),
            partial(accuracy, "test", normalised),
        ),
        Row(
            "Train accuracy of the second of these epochs",
            "the mean over its batches while it trains",
            "Each batch is judged by the network of its own step, older than the one that is "
            "tested. Ours judges train and test by one network.",
            "{:.3f}",
            partial(accuracy, "train"),
            partial(accuracy, "running"),
        ),
    ]


HEAD = ["Figure", "Ours", "What a script may do", "It shows", "Why", "It is made with"]


def table(head: list[str], lines: list[list[str]], right: tuple[int, ...] = ()) -> str:
    rule = ["--:" if place in right else ":--" for place in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def figures_table() -> str:
    """How each figure is measured, as dashboard and report say it."""
    lines = [[m.title, f"`{m.key}`", m.measured] for m in METRICS.values()]
    return table(["Figure", "Key", "How it is measured"], lines)


def marks(page: str, name: str) -> tuple[int, int]:
    """Where the text between the two marks of a name begins and ends."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    if found is None:
        raise SystemExit(
            f"{PAGE} has no marks <!-- {name} --> and <!-- end --> on lines of their own."
        )
    return found.span(1)


def with_text(page: str, name: str, text: str) -> str:
    """The page with another text between the marks of a name."""
    first, last = marks(page, name)
    return page[:first] + text + page[last:]


def lines_of(page: str) -> dict[tuple[str, str], list[str]]:
    """Lines of the page's table of measured rows, by figure and by what a script may do."""
    first, last = marks(page, "measured")
    lines = page[first:last].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {(each[0], each[2]): each for each in cells[2:]}


def measured_lines(page: str, data_dir: Path) -> list[list[str]]:
    """All lines, measured anew where it can be done, else as they were."""
    before, lines = lines_of(page), []
    for row in rows(data_dir):
        if row.is_possible:
            lines.append(row.cells())
        elif (row.figure, row.usual) in before:
            lines.append(before[row.figure, row.usual])
            print(f"Left as it was, for {row.package} is not installed: {row.usual}.")
        else:
            raise SystemExit(f"{row.package} has to be installed once for: {row.usual}.")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "results-data")
    data_dir = parser.parse_args().data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    page = PAGE.read_text()
    made_on = ", ".join(
        f"{name} {version}" for name, version in hardware().items() if name[0].islower()
    )
    lines = table(HEAD, measured_lines(page, data_dir), right=(1, 3))
    words = f"Ours with {made_on}; {hardware()['Processor']}, of which one was used."
    page = with_text(page, "figures", figures_table())
    PAGE.write_text(with_text(page, "measured", f"{lines}\n\n{words}"))


if __name__ == "__main__":
    main()
