"""What the runs of a lab reached: scores over seeds, their table, and sentences on them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from l335.core.metrics import ABOVE, describe
from l335.core.tables import Table
from l335.core.wording import fixed, listed
from l335.results.views import CellView, RunView, Series
from l335.statistics.paired import NO_SPREAD, deviation, difference_sentence, paired_difference

ReadSeries = Callable[[str], dict[str, Series]]
"""Reads the recorded metrics of a run by its uid."""

ONE_SEED = "with one seed"
ONE_SEED_NOTE = (
    "One seed shows no spread, so there is no interval and such a difference may be luck; train "
    "more seeds."
)

MAX_NAMES = 4
"""Arms a sentence names one by one."""


@dataclass(frozen=True)
class Arm:
    """One setting of a lab over its seeds.

    Attributes:
        name: What tells it from the others.
        cells: Its runs, one for each seed, or one that trains several seeds side by side.
        read: Reads all recorded points of a run.
    """

    name: str
    cells: tuple[CellView, ...]
    read: ReadSeries

    @property
    def runs(self) -> list[RunView]:
        """Runs that are not deleted."""
        return [cell.run for cell in self.cells if cell.run is not None]

    @property
    def completed(self) -> list[RunView]:
        """Runs that have gone through."""
        return [run for run in self.runs if run.state == "completed"]

    @property
    def is_over(self) -> bool:
        """Whether nothing of it trains or waits."""
        return all(run.is_over for run in self.runs)

    @property
    def broken(self) -> list[RunView]:
        """Runs that have failed, such as by a loss that is no longer a number."""
        return [run for run in self.runs if run.state == "failed"]

    def scores(self, key: str) -> dict[int, float]:
        """The last value of a metric of each completed seed, where it is a number or infinite."""
        found: dict[int, float | None] = {}
        for run in self.completed:
            found |= _scores(run, key)
        return {seed: v for seed, v in found.items() if v is not None}

    def latest(self, key: str) -> list[float]:
        """The newest value of a metric of each seed, of runs that still train too."""
        found = [value for run in self.runs for value in _scores(run, key).values()]
        return [value for value in found if value is not None]

    @cached_property
    def series(self) -> dict[int, dict[str, Series]]:
        """All recorded points of each completed run, by its seed."""
        return {run.seed: self.read(run.uid) for run in self.completed}


def _scores(run: RunView, key: str) -> dict[int, float | None]:
    """The last value of each seed; of a share 1 or 0, and 0 where there is no value."""
    name, _, metric = key.partition("/")
    if name.startswith(ABOVE):
        limit = float(name.removeprefix(ABOVE))
        found = _scores(run, f"train/{metric}")
        return {seed: float(value is not None and value > limit) for seed, value in found.items()}
    spec = run.spec
    if len(spec.seeds) > 1 and key == "train/psnr_db":
        return {
            seed: run.summary.get(f"seed_{place}/psnr_db", {}).get("last")
            for place, seed in enumerate(spec.seeds)
        }
    return {run.seed: run.summary.get(key, {}).get("last")}


def arms_of(cells: Sequence[CellView], read: ReadSeries) -> list[Arm]:
    """Cells grouped by name, in the order in which each name comes first."""
    groups: dict[str, list[CellView]] = {}
    for cell in cells:
        groups.setdefault(cell.name, []).append(cell)
    return [Arm(name, tuple(found), read) for name, found in groups.items()]


def spread(values: Sequence[float], key: str) -> str:
    """Mean and standard deviation with the metric's unit left out; "–" without values."""
    metric = describe(key)
    if not values:
        return "–"
    scale, digits = (100.0, 2) if metric.percent else (1.0, metric.digits)
    mean = statistics.fmean(values)
    shown = fixed(scale * mean, digits)
    found = deviation(values)
    return shown if found is None else f"{shown} ± {scale * found:.{digits}f}"


def unit(key: str) -> str:
    """The unit of a metric's figures in a table."""
    metric = describe(key)
    return "%" if metric.percent else metric.unit


def headed(key: str) -> str:
    """A metric as the head of a column: "Test accuracy, %"."""
    return f"{describe(key).title}, {unit(key)}".rstrip(", ")


def scores_table(arms: Sequence[Arm], keys: Sequence[str]) -> Table:
    """Each arm with parameters, seeds, mean ± deviation of each metric, and training time."""
    rows = []
    for arm in arms:
        first = arm.runs[0] if arm.runs else None
        seconds = [run.train_seconds for run in arm.completed]
        rows.append(
            (
                arm.name,
                f"{first.num_parameters:,}" if first else "–",
                str(max((len(arm.scores(key)) for key in keys), default=0)),
                *(spread(list(arm.scores(key).values()), key) for key in keys),
                f"{statistics.fmean(seconds):.1f}" if seconds else "–",
            )
        )
    head = ("Setting", "Parameters", "n", *(headed(key) for key in keys), "Training, s")
    caption = (
        "Figures after the last step: mean ± standard deviation over n seeds. Training time is "
        "that of one run, without evaluation."
    )
    return Table(head, tuple(rows), caption)


