"""What a verdict consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Label = Literal[
    "under-fitted", "well-fitted", "over-fitted", "diverged", "not yet converged", "too early"
]
"""``too early`` stands for a run without enough evaluations to say anything."""


@dataclass(frozen=True)
class Evidence:
    """One number a verdict rests on.

    Attributes:
        what: What was measured, such as "Gap, train minus test accuracy".
        value: The number in words, with its unit.
        yardstick: What it is held against, in words.
    """

    what: str
    value: str
    yardstick: str


@dataclass(frozen=True)
class Range:
    """Epochs in a row that are judged alike; both ends belong to it."""

    first: int
    last: int
    label: Label
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """One changed setting that may help; ``field`` is its dotted name, ``value`` its text."""

    text: str
    field: str
    value: str

    @property
    def setting(self) -> str:
        """``key=value``, as addresses and the command line take it."""
        return f"{self.field}={self.value}"


@dataclass(frozen=True)
class Verdict:
    """What the curves of one setting say.

    Attributes:
        label: The run as a whole.
        headline: One sentence for it, with numbers.
        is_guess: Whether there is one seed only, so that noise is estimated and not measured.
        num_seeds: Seeds judged together.
        ranges: Ranges of epochs, in order.
        cause: The likely cause, in one or two sentences; empty where nothing is wrong.
        remedies: Single changes to try, the likeliest first.
        missing: What the runs have not recorded, in words.
    """

    label: Label
    headline: str
    is_guess: bool
    num_seeds: int
    ranges: tuple[Range, ...] = ()
    cause: str = ""
    remedies: tuple[Remedy, ...] = ()
    missing: tuple[str, ...] = field(default=())
