"""Measures what other scripts show in place of our figures, and writes it into docs/figures.md.

    .venv/bin/python docs/measured_figures.py [--data-dir results-data]

Some two minutes on one core. scikit-image, piq, opencv-python-headless, keras and flax are asked
where they are installed, which the dashboard needs none of; the rows of those that are not stay
as they were.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from figure_cases import (  # noqa: E402
    LEVELS_DB,
    Numbers,
    Row,
    cycles,
    encoding,
    enlarged_by_opencv,
    enlarged_by_torch,
    enlargement,
    features_of_signed,
    features_without_2_pi,
    flax_layer,
    keras_layer,
    largest,
    normalised,
    opencv_psnr,
    our_largest,
    our_spread,
    our_ssim,
    piq_ssim,
    psnr_of,
    psnr_of_grey,
    psnr_of_levels,
    rounded,
    scikit_ssim,
    spread,
    torchmetrics_ssim,
    trained,
    truncated,
    with_error,
)

from l335.core.hardware import hardware  # noqa: E402
from l335.core.metrics import METRICS  # noqa: E402
from l335.engine.classify import to_inputs  # noqa: E402

PAGE = ROOT / "docs" / "figures.md"


def rows(data_dir: Path) -> list[Row]:
    """Every line of the table, in its order."""
    return [*untrained_rows(), *training_rows(data_dir)]


def untrained_rows() -> list[Row]:
    """Those measured in seconds."""
    pictures = [*level_rows(), *enlargement_rows(), *ssim_rows()]
    return [*pictures, *sigma_rows(), *initialiser_rows()]


def level_rows() -> list[Row]:
    of_levels = "PSNR in dB of a prediction with Gaussian errors of four sizes"
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
    ]


def enlargement_rows() -> list[Row]:
    of_picture = "PSNR in dB of an enlargement"
    bicubic = partial(psnr_of, enlargement)
    return [
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
            '`F.interpolate(mode="bicubic", antialias=True)`',
            "With it, a is -0.5 on enlarging too: the same as ours.",
            "{:.2f}",
            bicubic,
            partial(psnr_of, partial(enlarged_by_torch, antialias=True)),
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
            "It mirrors the picture at its border and, since 1.4.2, counts windows that reach "
            "over it.",
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


def sigma_rows() -> list[Row]:
    sigma = "Cycles per side that sigma = 10 stands for"
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
    ]


def initialiser_rows() -> list[Row]:
    spreads = "Deviation of weights and of biases, 784 inputs to 512 units, by default"
    longest = "Largest weight of 784 x 512 in deviations, Kaiming normal"
    keras, flax = ("keras", ("keras", "jax")), ("flax", ("flax",))
    return [
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