def amount(difference: float, key: str) -> str:
    """A difference of a metric, without its sign: "1.2 points", "0.31 dB"."""
    metric = describe(key)
    if math.isinf(difference):
        return f"infinitely many {metric.unit}".rstrip()
    if metric.percent:
        return f"{100 * abs(difference):.1f} points"
    return f"{abs(difference):.{metric.digits}f} {metric.unit}".rstrip()


def score_words(values: Sequence[float], key: str) -> str:
    """Scores of one arm in a sentence: "87.4 % (mean of 3 seeds, deviation 0.2)"."""
    metric = describe(key)
    mean = metric.show(statistics.fmean(values))
    if len(values) < 2:
        return f"{mean} (one seed)"
    found = deviation(values)
    around = "" if found is None else f", deviation {amount(found, key)}"
    return f"{mean} (mean of {len(values)} seeds{around})"


def ranked(arms: Sequence[Arm], key: str) -> list[Arm]:
    """Arms with a score, the best mean first."""
    sign = -1 if describe(key).better == "max" else 1
    scored = [arm for arm in arms if arm.scores(key)]
    return sorted(scored, key=lambda arm: sign * statistics.fmean(arm.scores(key).values()))


def ranking(arms: Sequence[Arm], key: str) -> list[str]:
    """Which arm is ahead and by how much, and what failed; empty before there is a score."""
    order = ranked(arms, key)
    if not order:
        return failures(arms)
    best = order[0]
    sentences = [leader(order, key)]
    sentences += [difference(arm, best, key) for arm in order[1:]]
    return [*with_note(sentences), *failures(arms)]


def difference(arm: Arm, best: Arm, key: str) -> str:
    """How far an arm is from another, over the seeds they have in common."""
    return apart(arm.name, arm.scores(key), best.name, best.scores(key), key)


def apart(a: str, first: Mapping[int, float], b: str, second: Mapping[int, float], key: str) -> str:
    """How far scores by seed are from others; of a single seed without a word on intervals."""
    paired = paired_difference(first, second)
    if paired.num_pairs != 1 or paired.mean is None:
        return difference_sentence(paired, a, b, describe(key))
    size = amount(paired.mean, key)
    if float(size.split()[0]) == 0:
        return f"{a} is level with {b} {ONE_SEED}."
    return f"{a} is {size} {'above' if paired.mean > 0 else 'below'} {b} {ONE_SEED}."


def with_note(sentences: Sequence[str]) -> list[str]:
    """Sentences, and one more that says what differences of one seed lack, where there are any."""
    is_needed = any(sentence.endswith(f"{ONE_SEED}.") for sentence in sentences)
    return [*sentences, ONE_SEED_NOTE] if is_needed else list(sentences)


def leader(order: Sequence[Arm], key: str) -> str:
    """Which of the ranked arms is ahead; several where their means are the same."""
    metric = describe(key)
    level = [arm for arm in order if _is_level(arm, order[0], key)]
    side = "highest" if metric.better == "max" else "lowest"
    values = list(order[0].scores(key).values())
    if len(level) > 1:
        names = listed([arm.name for arm in level])
        shown = metric.show(statistics.fmean(values))
        return f"{metric.title} is {side} with {names}, level at {shown}."
    return f"{metric.title} is {side} with {order[0].name}: {score_words(values, key)}."


def _is_level(arm: Arm, best: Arm, key: str) -> bool:
    means = [statistics.fmean(each.scores(key).values()) for each in (arm, best)]
    return math.isclose(*means, rel_tol=NO_SPREAD)


def is_ahead(best: Arm, other: Arm, key: str) -> bool:
    """Whether an arm is ahead of another by more than the seeds they have in common differ."""
    return paired_difference(best.scores(key), other.scores(key)).is_clear


def failures(arms: Sequence[Arm]) -> list[str]:
    """What failed, was stopped or is not over yet; arms that failed alike share a sentence."""
    alike: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms:
        for run in arm.runs:
            if run.state in ("failed", "cancelled"):
                why = run.error_text if run.state == "failed" else ""
                alike.setdefault((run.state, why), []).append(arm)
    sentences = [_ended(state, why, found) for (state, why), found in alike.items()]
    cells = [cell for arm in arms for cell in arm.cells]
    waiting = sum(cell.run is not None and not cell.run.is_over for cell in cells)
    if waiting:
        noun = "run" if len(cells) == 1 else "runs"
        sentences.append(f"Still to come: {waiting} of {len(cells)} {noun}.")
    return sentences


def _ended(state: str, why: str, of_runs: Sequence[Arm]) -> str:
    """The sentence on runs that ended alike, from the arm of each of them."""
    arms = list({arm.name: arm for arm in of_runs}.values())
    names = [arm.name for arm in arms[:MAX_NAMES]]
    if len(arms) > MAX_NAMES:
        names.append(f"{len(arms) - MAX_NAMES} more")
    number, total = len(of_runs), sum(len(arm.cells) for arm in arms)
    count = "the run" if total == 1 else f"{number} of {total} runs"
    verb = "failed" if state == "failed" else "was stopped" if number == 1 else "were stopped"
    return f"{listed(names)}: {count} {verb}{f': {why}' if why else '.'}"


def scores_of(arms: Sequence[Arm], keys: Sequence[str]) -> dict[str, Mapping[str, list[float]]]:
    """Scores by arm and metric, ready for JSON."""
    return {arm.name: {key: list(arm.scores(key).values()) for key in keys} for arm in arms}
