"""What each metric key means: title, unit and which way is better."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

SMALL = 0.1
"""Below this a bare figure, such as a loss, is shown by its leading digits: 0.000898."""


@dataclass(frozen=True)
class Metric:
    """How one metric is shown and compared.

    Attributes:
        key: ``split/name``.
        title: Name shown to people.
        better: Which way is better.
        percent: Whether the value is a share in [0, 1] shown as per cent.
        unit: Unit behind the value, such as ``dB``.
        digits: Digits behind the point when shown.
        measured: How it is worked out, in a sentence; the same in dashboard, report and docs.
    """

    key: str
    title: str
    better: Literal["max", "min"]
    percent: bool = False
    unit: str = ""
    digits: int = 3
    measured: str = ""

    def show(self, value: float) -> str:
        """The value as people read it, with its unit; "infinite dB" for one that is."""
        if math.isinf(value):
            return f"{'infinite' if value > 0 else 'minus infinite'} {self.unit}".rstrip()
        if self.percent:
            return f"{100 * value:.1f} %"
        if not self.unit and abs(value) < SMALL:
            return f"{value:.{self.digits}g}"
        return f"{value:.{self.digits}f} {self.unit}".rstrip()


NOT_FINITE = {"nan": None, "inf": math.inf, "-inf": -math.inf}
"""Values JSON and SQLite have no number for, by their name there; not a number is None here.

The three are three things throughout: a perfect fit has an infinite PSNR, which is the best there
is; a loss that is lost is not a number, and neither best nor worst.
"""


def spelt(value: Any) -> Any:
    """Lists and dictionaries ready for strict JSON: infinities by their names, at any depth."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: spelt(one) for key, one in value.items()}
    return [spelt(one) for one in value] if isinstance(value, list | tuple) else value


def unspelt(value: Any) -> float | None:
    """A figure read back from JSON: a number, or the name of one that is not finite."""
    return NOT_FINITE[value] if isinstance(value, str) else value


TRAIN_IMAGES = "up to 10,000 of the training images, which are judged anew each time"
VALIDATION_IMAGES = "the training images held out for validation"
TEST_IMAGES = "all 10,000 test images"
HELD_OUT = "the pixels held out"
ORIGINAL = "the original that was held back"
PSNR = (
    "-10 log10 of the mean squared error, pooled over {} in red, green and blue; sRGB floats in "
    "[0, 1], the prediction clamped, nothing rounded to 8 bits."
)
SSIM = (
    "Structural similarity over {} in red, green and blue: the mean over Gaussian windows of "
    "11 x 11 pixels (sigma 1.5) that lie wholly within the picture; sRGB floats in [0, 1]."
)
PADDED_SSIM = "As SSIM, but windows that reach over a mirrored border count as well."
MEAN_COLOUR = "PSNR of one flat colour, the mean of the pixels trained on, over {}."
FILTER = "PSNR of the picture enlarged by {}, as Pillow does it but on floats, over {}."


def _psnr(key: str, title: str, measured: str) -> Metric:
    return Metric(key, title, "max", unit="dB", digits=2, measured=measured)


def _accuracy(key: str, title: str, images: str) -> Metric:
    measured = f"Share of right answers over {images}, by the network as it stands then."
    return Metric(key, title, "max", percent=True, measured=measured)


def _loss(key: str, title: str, images: str) -> Metric:
    measured = f"Mean cross-entropy in nats over {images}, without label smoothing."
    return Metric(key, title, "min", measured=measured)


