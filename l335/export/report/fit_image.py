"""What the practical asks of an image fit, section by section."""

from __future__ import annotations

import json
from collections.abc import Sequence

from l335.analyses.enlargement import FIGURES, METHODS, figure_text, figures_of, finding
from l335.core.downsampling import finite
from l335.core.metrics import describe
from l335.core.tables import Table
from l335.data.images import media_type
from l335.export.report import images
from l335.export.report.classify import NO_CURVES, finding_blocks, table_blocks
from l335.export.report.curves import drawn_runs, mean_curve, num_seeds, points_of
from l335.export.report.document import (
    Block,
    Chart,
    Curve,
    Line,
    Missing,
    Picture,
    Pictures,
    TableBlock,
    Text,
)
from l335.export.report.interactive import dash_of
from l335.export.report.looks import MAX_SETTINGS, Files, looked_into
from l335.export.report.settings import image_name, parameters_blocks, settings_blocks
from l335.export.report.subject import Blocks, Subject
from l335.labs.pictures import FITTED_TO
from l335.labs.results import Arm
from l335.results.views import RunView
from l335.spec import FitImageSpec

MAX_PICTURES = 40
MAX_CURVES = 16
NUM_TILES = 2  # of networks trained side by side; seeds of one setting may end apart
SHOWN_PIXELS = 320  # longer side of a reconstruction
ENLARGED_PIXELS = 560
MIDDLE_SHARE = 0.25
CHARTS = {
    "test/psnr_db": (
        "PSNR of the held-out pixels",
        "Held-out PSNR, dB",
        "test/mean_colour_psnr_db",
    ),
    "train/psnr_db": ("PSNR of the pixels trained on", "PSNR, dB", "train/mean_colour_psnr_db"),
    "train/loss": ("Loss", "Loss", None),
}


def pictures_blocks(subject: Subject) -> list[Block]:
    """The pictures that were fitted, and what the network makes of them."""
    lab, blocks = subject.lab, list[Block]()
    originals: dict[tuple[object, ...], Picture] = {}
    fits = []
    shown = [(arm, run) for arm in subject.source.arms for run in drawn_runs(arm)[:1]]
    for arm, run in shown[:MAX_PICTURES]:
        spec = run.spec
        assert isinstance(spec, FitImageSpec)
        made = lab.previews(run.uid)
        name = image_name(spec)
        if "original" in made:
            width, height = spec.fitted_size
            words = f"{name}, {width} × {height} pixels"
            original = _picture(lab.blob(made["original"].sha256), words, f"The picture {name}.")
            originals.setdefault((spec.image, spec.stored_box, spec.fitted_size), original)
        if "reconstruction" in made:
            data = lab.blob(made["reconstruction"].sha256)
            fits += _fits(arm.name, run, data)
    if originals:
        caption = "What is fitted, at the resolution it is fitted at."
        blocks.append(Pictures("Pictures fitted", tuple(originals.values()), caption, True))
    if fits:
        blocks.append(Pictures("Reconstructions", tuple(fits), _fits_caption(shown), True))
    else:
        blocks.append(Missing("No run has painted its picture yet. Wait for its first evaluation."))
    if len(shown) > MAX_PICTURES:
        blocks.append(Text(f"The first {MAX_PICTURES} of {len(shown)} settings are shown."))
    return blocks


def _fits_caption(shown: Sequence[tuple[Arm, RunView]]) -> str:
    caption = "What each network paints, with its PSNR over the pixels "
    has_held_out = any("test/psnr_db" in run.summary for _, run in shown)
    caption += "held out and over those trained on" if has_held_out else "trained on"
    numbers = {num_seeds(run) for _, run in shown}
    if numbers == {1}:
        caption += "; the first seed of each setting."
    else:
        caption += (
            "; of settings whose seeds are trained side by side the first two, of others the first."
        )
    if any(isinstance(r.spec, FitImageSpec) and _is_large(r.spec) for _, r in shown):
        caption += (
            f" Pictures of more than {SHOWN_PIXELS} pixels a side are averaged down here; the zip "
            "has them whole."
        )
    return caption


