"""What a grid of designs shows, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from l335.core.wording import count, listed, signed
from l335.labs.design_results import (
    CLOSE_DB,
    AxisRange,
    Row,
    axis_ranges,
    close_to_best,
    winner,
)
from l335.labs.designs import AXES, DesignGrid


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
