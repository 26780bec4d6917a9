"""What the practical asks of a classification, section by section."""

from __future__ import annotations

import json
from collections.abc import Sequence

from l335.core.metrics import GUESSING
from l335.core.tables import Table
from l335.core.wording import count
from l335.data.datasets import CLASS_NAMES
from l335.export.report import images
from l335.export.report.curves import drawn_runs, mean_curve, points_of
from l335.export.report.document import (
    Block,
    Chart,
    Curve,
    Line,
    Missing,
    Picture,
    Pictures,
    Points,
    TableBlock,
    Text,
)
from l335.export.report.interactive import dash_of
from l335.export.report.looks import MAX_SETTINGS, TEST_IMAGE, Files, has_maps, looked_into
from l335.export.report.reasons import reasons_blocks
from l335.export.report.settings import parameters_blocks, settings_blocks
from l335.export.report.sources import Source
from l335.export.report.subject import Blocks, Subject
from l335.export.report.times import times_blocks
from l335.labs.accuracy import judged_in
from l335.labs.results import Arm
from l335.results.verdict import Verdict, judge_runs
from l335.results.views import RunView

MAX_TOGETHER = 3
"""Settings up to which train and test stand in one chart."""

NO_CURVES = "No run has been evaluated yet. Train one, then make the report again."


def curves_blocks(subject: Subject) -> list[Block]:
    """Accuracy and cross-entropy against epochs."""
    source, blocks = subject.source, list[Block]()
    for name, title, y_title, parts, scale in (
        (
            *("accuracy", "Accuracy", "Accuracy, %"),
            {"test": "test/accuracy", "train": "train/accuracy"},
            100.0,
        ),
        (
            *("loss", "Cross-entropy", "Cross-entropy"),
            {"test": "test/loss", "train": "train/eval_loss"},
            1.0,
        ),
    ):
        words, value = GUESSING[name]
        blocks += _charts(source.arms, title, y_title, parts, scale, Line(words, scale * value))
    if not blocks:
        blocks.append(Missing(NO_CURVES))
    unfinished = [run for run in source.runs if not run.is_over]
    if unfinished:
        blocks.append(
            Missing(
                f"{count(len(unfinished), 'run')} of {len(source.runs)} "
                f"{'is' if len(unfinished) == 1 else 'are'} not over yet; make the report again "
                "when they are."
            )
        )
    return blocks


def _charts(
    arms: Sequence[Arm],
    title: str,
    y_title: str,
    parts: dict[str, str],
    scale: float,
    guessing: Line,
) -> list[Chart]:
    curves: dict[str, list[Curve]] = {part: [] for part in parts}
    together = len(arms) <= MAX_TOGETHER
    for place, arm in enumerate(arms):
        for part, key in parts.items():
            dash = dash_of(place, part)
            name = f"{arm.name}, {part}" if together else arm.name
            seeds = points_of(arm, key, by_epoch=True)
            curve = mean_curve(name, seeds, place, dash, scale=scale)
            if curve is not None:
                curves[part].append(curve)
    if not any(curves.values()):
        return []
    spread = _spread_words(arms)
    if together:
        every = tuple(curve for found in curves.values() for curve in found)
        words = f"{title} on the training images (dashed) and the test images (solid). {spread}"
        return [Chart(f"{title} by epoch", "Epoch", y_title, every, words, (guessing,))]
    of_part = {"test": "test images", "train": "training images"}
    return [
        Chart(
            f"{title} by epoch, {part}",
            "Epoch",
            f"{part.capitalize()} {y_title[:1].lower()}{y_title[1:]}",
            tuple(found),
            f"{title} on the {of_part[part]}. {spread}",
            (guessing,),
        )
        for part, found in curves.items()
        if found
    ]


def _spread_words(arms: Sequence[Arm]) -> str:
    numbers = sorted({len(drawn_runs(arm)) for arm in arms if drawn_runs(arm)})
    if numbers == [1]:
        return "One seed each, so there is no band."
    shown = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"Means of {shown} seeds; the bands go from the lowest seed to the highest."


def table_blocks(subject: Subject) -> list[Block]:
    """The table of the lab, or why there is none."""
    if not any(arm.completed for arm in subject.source.arms):
        return [Missing("No run has been completed yet.")]
    return [TableBlock(subject.source.table())]


def verdict_blocks(subject: Subject) -> list[Block]:
    """How each setting fits, with the evidence, causes and remedies."""
    blocks: list[Block] = []
    for arm in subject.source.arms:
        runs = judged_in(arm) or drawn_runs(arm)
        if not runs:
            blocks.append(Missing(f"{arm.name}: there is no run to judge yet."))
            continue
        blocks += _of_verdict(arm.name, judge_runs(runs, arm.read))
    return blocks