def _fits(setting: str, run: RunView, data: bytes) -> list[Picture]:
    """What a run paints; of networks trained side by side the first two, each with its score."""
    assert isinstance(run.spec, FitImageSpec)
    name, number = image_name(run.spec), num_seeds(run)
    if number == 1:
        alt = f"{name} as painted by {setting}."
        return [_picture(data, f"{setting}{_score_words(run)}", alt)]
    fits = []
    for place, tile in enumerate(images.wall_tiles(data, number)[:NUM_TILES]):
        small = images.enlarged(tile, SHOWN_PIXELS)
        words = f"{setting}, seed {run.spec.seeds[place]}"
        value = run.summary.get(f"seed_{place}/psnr_db", {}).get("last")
        score = "" if value is None else f": {describe('train/psnr_db').show(value)}"
        fits.append(Picture(f"{words}{score}", small, media_type(small), f"{name} by {words}."))
    return fits


def _is_large(spec: FitImageSpec) -> bool:
    return max(spec.fitted_size) > SHOWN_PIXELS


def _score_words(run: RunView) -> str:
    words = []
    after_train = " trained on" if "test/psnr_db" in run.summary else ""
    for key, after in (("test/psnr_db", " held out"), ("train/psnr_db", after_train)):
        value = run.summary.get(key, {}).get("last")
        if value is not None:
            words.append(f"{describe(key).show(value)}{after}")
    return f": {', '.join(words)}" if words else ""


def _picture(data: bytes, words: str, alt: str, longest: int = SHOWN_PIXELS) -> Picture:
    small = images.fitting(data, longest)
    return Picture(words, small, media_type(small), alt)


def curves_blocks(subject: Subject) -> list[Block]:
    """PSNR against steps beside the mean colour, and the loss."""
    source = subject.source
    arms = source.arms[:MAX_CURVES]
    blocks: list[Block] = []
    for key, (title, y_title, mean_key) in CHARTS.items():
        curves: list[Curve] = []
        for place, arm in enumerate(arms):
            dash = dash_of(place, "train" if key == "train/psnr_db" else "test")
            seeds = points_of(arm, key, by_epoch=False)
            curve = mean_curve(arm.name, seeds, place, dash)
            if curve is not None:
                curves.append(curve)
        if curves:
            lines = _mean_colours(arms, mean_key) if mean_key else ()
            caption = f"{title} against optimiser steps. {_band_words(arms, curves)}"
            if lines:
                caption += " The dotted line is what the mean colour alone reaches."
            is_loss = mean_key is None
            blocks.append(
                Chart(title, "Step", y_title, tuple(curves), caption, lines, y_log=is_loss)
            )
    if not blocks:
        blocks.append(Missing(NO_CURVES))
    elif len(source.arms) > MAX_CURVES:
        blocks.append(
            Text(
                f"The first {MAX_CURVES} of {len(source.arms)} settings are drawn; the table has "
                "all of them."
            )
        )
    return blocks


def _band_words(arms: Sequence[Arm], curves: Sequence[Curve]) -> str:
    if any(curve.low for curve in curves):
        return "Means over seeds; the bands go from the lowest seed to the highest."
    numbers = {num_seeds(run) for arm in arms for run in drawn_runs(arm)}
    if numbers == {1}:
        return "One seed each, so there is no band."
    return "Where seeds are trained side by side only their mean was recorded, so there is no band."


def _mean_colours(arms: Sequence[Arm], key: str) -> tuple[Line, ...]:
    """The mean colour's PSNR of each picture, as horizontal lines."""
    found: dict[str, float] = {}
    for arm in arms:
        for run in arm.runs:
            assert isinstance(run.spec, FitImageSpec)
            last = run.summary.get(key, {}).get("last")
            for value in finite([last]):  # that of a flat picture is above every chart
                name = image_name(run.spec)
                found.setdefault(f"{name}, mean colour: {value:.2f} dB", value)
    return tuple(Line(name, value) for name, value in found.items())


