"""What a sweep is made from: kept with it, read from an address and written into one."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from l335.core.errors import LabError, Problem, SpecError
from l335.spec import Spec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from l335.spec.sweeps import MAX_CELLS, Cell, axis, check_count, grid, listed

Query = dict[str, list[str]]


@dataclass(frozen=True)
class SweepDefinition:
    """What a person chose, as they wrote it; nothing of it has been checked.

    Attributes:
        preset: Name of the preset it starts with.
        source: Uid of the run whose settings it starts with instead; empty for none.
        image: Address of the picture; empty where the start has its own.
        changes: Settings all cells share, such as ``epochs=2``.
        axes: Settings that vary with their values, such as ``lr=0.1,0.001``.
        rows: One text for each cell, such as ``lr=0.1 batch_size=4``, instead of axes.
        seeds: Runs of each setting, from the seed of the start on.
        title: What a person named it; empty for a name made of the rest.
    """

    preset: str = next(iter(PRESETS))
    source: str = ""
    image: str = ""
    changes: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    seeds: int = 1
    title: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> SweepDefinition:
        """The definition in the parameters of an address, or in what a sweep keeps."""

        def last(word: str, otherwise: str = "") -> str:
            return str((query.get(word) or [otherwise])[-1])

        seeds = last("seeds", "1").strip()
        return cls(
            preset=last("preset", cls.preset),
            source=last("from"),
            image=last("image"),
            changes=tuple(query.get("set", ())),
            axes=tuple(query.get("axis", ())),
            rows=tuple(query.get("cell", ())),
            seeds=int(seeds) if seeds.isdecimal() else 0,  # 0 is answered with what is allowed
            title=last("title"),
        )

    def query(self) -> Query:
        """The parameters of an address that leads here; ready for JSON as well."""
        found = {
            "preset": [] if self.source else [self.preset],
            "from": [self.source],
            "image": [self.image],
            "set": list(self.changes),
            "axis": list(self.axes),
            "cell": list(self.rows),
            "seeds": [str(self.seeds)] if self.seeds != 1 else [],
            "title": [self.title],
        }
        return {word: values for word, values in found.items() if any(values)}

    def start(self, spec: Spec) -> Spec:
        """What all cells start with: a preset or a run with the shared settings changed.

        Raises:
            SpecError: A setting is unknown or does not fit.
        """
        return with_settings(spec, list(self.changes)) if self.changes else spec

    def varied(self, start: Spec) -> dict[str, list[str]]:
        """The axes with their values, seeds among them.

        Raises:
            LabError: One is not written as an axis, or a setting varies twice.
        """
        found = [axis(text) for text in self.axes]
        if self.seeds != 1:
            found.append(("seed", self._seeds(start)))
        keys = [key for key, _ in found]
        for key in keys:
            if keys.count(key) > 1:
                raise LabError(f"`{key}` varies twice; put all its values into one axis.")
        return dict(found)

    def _seeds(self, start: Spec) -> list[str]:
        if not 1 <= self.seeds <= MAX_CELLS:
            message = f"`seeds` is {self.seeds}; it must be between 1 and {MAX_CELLS}."
            raise SpecError([Problem("seeds", message)])
        return [str(start.seed + number) for number in range(self.seeds)]

    def cells(self, start: Spec) -> list[Cell]:
        """The runs, the seed changing slowest.

        Args:
            start: What ``start`` gave.

        Raises:
            LabError: An axis can't be read.
            SpecError: A cell does not fit, or there are more than 500; the text names it.
        """
        if not self.rows:
            return grid(start, self.varied(start))
        check_count(len(self.rows) * len(self._seeds(start)))
        return listed(start, [settings_of(line) for line in self.lines(start)])

    def lines(self, start: Spec) -> list[str]:
        """The lines of a list, repeated for each seed; none of a grid.

        Raises:
            LabError: A line can't be read, or sets the seed although there are several.
        """
        if not self.rows or self.seeds == 1:
            return list(self.rows)
        if any("seed" in settings_of(row) for row in self.rows):
            raise LabError("`seed` varies twice; leave it out of the list, or set 1 seed.")
        return [f"seed={seed} {row}" for seed in self._seeds(start) for row in self.rows]


def settings_of(text: str) -> dict[str, str]:
    """The settings of one line of a list, such as ``lr=0.1 batch_size=4``.

    Raises:
        LabError: A part is not ``key=value``.
    """
    found = {}
    for part in words_of(text):
        key, equals, value = part.partition("=")
        if not equals or not key or not value:
            raise LabError(f"`{part}` is not a setting; write key=value, such as lr=0.1.")
        found[key] = value
    return found


def words_of(text: str) -> list[str]:
    """Words between spaces; quotes keep a space within one.

    Raises:
        LabError: A quote is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError:
        raise LabError(f"`{text}` has a quote without its other half.") from None


def row_text(settings: Mapping[str, str]) -> str:
    """Settings as one line of a list."""
    return shlex.join(f"{key}={value}" for key, value in settings.items())


def axis_text(key: str, values: Sequence[str]) -> str:
    """A setting and its values as an axis is written."""
    return f"{key}={','.join(f'[{value}]' if ',' in value else value for value in values)}"


def rows_of_axes(axes: Sequence[str]) -> tuple[str, ...]:
    """The lines of a list with every combination of some axes.

    Raises:
        LabError: An axis can't be read.
    """
    found = dict(axis(text) for text in axes)
    rows = itertools.islice(itertools.product(*found.values()), MAX_CELLS)
    return tuple(row_text(dict(zip(found, row, strict=True))) for row in rows) if found else ()


def axes_of_rows(rows: Sequence[str]) -> tuple[str, ...]:
    """Axes with every value that occurs in a list.

    Raises:
        LabError: A line can't be read.
    """
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        for key, value in settings_of(row).items():
            found.setdefault(key, {})[value] = None
    return tuple(axis_text(key, list(values)) for key, values in found.items())
