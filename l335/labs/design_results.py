"""What a grid of designs reached: readings, ranking and who is ahead."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from l335.labs.designs import AXES, Cell, Design, DesignGrid, Place, choice_words, design_name
from l335.results.views import RunView, Series
from l335.statistics.paired import Paired, deviation, less, paired_difference

CLOSE_DB = 0.1


class Reading(NamedTuple):
    """What a run had reached when it is read off.

    Attributes:
        steps: Steps done by then; a fraction where it lies between two evaluations.
        seconds: Training time by then.
        train: PSNR of the pixels trained on, in dB; None where it is not finite or not known.
        test: PSNR of the held-out pixels.
    """

    steps: float
    seconds: float
    train: float | None
    test: float | None


class Curve(NamedTuple):
    """The evaluations of one run."""

    train: Series
    test: Series


def known(value: float | None) -> float | None:
    """A figure, infinite ones too; None where it is missing or not a number."""
    return None if value is None or math.isnan(value) else value


def final_reading(run: RunView | None) -> Reading | None:
    """The last evaluation of a completed run; None for any other."""
    if run is None or run.state != "completed":
        return None
    train, test = (
        run.summary.get(key, {}).get("last") for key in ("train/psnr_db", "test/psnr_db")
    )
    return Reading(run.step, run.train_seconds, train, test)


def common_seconds(curves: Iterable[Curve]) -> float | None:
    """The longest training time that every run has; None without runs."""
    return min((curve.test.wall[-1] for curve in curves if curve.test.wall), default=None)


def reading_at(curve: Curve, seconds: float) -> Reading | None:
    """What a run had reached after a training time, on the line between two evaluations.

    None where the run ended before it.
    """
    wall = curve.test.wall
    if not wall or wall[-1] < seconds:
        return None
    after = next(place for place, moment in enumerate(wall) if moment >= seconds)
    before = max(0, after - 1)
    gap = wall[after] - wall[before]
    share = (seconds - wall[before]) / gap if gap > 0 else 1.0

    def between(values: Sequence[float | None]) -> float | None:
        if after >= len(values):
            return None
        low, high = values[before], values[after]
        return None if low is None or high is None else low + share * less(high, low)

    steps = between([float(step) for step in curve.test.step])
    assert steps is not None
    return Reading(steps, seconds, between(curve.train.value), between(curve.test.value))


@dataclass(frozen=True)
class Row:
    """A design with what it reached.

    Attributes:
        design: The design.
        name: What tells it from the base.
        num_parameters: Trainable parameters.
        readings: What was read off on each picture and resolution, where it has a held-out PSNR.
        differences: Held-out PSNR less the base's, in dB, where both have one.
        is_complete: Whether it was read off everywhere.
    """

    design: Design
    name: str
    num_parameters: int
    readings: dict[Place, Reading]
    differences: dict[Place, float]
    is_complete: bool

    @property
    def of_pictures(self) -> dict[str, float]:
        """Mean difference to the base on each picture, over its resolutions and seeds, in dB.

        Resolutions and seeds of one picture are not independent of each other, so the pictures
        are what is counted.
        """
        found: dict[str, list[float]] = {}
        for place, value in self.differences.items():
            found.setdefault(place.image, []).append(value)
        # Perfect here and against a perfect base there: no mean (fmean would raise).
        return {image: sum(values) / len(values) for image, values in found.items()}

    @property
    def difference(self) -> float | None:
        """Mean over pictures of their mean differences to the base, in dB."""
        values = self.of_pictures.values()
        return known(sum(values) / len(values)) if values else None

    @property
    def paired(self) -> Paired:
        """The difference to the base over pictures, with Student's interval."""
        values = dict(enumerate(self.of_pictures.values()))
        return paired_difference(values, dict.fromkeys(values, 0.0))

    def mean(self, part: str) -> float | None:
        """Mean of a part of the readings, such as ``train``; None without any."""
        values = [getattr(reading, part) for reading in self.readings.values()]
        known = [value for value in values if value is not None]
        return statistics.fmean(known) if known else None


def ranked(grid: DesignGrid, readings: Mapping[Cell, Reading | None]) -> list[Row]:
    """Designs by mean difference to the base; those not read off everywhere come behind."""
    rows = [_row(grid, design, readings) for design in grid.designs()]

    def order(row: Row) -> tuple[bool, float, float]:
        difference, score = row.difference, row.mean("test")
        return (
            not row.is_complete,
            math.inf if difference is None else -difference,
            math.inf if score is None else -score,
        )

    return sorted(rows, key=order)