def _of_verdict(name: str, verdict: Verdict) -> list[Block]:
    label, _, rest = verdict.headline.partition(": ")
    said = rest or label
    said = f"{said[:1].upper()}{said[1:]} {verdict.standing}"
    blocks: list[Block] = [Text(said, f"{name}: {verdict.label}.")]
    if verdict.outcomes and verdict.label != "seeds disagree":
        told = "; ".join(outcome.text for outcome in verdict.outcomes)
        blocks.append(Text(f"{told}.", "Seeds by themselves."))
    if verdict.explanation:
        title = "Why it fits." if verdict.cause == "none" else "Likely cause."
        blocks.append(Text(verdict.explanation, title))
    if verdict.remedies:
        blocks.append(Text("In the order to try them:", "Remedies."))
        blocks.append(
            Points(tuple(f"{r.text} ({', '.join(r.settings)})" for r in verdict.remedies))
        )
    if verdict.ranges:
        last = verdict.ranges[-1]
        rows = tuple((each.what, each.value, each.yardstick) for each in last.evidence)
        spans = ", ".join(f"epochs {r.first} to {r.last} {r.label}" for r in verdict.ranges)
        caption = f"{name}: {spans}. The figures are those of the last range."
        head = ("Evidence", "Value", "Yardstick")
        blocks.append(TableBlock(Table(head, rows, caption, num_names=3)))
    if verdict.missing:
        blocks.append(Missing(f"{name} has not recorded {', '.join(verdict.missing)}."))
    return blocks


def maps_blocks(subject: Subject) -> list[Block]:
    """The feature maps of each convolution at the end of training."""
    runs = [(arm, run) for arm in subject.source.arms if (run := looked_into(arm)) is not None]
    with_maps = [(arm, run) for arm, run in runs if has_maps(run)]
    if not with_maps:
        if not runs:
            return [Missing("No run has weights to look at yet.")]
        return [Text("None of these networks has a convolution, so there are no feature maps.")]
    blocks: list[Block] = []
    lacking = []
    for arm, run in with_maps[:MAX_SETTINGS]:
        files = subject.looks.of(run, "feature_maps")
        if files is None:
            lacking.append(arm.name)
        else:
            blocks += _of_maps(arm, run, files)
    if lacking:
        blocks.append(
            Missing(
                f"Nobody has asked for the feature maps of {'; '.join(lacking)}. On the report's "
                "page press “Add feature maps”, or write the report with `python -m l335 report`, "
                "which makes them."
            )
        )
    without = [arm.name for arm, run in runs if not has_maps(run)]
    if without:
        have = "has no convolution" if len(without) == 1 else "have no convolution"
        blocks.append(Text(f"{'; '.join(without)} {have}, hence no feature maps."))
    if len(with_maps) > MAX_SETTINGS:
        blocks.append(Text(f"The first {MAX_SETTINGS} of {len(with_maps)} settings are shown."))
    return blocks


def _of_maps(arm: Arm, run: RunView, files: Files) -> list[Block]:
    pictures = [
        Picture(
            "Input, 28 × 28 pixels",
            images.crisp(files["input"].data, 200),
            "image/png",
            "The image that is shown to the network.",
        )
    ]
    for name, file in files.items():
        layer = name.removeprefix("maps/")
        if layer == name:
            continue
        _, num_maps, height, width = file.meta["shape"]
        words = f"{layer}: {num_maps} maps of {height} × {width}, after the activation"
        alt = f"Feature maps of {layer} of {arm.name}."
        sheet = images.last_row(file.data, file.meta)
        pictures.append(Picture(words, sheet, "image/png", alt))
    caption = (
        f"{arm.name}, seed {run.seed}, after step {run.step:,}. Each map is stretched from its "
        f"lowest value, black, to its highest, white.{_prediction_words(files)}"
    )
    title = f"Feature maps of {arm.name}"
    return [Pictures(title, tuple(pictures), caption, pixelated=True, is_wide=True)]


def _prediction_words(files: Files) -> str:
    if "prediction" not in files:
        return ""
    found = json.loads(files["prediction"].data)
    shares = found["probabilities"][-1]
    best = max(range(len(shares)), key=shares.__getitem__)
    said = f"The network says {CLASS_NAMES[best]} with probability {shares[best]:.2f}"
    if found["true_label"] is None:
        return f" {said}."
    truth = CLASS_NAMES[found["true_label"]]
    return f" Test image {TEST_IMAGE}. {said}; it is labelled {truth}."


def finding_blocks(subject: Subject) -> list[Block]:
    """What the figures say, with intervals over seeds."""
    return comparison_blocks(subject.source)


def comparison_blocks(source: Source) -> list[Block]:
    """The findings of a source, and what their intervals are of."""
    found = [sentence for sentence in source.finding() if sentence]
    if not found:
        return [Missing("Nothing can be said before a run is completed.")]
    blocks: list[Block] = [Points(tuple(found))]
    if len(source.arms) > 1:
        blocks.append(Text(source.intervals))
    return blocks


SECTIONS: dict[str, Blocks] = {
    "Hyperparameters": lambda subject: settings_blocks(subject.source),
    "Parameters": lambda subject: parameters_blocks(subject.source),
    "Accuracy against epochs": curves_blocks,
    "Results by setting": table_blocks,
    "Training time": times_blocks,
    "Under-, well- or over-fitted": verdict_blocks,
    "Why it came out so": reasons_blocks,
    "Feature maps": maps_blocks,
    "Comparison": finding_blocks,
}
"""The deliverables in the practical's order, and what each section holds."""
