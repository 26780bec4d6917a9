"""What each metric key means: title, unit and which way is better."""

from __future__ import annotations

import math
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
    """

    key: str
    title: str
    better: Literal["max", "min"]
    percent: bool = False
    unit: str = ""
    digits: int = 3

    def show(self, value: float) -> str:
        """The value as people read it, with its unit; "infinite" for one that is."""
        if math.isinf(value):
            return "infinite" if value > 0 else "minus infinite"
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


METRICS = {
    metric.key: metric
    for metric in [
        Metric("train/loss", "Train loss", "min"),
        Metric("train/eval_loss", "Train loss, evaluated", "min"),
        Metric("test/loss", "Test loss", "min"),
        Metric("test/ece", "Calibration error", "min", percent=True),
        Metric("train/accuracy", "Train accuracy", "max", percent=True),
        Metric("test/accuracy", "Test accuracy", "max", percent=True),
        Metric("train/mean_colour_psnr_db", "Mean colour alone", "max", unit="dB", digits=2),
        Metric("train/psnr_db", "PSNR", "max", unit="dB", digits=2),
        Metric("train/ssim_valid", "SSIM", "max"),
        Metric("test/mean_colour_psnr_db", "Mean colour, held out", "max", unit="dB", digits=2),
        Metric("test/psnr_db", "Held-out PSNR", "max", unit="dB", digits=2),
        Metric("test/ssim_valid", "Held-out SSIM", "max"),
        Metric("image/ssim_valid", "SSIM of the whole picture", "max"),
        Metric("original/psnr_db", "PSNR against the original", "max", unit="dB", digits=2),
        Metric("original/ssim_valid", "SSIM against the original", "max"),
        # Of earlier runs, which counted windows that reach over a mirrored border as well.
        Metric("train/ssim", "SSIM, padded", "max"),
        Metric("test/ssim", "Held-out SSIM, padded", "max"),
        Metric("image/ssim", "SSIM of the whole picture, padded", "max"),
        Metric("original/ssim", "SSIM against the original, padded", "max"),
        Metric(
            "original/nearest_psnr_db", "Nearest, against the original", "max", unit="dB", digits=2
        ),
        Metric(
            "original/bicubic_psnr_db", "Bicubic, against the original", "max", unit="dB", digits=2
        ),
        Metric(
            "original/lanczos_psnr_db", "Lanczos, against the original", "max", unit="dB", digits=2
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


def describe(key: str) -> Metric:
    """What a key means; statistics of a layer and unknown keys are described as well."""
    if key in METRICS:
        return METRICS[key]
    name, _, layer = key.partition("/")
    if layer == "psnr_db" and name.startswith("seed_"):
        place = int(name.removeprefix("seed_")) + 1
        return replace(METRICS["train/psnr_db"], key=key, title=f"PSNR, network {place}")
    if name in LAYER_METRICS:
        metric = LAYER_METRICS[name]
        return replace(metric, key=key, title=f"{metric.title}, {layer}")
    return Metric(key, key, "min")


HEADLINE = {"classify": "test/accuracy", "fit-image": "train/psnr_db"}
"""The metric a run of each task is judged by."""