def summary_of(stored: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last and best figures of a run by key, read back from JSON."""
    return {
        str(key): {
            name: unspelt(value) if name in ("last", "best") else value
            for name, value in entry.items()
        }
        for key, entry in stored.items()
    }


METRICS = {
    metric.key: metric
    for metric in [
        Metric(
            "train/loss",
            "Train loss",
            "min",
            measured="What is minimised: the mean over the batches since the last point, each "
            "before its own step.",
        ),
        _loss("train/eval_loss", "Train loss, evaluated", TRAIN_IMAGES),
        _loss("validation/loss", "Validation loss", VALIDATION_IMAGES),
        _loss("test/loss", "Test loss", TEST_IMAGES),
        Metric(
            "test/ece",
            "Calibration error",
            "min",
            percent=True,
            measured="Expected calibration error over the test images: distance of confidence and "
            "accuracy in 15 equal bins of confidence, weighted by their images.",
        ),
        _accuracy("train/accuracy", "Train accuracy", TRAIN_IMAGES),
        _accuracy("validation/accuracy", "Validation accuracy", VALIDATION_IMAGES),
        _accuracy("test/accuracy", "Test accuracy", TEST_IMAGES),
        _psnr(
            "train/mean_colour_psnr_db",
            "Mean colour alone",
            MEAN_COLOUR.format("the same pixels"),
        ),
        _psnr("train/psnr_db", "PSNR", PSNR.format("the pixels trained on")),
        Metric("train/ssim_valid", "SSIM", "max", measured=SSIM.format("the pixels trained on")),
        Metric(
            "train/dead_colours",
            "Dead colours",
            "min",
            digits=0,
            measured="How many of red, green and blue a ReLU output leaves at zero for every "
            "pixel, before the first step and after the last.",
        ),
        _psnr(
            "test/mean_colour_psnr_db",
            "Mean colour, held out",
            MEAN_COLOUR.format(HELD_OUT),
        ),
        _psnr("test/psnr_db", "Held-out PSNR", PSNR.format(HELD_OUT)),
        Metric("test/ssim_valid", "Held-out SSIM", "max", measured=SSIM.format(HELD_OUT)),
        Metric(
            "image/ssim_valid",
            "SSIM of the whole picture",
            "max",
            measured=SSIM.format("all pixels, trained on or held out,"),
        ),
        _psnr("original/psnr_db", "PSNR against the original", PSNR.format(ORIGINAL)),
        Metric(
            "original/ssim_valid",
            "SSIM against the original",
            "max",
            measured=SSIM.format(ORIGINAL),
        ),
        # Of earlier runs, which counted windows that reach over a mirrored border as well.
        Metric("train/ssim", "SSIM, padded", "max", measured=PADDED_SSIM),
        Metric("test/ssim", "Held-out SSIM, padded", "max", measured=PADDED_SSIM),
        Metric("image/ssim", "SSIM of the whole picture, padded", "max", measured=PADDED_SSIM),
        Metric("original/ssim", "SSIM against the original, padded", "max", measured=PADDED_SSIM),
        *(
            _psnr(
                f"original/{name}_psnr_db",
                f"{name.capitalize()}, against the original",
                FILTER.format(name, ORIGINAL),
            )
            for name in ("nearest", "bicubic", "lanczos")
        ),
    ]
}

LAYER_METRICS = {
    metric.key: metric
    for metric in [
        Metric("update_ratio", "Update-to-parameter ratio", "min", digits=2),
        Metric("dead_share", "Dead units", "min", percent=True),
        Metric("gradient_norm", "Gradient norm", "min"),
        Metric("activation_std", "Activation deviation", "min"),
    ]
}
"""Statistics of single layers; the layer follows behind a slash: ``update_ratio/conv1``."""


ABOVE = "above_"
"""Begins the key of a share: ``above_15/psnr_db``, networks whose PSNR is above 15 dB."""


def describe(key: str) -> Metric:
    """What a key means; statistics of a layer and unknown keys are described as well."""
    if key in METRICS:
        return METRICS[key]
    name, _, layer = key.partition("/")
    if name.startswith("seed_") and f"train/{layer}" in METRICS:
        metric, place = METRICS[f"train/{layer}"], int(name.removeprefix("seed_")) + 1
        return replace(metric, key=key, title=f"{metric.title}, network {place}")
    if name.startswith(ABOVE) and f"train/{layer}" in METRICS:
        metric = METRICS[f"train/{layer}"]
        title = f"Networks above {name.removeprefix(ABOVE)} {metric.unit}"
        return Metric(key, title, "max", percent=True)
    if name in LAYER_METRICS:
        metric = LAYER_METRICS[name]
        return replace(metric, key=key, title=f"{metric.title}, {layer}")
    return Metric(key, key, "min")


def measures(keys: Iterable[str]) -> list[tuple[list[str], str]]:
    """How metrics are worked out: titles that share a sentence, and the sentence, in order."""
    found: dict[str, list[str]] = {}
    for metric in map(describe, dict.fromkeys(keys)):
        if metric.measured:
            found.setdefault(metric.measured, []).append(metric.title)
    return [(titles, measured) for measured, titles in found.items()]


HEADLINE = {"classify": "test/accuracy", "fit-image": "train/psnr_db"}
"""The metric a run of each task is judged by where nothing was held out of the picture."""

HELD_OUT_HEADLINE = "test/psnr_db"
"""The metric an image fit with held-out pixels is judged by: those it was not trained on."""

DASHES = {"train": "dash", "validation": "dashdot", "test": "solid"}
"""Line patterns of what was trained on and of what was not, on pages and in reports."""

BASELINE_DASH = "dot"
"""Line pattern of what is no curve: the mean colour, guessing."""

GUESSING = {"accuracy": ("guessing: 10 %", 0.1), "loss": ("guessing: ln 10 = 2.30", math.log(10))}
"""What a classifier of ten classes has without having learnt anything: name and value."""