def _row(grid: DesignGrid, design: Design, readings: Mapping[Cell, Reading | None]) -> Row:
    found: dict[Place, Reading] = {}
    differences: dict[Place, float] = {}
    for place in grid.places:
        reading = readings.get(Cell(design, place))
        score = known(reading.test) if reading else None
        if reading is None or score is None:
            continue
        found[place] = reading
        base = readings.get(Cell(grid.base, place))
        base_score = known(base.test) if base else None
        if base_score is not None:
            differences[place] = less(score, base_score)
    return Row(
        design,
        design_name(design, grid.base),
        grid.spec(design, None).num_parameters,
        found,
        differences,
        len(found) == len(grid.places),
    )


class AxisRange(NamedTuple):
    """How much an axis changes: its choices by mean difference to the base, in dB, best first."""

    axis: str
    scores: list[tuple[str, float]]

    @property
    def extent(self) -> float:
        """From the worst choice to the best, in dB."""
        return self.scores[0][1] - self.scores[-1][1]


def axis_ranges(grid: DesignGrid, rows: Sequence[Row]) -> list[AxisRange]:
    """Axes with two choices or more, the one of the widest range first.

    One at a time the choices are those of designs that change this axis alone; of all
    combinations each choice is averaged over the designs that have it.
    """
    scored = [(row, row.difference) for row in rows if row.is_complete]
    found = []
    for axis in AXES:
        if axis == "width" and grid.equal_parameters:
            continue
        by_choice: dict[Any, list[float]] = {}
        for row, difference in scored:
            if difference is not None and (grid.every or _is_along(grid, row.design, axis)):
                by_choice.setdefault(getattr(row.design, axis), []).append(difference)
        means = [
            (choice_words(axis, value), mean)
            for value, each in by_choice.items()
            if (mean := known(sum(each) / len(each))) is not None
        ]
        if len(means) > 1:
            found.append(AxisRange(axis, sorted(means, key=lambda pair: -pair[1])))
    return sorted(found, key=lambda each: -each.extent)


def _is_along(grid: DesignGrid, design: Design, axis: str) -> bool:
    """Whether a design differs from the base on this axis at most."""
    free = {axis, "width"} if grid.equal_parameters else {axis}
    pairs = zip(AXES, design, grid.base, strict=True)
    return all(value == usual for name, value, usual in pairs if name not in free)


def close_to_best(rows: Sequence[Row]) -> list[tuple[Row, float]]:
    """Designs too close to the best to call, with how far they lie behind it, in dB.

    Close is a mean paired difference within 0.1 dB, or within its standard error over pictures.
    """
    best, *others = [row for row in rows if row.is_complete and row.differences]
    found = []
    for row in others:
        mine, theirs = row.of_pictures, best.of_pictures
        gaps = [less(theirs[image], mine[image]) for image in mine if image in theirs]
        error = (deviation(gaps) or 0.0) / math.sqrt(len(gaps))
        gap = statistics.fmean(gaps)
        if gap <= max(CLOSE_DB, error):
            found.append((row, gap))
    return found


class Winner(NamedTuple):
    """The best design of some places.

    Attributes:
        row: The design.
        gain: Its mean difference to the base there, in dB.
        level: Designs whose distance to it the seeds do not tell from none, itself included; None
            with one seed, which shows no spread.
    """

    row: Row
    gain: float
    level: frozenset[str] | None


def winner(rows: Sequence[Row], places: Collection[Place]) -> Winner | None:
    """The best design of some places, and which of the others are level with it over seeds.

    Differences are averaged over the places of each seed first; Student's interval is over seeds.

    Args:
        rows: Complete designs.
        places: Those of one picture, or of one resolution.
    """
    by_seed = {row.name: _by_seed(row, places) for row in rows}
    means = {name: sum(each.values()) / len(each) for name, each in by_seed.items() if each}
    scored = {name: mean for name, mean in means.items() if not math.isnan(mean)}
    if not scored:
        return None
    name = max(scored, key=lambda each: scored[each])
    best = next(row for row in rows if row.name == name)
    if len(by_seed[name]) < 2:
        return Winner(best, scored[name], None)
    level = {
        each for each in scored if each == name or not _is_told_apart(by_seed[name], by_seed[each])
    }
    return Winner(best, scored[name], frozenset(level))


def _by_seed(row: Row, places: Collection[Place]) -> dict[int, float]:
    found: dict[int, list[float]] = {}
    for place in places:
        if place in row.differences:
            found.setdefault(place.seed, []).append(row.differences[place])
    return {seed: sum(values) / len(values) for seed, values in found.items()}


def _is_told_apart(best: Mapping[int, float], other: Mapping[int, float]) -> bool:
    paired = paired_difference(best, other)
    if paired.low is None:  # the same with every seed: apart unless there is no difference
        return bool(paired.mean)
    return paired.excludes_zero
