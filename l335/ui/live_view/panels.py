"""What the live view shows for each half: panels with their traces, figures and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from l335.core.metrics import DASHES, GUESSING


@dataclass(frozen=True)
class Trace:
    """One curve.

    Attributes:
        key: Metric key.
        name: Name in the legend.
        color: Place in the theme's palette.
        dash: Plotly's line pattern; never is colour alone what tells two curves apart.
        symbol: Plotly's marker, used where ``markers`` is set.
        markers: Whether single points are marked, for curves with few of them.
        smooth: If not 0, a running mean over one part in this many of the run is drawn over the
            faint raw values.
        best: Where set, the largest (``max``) or smallest (``min``) value gets a star.
        percent: Whether values are shares, said as per cent.
        optional: Whether only some runs have it; its name is left out where none has.
        members: Pattern of the metric keys whose middle this is, drawn faintly behind it.
    """

    key: str
    name: str
    color: int
    dash: str = "solid"
    symbol: str = "circle"
    markers: bool = False
    smooth: int = 0
    best: Literal["max", "min"] | None = None
    percent: bool = False
    optional: bool = False
    members: str = ""


@dataclass(frozen=True)
class Baseline:
    """A horizontal line to compare with: a fixed value, or the last value of a metric.

    Attributes:
        apart: Drawn only where it lies at least so far from every line before it.
    """

    name: str
    value: float | None = None
    key: str | None = None
    apart: float = 0.0


@dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes:
        tickformat: d3's format of the vertical axis.
        hoverformat: d3's format of a value under the pointer.
        log: Whether the vertical axis, and smoothing, are logarithmic at first.
        can_log: Whether they may be: accuracies gain nothing from it.
        log_tickformat: d3's format of the vertical axis where it is logarithmic.
        below: Whether the names of baselines stand under them.
        include: Values the vertical axis always spans, so that early noise does not fill it.
    """

    title: str
    traces: tuple[Trace, ...]
    tickformat: str
    hoverformat: str
    baselines: tuple[Baseline, ...] = ()
    log: bool = False
    can_log: bool = False
    log_tickformat: str = "~g"
    below: bool = False
    include: tuple[float, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One large number: its best value below, or what it gained over another metric.

    Attributes:
        optional: Whether only some runs have it; it takes no place in the others.
    """

    key: str
    versus: str | None = None
    versus_title: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Preview:
    """One picture that changes during training."""

    name: str
    title: str
    alt: str


@dataclass(frozen=True)
class TaskView:
    """The live view of one half of the lab; axes are (name, title), the first is the default."""

    axes: tuple[tuple[str, str], ...]
    panels: tuple[Panel, ...]
    figures: tuple[Figure, ...]
    previews: tuple[Preview, ...] = ()


CLASSIFY = TaskView(
    axes=(("epoch", "Epochs"), ("samples", "Samples"), ("seconds", "Seconds")),
    panels=(
        Panel(
            "Accuracy",
            (
                Trace("train/accuracy", "Train", 0, DASHES["train"], "circle", markers=True),
                Trace(
                    "validation/accuracy",
                    "Validation",
                    2,
                    DASHES["validation"],
                    "square",
                    markers=True,
                    percent=True,
                    optional=True,
                ),
                Trace(
                    "test/accuracy",
                    "Test",
                    1,
                    DASHES["test"],
                    "diamond",
                    markers=True,
                    best="max",
                    percent=True,
                ),
            ),
            tickformat=".2~p",
            hoverformat=".1%",
            include=(0.0, 0.5),
            baselines=(Baseline(*GUESSING["accuracy"]),),
        ),
        Panel(
            "Cross-entropy",
            (
                Trace("train/loss", "Train", 0, DASHES["train"], smooth=60),
                Trace(
                    *("validation/loss", "Validation", 2, DASHES["validation"], "square"),
                    markers=True,
                    optional=True,
                ),
                Trace(
                    *("test/loss", "Test", 1, DASHES["test"], "diamond"), markers=True, best="min"
                ),
            ),
            tickformat=".3~g",
            hoverformat=".3f",
            can_log=True,
            baselines=(Baseline(*GUESSING["loss"]),),
            below=True,
            include=(0.0, 2.5),
        ),
    ),
    figures=(
        Figure("test/accuracy"),
        Figure("validation/accuracy", optional=True),
        Figure("train/accuracy"),
        Figure("test/loss"),
        Figure("train/loss"),
    ),
)

FIT_IMAGE = TaskView(
    axes=(("step", "Steps"), ("seconds", "Seconds")),
    panels=(
        Panel(
            "PSNR in dB",
            (
                Trace(
                    "train/psnr_db",
                    "Train",
                    0,
                    DASHES["train"],
                    markers=True,
                    best="max",
                    members=r"^seed_\d+/psnr_db$",
                ),
                Trace(
                    "test/psnr_db",
                    "Held out",
                    1,
                    DASHES["test"],
                    "diamond",
                    markers=True,
                    best="max",
                    optional=True,
                ),
            ),
            tickformat=".3~g",
            hoverformat=".2f",
            baselines=(
                Baseline("mean colour alone", key="train/mean_colour_psnr_db"),
                Baseline("mean colour, held out", key="test/mean_colour_psnr_db", apart=0.5),
            ),
        ),
        Panel(
            "Loss",
            (Trace("train/loss", "Train", 1, smooth=200),),
            tickformat=".3~g",
            hoverformat=".2e",
            log=True,
            can_log=True,
            log_tickformat=".0e",
        ),
    ),
    figures=(
        Figure("test/psnr_db", "test/mean_colour_psnr_db", "over the mean colour", optional=True),
        Figure("test/ssim_valid", optional=True),
        Figure("train/psnr_db", "train/mean_colour_psnr_db", "over the mean colour"),
        Figure("train/ssim_valid", optional=True),
        Figure("image/ssim_valid", optional=True),
        Figure("original/psnr_db", optional=True),
        Figure("original/ssim_valid", optional=True),
        Figure("train/loss"),
    ),
    previews=(
        Preview("reconstruction", "Reconstruction", "What the network paints now"),
        Preview("original", "Original", "The picture the network is fitted to"),
        Preview("error", "Error: black 0, yellow from 25 % on", "Where the two differ"),
    ),
)

VIEWS = {"classify": CLASSIFY, "fit-image": FIT_IMAGE}
