"""Sweeps: a grid or a list of settings over one specification, as cells to be trained."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from l335.core.errors import LabError, Problem, SpecError
from l335.spec import Spec
from l335.spec.from_text import with_settings

MAX_CELLS = 500
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_PARTS = re.compile(r"\[([^\[\]]*)\]|[^,\[\]]+")


@dataclass(frozen=True)
class Cell:
    """One run of a sweep, before it exists.

    Attributes:
        name: What tells it from the others but for the seed, such as ``lr 0.1``.
        spec: What it does.
        settings: What was set for it, by dotted name, as text.
    """

    name: str
    spec: Spec
    settings: Mapping[str, str] = field(default_factory=dict)


def axis(text: str) -> tuple[str, list[str]]:
    """A setting and its values from text.

    ``lr=0.1,0.001`` has two values, ``seed=0..4`` five whole numbers, and a value that holds
    commas itself stands in brackets: ``width=[256,128],512``.

    Raises:
        LabError: There is no setting, no value, or a bracket without its other half.
    """
    key, equals, values = text.partition("=")
    if not equals or not key.strip():
        raise LabError(f"`{text}` is no axis; write key=value,value, such as lr=0.1,0.001.")
    found = [value for part in _split(key, values) for value in _counted(part.strip())]
    if not found or not all(found):
        raise LabError(
            f"`{text}` lacks a value; write the values of `{key.strip()}` with commas between "
            "them, such as lr=0.1,0.001."
        )
    return key.strip(), list(dict.fromkeys(found))


def _split(key: str, values: str) -> list[str]:
    rest = _PARTS.sub("", values)
    if rest.strip(", "):
        raise LabError(f"`{key}={values}` has a bracket without its other half.")
    return [match[1] if match[1] is not None else match[0] for match in _PARTS.finditer(values)]


def _counted(part: str) -> list[str]:
    found = _RANGE.fullmatch(part)
    if found is None:
        return [part]
    first, last = int(found[1]), int(found[2])
    if not first <= last < first + MAX_CELLS:
        raise LabError(
            f"`{part}` must count upwards and have {MAX_CELLS} values at most, such as 0..4."
        )
    return [str(number) for number in range(first, last + 1)]


def grid(start: Spec, axes: Mapping[str, Sequence[str]]) -> list[Cell]:
    """Every combination of the axes' values; the seed, where it is one, changes slowest.

    So each setting has its first result early.

    Raises:
        SpecError: A combination does not fit, or there are more than 500; the text names it.
    """
    keys = sorted(axes, key=lambda key: key != "seed")
    total = 1
    for key in keys:
        total *= len(axes[key])
    check_count(total)
    rows = itertools.product(*(axes[key] for key in keys))
    return listed(start, [dict(zip(keys, row, strict=True)) for row in rows])


def listed(start: Spec, rows: Sequence[Mapping[str, str]]) -> list[Cell]:
    """One cell for each row of settings.

    Raises:
        SpecError: A row does not fit, or there are none or more than 500.
    """
    check_count(len(rows))
    return [_cell(start, row) for row in rows]


def check_count(number: int) -> None:
    """Refuse a sweep of no runs, or of too many.

    Raises:
        SpecError: With the number and the range.
    """
    if not 1 <= number <= MAX_CELLS:
        message = (
            f"These settings make {number:,} runs; a sweep has between 1 and {MAX_CELLS}. "
            "Take a value or two away."
        )
        raise SpecError([Problem("", message)])


def _cell(start: Spec, row: Mapping[str, str]) -> Cell:
    settings = [f"{key}={value}" for key, value in row.items()]
    try:
        spec = with_settings(start, settings)
    except SpecError as error:
        shown = ", ".join(settings)
        raise SpecError(
            [
                Problem(problem.field, f"The cell {shown} can't be trained: {problem.message}")
                for problem in error.problems
            ]
        ) from error
    named = [f"{key.rpartition('.')[2]} {value}" for key, value in row.items() if key != "seed"]
    return Cell(", ".join(named) or "As chosen", spec, dict(row))
