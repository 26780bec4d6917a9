"""How long classifiers train: an epoch, all of it, and from start to end."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from l335.core.hardware import hardware
from l335.core.tables import Table
from l335.core.wording import count, duration, listed
from l335.export.report.document import Block, Missing, TableBlock, Text
from l335.export.report.subject import Subject
from l335.labs.results import Arm
from l335.results.views import RunView
from l335.spec import ClassifySpec
from l335.statistics.paired import deviation

HEAD = ("Setting", "n", "An epoch, s", "All epochs", "Start to end", "Trained on")
CAPTION = (
    "Training alone, without evaluation and pictures: mean ± standard deviation over n completed "
    "runs. Start to end holds evaluations, snapshots, waiting and pauses too, and other runs that "
    "trained at the same time."
)


ALIKE = 1.1
"""Ratio of epochs below which none is called slower: the same run varies by so much."""


def times_blocks(subject: Subject) -> list[Block]:
    """Training time of each setting as it was recorded, and where that was."""
    arms = [arm for arm in subject.source.arms if epoch_seconds(arm)]
    if not arms:
        return [Missing("No run has been completed yet, so no time can be told.")]
    blocks: list[Block] = [TableBlock(Table(HEAD, tuple(map(_row, arms)), CAPTION))]
    if sentence := compared(arms):
        blocks.append(Text(sentence))
    facts = hardware()
    card = facts["Graphics card"]
    machine = facts["Processor"] if card == "none" else f"{facts['Processor']}; {card}"
    blocks.append(
        Text(
            f"{machine}. A run keeps its device and threads but not its machine; on one "
            "installation they are the same. What else it did at the time is in the figures.",
            "The machine of this installation.",
        )
    )
    return blocks


def epoch_seconds(arm: Arm) -> list[float]:
    """Seconds of training of an epoch of each completed run that recorded them."""
    return [
        run.train_seconds * run.spec.steps_per_epoch / run.step
        for run in arm.completed
        if isinstance(run.spec, ClassifySpec) and run.step and run.train_seconds
    ]


def _row(arm: Arm) -> tuple[str, ...]:
    each = epoch_seconds(arm)
    spread = deviation(each)
    epoch = f"{statistics.fmean(each):.3g}" + (f" ± {spread:.2g}" if spread is not None else "")
    spans = [
        (run.finished_at - run.started_at).total_seconds()
        for run in arm.completed
        if run.finished_at and run.started_at
    ]
    return (
        arm.name,
        str(len(each)),
        epoch,
        duration(statistics.fmean(run.train_seconds for run in arm.completed)),
        duration(statistics.fmean(spans)) if spans else "–",
        listed(sorted({place_of(run) for run in arm.completed})),
    )


def place_of(run: RunView) -> str:
    """Where a run trained: "cpu, 1 thread"."""
    if run.device.startswith("cuda"):
        return run.device
    return f"{run.device}, {count(run.threads, 'thread')}"


def compared(arms: Sequence[Arm]) -> str:
    """How the slowest setting's epoch compares with the quickest's; empty where all are alike."""
    if len(arms) < 2:
        return ""
    if len({place_of(run) for arm in arms for run in arm.completed}) > 1:
        return "Not all were trained on the same device and threads, so times don't compare."
    means = {arm.name: statistics.fmean(epoch_seconds(arm)) for arm in arms}
    slow, quick = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    if means[slow] < ALIKE * means[quick]:
        return ""
    return (
        f"An epoch of {slow} takes {means[slow] / means[quick]:.2g} times as long as one of "
        f"{quick}: {means[slow]:.3g} s against {means[quick]:.3g} s."
    )
