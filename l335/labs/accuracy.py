"""What the classification labs share: their nets, their table, and what their curves say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from l335.core.tables import Table
from l335.labs.experiments import NETS
from l335.labs.results import Arm, headed, ranking, spread
from l335.results.verdict import Verdict, judge_runs
from l335.results.verdict.curves import Curves, run_series
from l335.results.views import RunView

Net = Annotated[
    Literal["basic", "cnn"],
    Field(
        title="Net",
        description="The practical asks it of the CNN; the basic net is there to compare.",
        json_schema_extra={"titles": {**NETS}},
    ),
]
Epochs = Annotated[
    int, Field(ge=1, le=200, title="Epochs", description="Passes over the training images.")
]
TrainSize = Annotated[
    int,
    Field(
        ge=100,
        le=60_000,
        title="Training images",
        description="How many of the 60,000 are used.",
    ),
]
BatchSize = Annotated[
    int, Field(ge=1, le=10_000, title="Batch size", description="Images of one step.")
]

METRICS = ("test/accuracy", "train/accuracy", "test/loss")


def curves(arm: Arm) -> Curves:
    """The recorded curves of an arm's completed runs."""
    return Curves([run_series(run, arm.series[run.seed]) for run in arm.completed])


def judged_in(arm: Arm) -> list[RunView]:
    """The runs of an arm that are judged together: those that completed, and those that diverged.

    Without the latter the others would look better than the setting is.
    """
    return [*arm.completed, *(run for run in arm.broken if run.error_code == "diverged")]


def verdict_in(arm: Arm) -> Verdict | None:
    """How the setting of an arm fits; None before there is anything to judge."""
    runs = judged_in(arm)
    return judge_runs(runs, arm.read) if runs else None


def gaps(arm: Arm) -> list[float]:
    """Train minus test accuracy of each seed, after the last epoch."""
    train, test = arm.scores("train/accuracy"), arm.scores("test/accuracy")
    return [train[seed] - test[seed] for seed in sorted(set(train) & set(test))]


def accuracy_table(arms: Sequence[Arm]) -> Table:
    """Accuracies after the last epoch with their gap, and how each setting is judged."""
    rows = []
    for arm in arms:
        first = arm.runs[0] if arm.runs else None
        rows.append(
            (
                arm.name,
                f"{first.num_parameters:,}" if first else "–",
                str(len(arm.scores("test/accuracy"))),
                spread(list(arm.scores("train/accuracy").values()), "train/accuracy"),
                spread(list(arm.scores("test/accuracy").values()), "test/accuracy"),
                spread(gaps(arm), "test/accuracy"),
                _label(arm),
            )
        )
    keys = ("train/accuracy", "test/accuracy")
    head = ("Setting", "Parameters", "n", *map(headed, keys), "Train − test, points", "Verdict")
    caption = (
        "After the last epoch: mean ± standard deviation over n seeds. Train accuracy is that of "
        "up to 10,000 of the training images, test accuracy that of all 10,000 test images."
    )
    return Table(head, tuple(rows), caption)


def _label(arm: Arm) -> str:
    verdict = verdict_in(arm)
    if verdict is None:
        return "failed" if arm.broken else "–"
    return verdict.label


def verdicts(arms: Sequence[Arm]) -> list[str]:
    """How each setting fits, from its own curves."""
    sentences = []
    for arm in arms:
        verdict = verdict_in(arm)
        if verdict is not None:
            label, _, reasons = verdict.headline.partition(": ")
            sentences.append(f"{label} ({arm.name}): {reasons}")
    return sentences


def lead(first: Arm, second: Arm) -> str:
    """From which epoch on one setting's mean test accuracy stays above the other's; or neither's.

    Empty where a setting has no completed run.
    """
    a, b = (curves(arm).mean("test/accuracy") for arm in (first, second))
    epochs = sorted(set(a) & set(b))
    if not epochs:
        return ""
    last = epochs[-1]
    if a[last] == b[last]:
        return f"After epoch {last} {first.name} and {second.name} are level."
    ahead, behind = (first, second) if a[last] > b[last] else (second, first)
    sign = 1 if a[last] > b[last] else -1
    trailing = [epoch for epoch in epochs if sign * (a[epoch] - b[epoch]) <= 0]
    since = epochs[epochs.index(trailing[-1]) + 1] if trailing else epochs[0]
    return (
        f"On the test images {ahead.name} is ahead of {behind.name} from epoch {since} on, up to "
        f"the last one, {last}."
    )


def accuracy_finding(arms: Sequence[Arm]) -> list[str]:
    """Who is ahead on the test images, with intervals, and how each setting fits."""
    return [*ranking(arms, "test/accuracy"), *verdicts(arms)]
