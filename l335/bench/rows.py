"""What a benchmark found: one row per figure, with its baseline, its ceiling and its target."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest of some measurements of one thing."""

    median: float
    low: float
    high: float
    number: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    def per(self, amount: float) -> Spread:
        """Of seconds for an ``amount``, how much comes in a second."""
        return Spread(amount / self.median, amount / self.high, amount / self.low, self.number)


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        suite: ``engine`` or ``live``.
        title: What was done, such as "Basic net, batch 64".
        unit: Of all its figures, such as ``images/s``, ``s`` or ``MB``.
        ours: What this program needs or gets.
        is_rate: Whether more is better.
        baseline: The same work as ``baseline_name`` does it, measured in turns with ours.
        ceiling: What ``ceiling_name`` allows at best.
        target: The figure to reach, in words; empty where there is none.
        is_met: Whether it was reached; None without a target.
        note: What one has to know to read the row.
    """

    suite: str
    title: str
    unit: str
    ours: Spread
    is_rate: bool = False
    baseline: Spread | None = None
    baseline_name: str = ""
    ceiling: float | None = None
    ceiling_name: str = ""
    target: str = ""
    is_met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than the baseline; above 1 is better."""
        if self.baseline is None:
            return None
        ratio = self.ours.median / self.baseline.median
        return ratio if self.is_rate else 1 / ratio

    @property
    def share(self) -> float | None:
        """Which part of the ceiling is reached, 1 at best."""
        if self.ceiling is None:
            return None
        share = self.ours.median / self.ceiling
        return share if self.is_rate else 1 / share

    def held_to(self, share: float) -> Row:
        """The row with the target of at least so large a part of its baseline's rate."""
        assert self.ratio is not None
        target = f"at least {100 * share:.0f} % of it"
        return replace(self, target=target, is_met=self.ratio >= share)

    def facts(self) -> dict[str, Any]:
        """Everything of it, for JSON."""
        return asdict(self) | {"ratio": self.ratio, "share": self.share}


Rows = Iterator[Row]
Say = Callable[[str], None]
"""Is told how it goes."""


def in_turns(
    ways: Mapping[str, Callable[[], float]], turns: int, has_warm_up: bool = False
) -> dict[str, Spread]:
    """Measure ways of doing the same in turns: A B, B A, A B, ...

    A machine that grows slower or faster while it is measured then favours none of them.

    Args:
        ways: By name, what returns one measurement, such as its seconds.
        turns: How often each is measured.
        has_warm_up: Whether each is done once before, unmeasured: what comes first in a process
            pays for memory and libraries that the others find in place.
    """
    if has_warm_up:
        for way in ways.values():
            way()
    found: dict[str, list[float]] = {name: [] for name in ways}
    order = list(ways)
    for _ in range(turns):
        for name in order:
            found[name].append(ways[name]())
        order.reverse()
    return {name: Spread.of(values) for name, values in found.items()}
