"""What a verdict consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Label = Literal[
    "under-fitted",
    "well-fitted",
    "over-fitted",
    "diverged",
    "stuck",
    "not yet converged",
    "seeds disagree",
    "too early",
]
"""``stuck`` is a net that has never left guessing although its steps are not to blame;
``too early`` stands for a run without enough evaluations to say anything."""

Cause = Literal[
    "none",
    "lr_too_high",
    "lr_too_low",
    "too_few_steps",
    "still_learning",
    "too_small",
    "too_few_images",
    "label_noise",
    "too_little_regularisation",
    "too_much_regularisation",
    "dead_initialisation",
    "vanishing_depth",
    "exploding_depth",
    "seeds_disagree",
    "unknown",
]
"""Keys that stay, for whoever reads a verdict as JSON; ``none`` where nothing is wrong, and
``unknown`` where something is and its curves don't tell what, or it is too early."""


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
    """Settings to change that may help.

    Attributes:
        text: What to do, in words.
        changes: Dotted names of settings and their values, as ``--set`` takes them.
    """

    text: str
    changes: Mapping[str, str]

    @property
    def settings(self) -> list[str]:
        """``key=value`` of each, as addresses and the command line take them."""
        return [f"{name}={value}" for name, value in self.changes.items()]


@dataclass(frozen=True)
class Outcome:
    """What became of some of the seeds judged together: how many, which, and how they ended."""

    label: Label
    seeds: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Verdict:
    """What the curves of one setting say; pages, reports and JSON show this very object.

    Attributes:
        label: The run as a whole.
        headline: One sentence for it, with numbers.
        is_guess: Whether there is one seed only, so that noise is estimated and not measured.
        num_seeds: Seeds judged together.
        ranges: Ranges of epochs, in order.
        cause: Key of the likely cause.
        explanation: The likely cause in one or two sentences, or why it fits; empty where nothing
            is known.
        remedies: What to try, the likeliest first; each starts from the run's own settings.
        missing: What the runs have not recorded, in words.
        outcomes: How many of the seeds did what, where they did not all do the same.
        chosen_on: The images an epoch is chosen on: ``validation``, or ``test`` without a split.
    """

    label: Label
    headline: str
    is_guess: bool
    num_seeds: int
    ranges: tuple[Range, ...] = ()
    cause: Cause = "unknown"
    explanation: str = ""
    remedies: tuple[Remedy, ...] = ()
    missing: tuple[str, ...] = field(default=())
    outcomes: tuple[Outcome, ...] = ()
    chosen_on: Literal["validation", "test"] = "test"

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The numbers of the last range."""
        return self.ranges[-1].evidence if self.ranges else ()

    @property
    def standing(self) -> str:
        """On how many seeds it rests, a sentence or two."""
        if self.is_guess:
            return (
                "This is a guess from one seed, which can't tell how far seeds lie apart. "
                "More seeds measure it."
            )
        return f"From {self.num_seeds} seeds: the deviation between them is the yardstick."

    def as_dict(self) -> dict[str, Any]:
        """The verdict ready for JSON; ``set`` of a remedy is what ``--set`` takes."""
        return {
            "label": self.label,
            "cause": self.cause,
            "headline": self.headline,
            "explanation": self.explanation,
            "evidence": [asdict(each) for each in self.evidence],
            "remedies": [{"text": r.text, "set": dict(r.changes)} for r in self.remedies],
            "epochs": [
                {"first": each.first, "last": each.last, "label": each.label}
                for each in self.ranges
            ],
            "num_seeds": self.num_seeds,
            "outcomes": [asdict(each) for each in self.outcomes],
            "chosen_on": self.chosen_on,
            "missing": list(self.missing),
        }