def enlarged_blocks(subject: Subject) -> list[Block]:
    """The picture from a denser grid, beside nearest, bicubic and Lanczos."""
    runs = [(arm, run) for arm in subject.source.arms if (run := looked_into(arm)) is not None]
    if not runs:
        return [Missing("No run has weights to paint from yet.")]
    blocks: list[Block] = []
    lacking = []
    for arm, run in runs[:MAX_SETTINGS]:
        files = subject.looks.of(run, "upsample")
        if files is None:
            lacking.append(arm.name)
        else:
            blocks += _of_enlarged(arm, run, files)
    if lacking:
        blocks.append(
            Missing(
                f"Nobody has enlarged the picture of {'; '.join(lacking)}. On the report's page "
                "press “Add enlarged pictures”, or write the report with `python -m l335 report`, "
                "which makes them."
            )
        )
    if len(runs) > MAX_SETTINGS:
        blocks.append(Text(f"The first {MAX_SETTINGS} of {len(runs)} settings are shown."))
    return blocks


def _of_enlarged(arm: Arm, run: RunView, files: Files) -> list[Block]:
    spec = run.spec
    assert isinstance(spec, FitImageSpec)
    names = [name for name in ("original", *METHODS) if f"shown/{name}" in files]
    whole = [
        _picture(
            files[f"shown/{name}"].data,
            name.capitalize(),
            f"The picture enlarged by {name}." if name != "original" else "The original.",
            ENLARGED_PIXELS,
        )
        for name in names
    ]
    parts = []
    for name in names:
        data = images.middle_of(files[f"shown/{name}"].data, MIDDLE_SHARE, ENLARGED_PIXELS)
        words = f"Middle, {name}"
        parts.append(Picture(words, data, media_type(data), f"{words}, pixels repeated."))
    shown = files["shown/network"].meta
    width, height = spec.fitted_size
    caption = (
        f"{arm.name}, seed {run.seed}: fitted at {width} × {height} pixels, painted at "
        f"{shown['width']} × {shown['height']}. Below, the middle of each picture."
    )
    blocks: list[Block] = [Pictures(f"Enlarged by {arm.name}", (*whole, *parts), caption)]
    if "scores" in files:
        scores = json.loads(files["scores"].data)
        blocks.append(TableBlock(_scores_table(arm.name, scores)))
        if said := finding(scores["methods"]):
            blocks.append(Text(said))
        if scores["hold_back"] == 1:
            blocks.append(
                Missing(
                    f"There is no original to score against: {FITTED_TO[spec.held_out]}. Train it "
                    "with `hold_back=4` and its enlargement is compared with what was held back."
                )
            )
    return blocks


def _scores_table(name: str, scores: dict[str, object]) -> Table:
    methods = scores["methods"]
    assert isinstance(methods, dict)
    has_original = scores["hold_back"] != 1
    figures = figures_of(methods, has_original=has_original)
    rows = tuple(
        (method.capitalize(), *(figure_text(row, key) for key in figures))
        for method, row in methods.items()
    )
    caption = f"{name}. Consistency: averaged down again, against the picture that was fitted."
    if has_original:
        caption += " PSNR and SSIM: against the original, which no method has seen."
    return Table(("Way to enlarge", *(FIGURES[key].title for key in figures)), rows, caption)


SECTIONS: dict[str, Blocks] = {
    "Settings": lambda subject: settings_blocks(subject.source),
    "Parameters": lambda subject: parameters_blocks(subject.source),
    "Reconstructions": pictures_blocks,
    "PSNR against steps": curves_blocks,
    "Results by setting": table_blocks,
    "Enlarged, beside filters": enlarged_blocks,
    "Comparison": finding_blocks,
}
"""The deliverables in the practical's order, and what each section holds."""
