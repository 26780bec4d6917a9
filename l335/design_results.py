"""What a grid of designs reached: readings, ranking and a finding in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from l335.designs import AXES, Cell, Design, DesignGrid, Place, choice_words, design_name
from l335.paired import Paired, deviation, less, paired_difference
from l335.views import RunView, Series
from l335.wording import count, listed, signed

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


def finding(grid: DesignGrid, rows: Sequence[Row], *, is_done: bool) -> str:
    """What the figures show, in sentences; empty before two designs can be compared."""
    sentences = findings(grid, rows)
    number = sum(row.is_complete and bool(row.differences) for row in rows)
    so_far = f"So far, with {number} of {len(rows)} designs: "
    return (so_far if sentences and not is_done else "") + " ".join(sentences)


def findings(grid: DesignGrid, rows: Sequence[Row]) -> list[str]:
    """The same sentence by sentence."""
    complete = [row for row in rows if row.is_complete and row.differences]
    if len(complete) < 2:
        return []
    number = len(complete[0].of_pictures)
    over = count(number, "picture")
    sentences = [
        _ranges_sentence(axis_ranges(grid, rows), over),
        _best_sentence(complete, over),
        *picture_winners(grid, complete),
        _consistency(complete),
        *explanations(complete),
    ]
    close = close_to_best(rows)
    if close:
        shown = [f"{_named(row)} ({_db(gap, 2)} behind)" for row, gap in close[:5]]
        more = [f"{len(close) - 5} more"] if len(close) > 5 else []
        error = "" if number == 1 else f" or one standard error over {over}"
        sentences.insert(
            2,
            f"Too close to it to call, within {CLOSE_DB:g} dB{error}: {listed([*shown, *more])}.",
        )
    return [sentence for sentence in sentences if sentence]


def picture_winners(grid: DesignGrid, complete: Sequence[Row]) -> list[str]:
    """The best design of each picture; empty for a single one."""
    if len(grid.images) < 2:
        return []
    found = []
    is_one_seed = False
    for image in grid.images:
        best = winner(complete, [place for place in grid.places if place.image == image.sha256])
        if best is None:
            continue
        text = f"{best.row.name} on {image.short_name} ({signed(best.gain, 2)} dB)"
        is_one_seed |= best.level is None
        if best.level is not None and len(best.level) > 1:
            others = sorted(best.level - {best.row.name})
            text += f", level within the spread of seeds with {listed(others)}"
        found.append(text)
    luck = "; with one seed such a difference may be luck" if is_one_seed else ""
    return [f"Best on each picture, against the base: {'; '.join(found)}{luck}."] if found else []


def _consistency(complete: Sequence[Row]) -> str:
    """Which designs lie on one side of the base on every picture, and which do not."""
    groups: dict[str, list[str]] = {"Above": [], "Below": [], "On both sides of": []}
    for row in complete:
        values = [round(value, 2) for value in row.of_pictures.values()]
        if row.name == "Base" or len(values) < 2:
            continue
        side = "Above" if min(values) > 0 else "Below" if max(values) < 0 else "On both sides of"
        groups[side].append(row.name)
    words = [f"{side} the base: {listed(names)}" for side, names in groups.items() if names]
    return f"Picture by picture. {'. '.join(words)}." if words else ""


def explanations(complete: Sequence[Row]) -> list[str]:
    """Why the designs below the base lie there, from what they reached on the trained pixels."""
    base = next((row for row in complete if row.name == "Base"), None)
    trained = None if base is None else base.mean("train")
    if trained is None or not math.isfinite(trained):
        return []
    under: list[str] = []
    over: list[str] = []
    for row in complete:
        value, difference = row.mean("train"), row.difference
        if value is None or difference is None or not math.isfinite(value):
            continue
        if difference <= -CLOSE_DB:
            group = under if value < trained - CLOSE_DB else over
            group.append(f"{row.name} ({signed(value - trained, 1)} dB)")
    sentences = []
    if under:
        sentences.append(
            "Of those below the base on the mean, these fit the trained pixels less well too, "
            f"which speaks for under-fitting (trained pixels, against the base): {listed(under)}."
        )
    if over:
        sentences.append(
            "Of those below the base on the mean, these fit the trained pixels no less well, which "
            f"speaks for over-fitting (trained pixels, against the base): {listed(over)}."
        )
    return sentences


def _ranges_sentence(ranges: Sequence[AxisRange], over: str) -> str:
    if not ranges:
        return ""
    first, *others = ranges
    if round(first.extent, 1) == 0:
        return "No axis made a difference of 0.1 dB."
    best, worst = first.scores[0][0], first.scores[-1][0]
    text = (
        f"{AXES[first.axis]} mattered most, on the mean of {over}: {_db(first.extent, 1)} of "
        f"held-out PSNR from {worst} to {best}"
    )
    if others:
        rest = [f"{AXES[each.axis].lower()} {_db(each.extent, 1)}" for each in others]
        text += f"; then {listed(rest)}"
    return f"{text}."


def _best_sentence(complete: Sequence[Row], over: str) -> str:
    best = complete[0]
    if best.name == "Base":
        second = complete[1]
        assert second.difference is not None
        return (
            f"Nothing beats the base; next comes {second.name}, {_db(-second.difference, 2)} less."
        )
    assert best.difference is not None
    values = best.of_pictures.values()
    text = f"The best design is {best.name}, {_db(best.difference, 2)} above the base"
    if len(values) > 1:
        text += (
            f" on average, from {signed(min(values), 2)} to {signed(max(values), 2)} dB over {over}"
        )
    return f"{text}."


def _db(value: float, digits: int) -> str:
    """A difference; against a perfect fit no number measures it."""
    return "infinitely many dB" if math.isinf(value) else f"{value:.{digits}f} dB"


def _named(row: Row) -> str:
    return "the base" if row.name == "Base" else row.name
