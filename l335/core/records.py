"""Plain records that layers hand each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Where the time of one attempt at a run went.

    Attributes:
        steps: Steps that were timed. The first is not: much is set up in it, once.
        step_seconds: What they took.
        evaluations: Evaluations that were timed; of one that was cut short, its part.
        evaluation_seconds: What they took, with the pictures and files that were kept.
        other_seconds: All the rest, from taking the run up to its last word: the process, the
            data, the first step, checkpoints.
        place: Where that was: the device asked for and the machine.
    """

    steps: int
    step_seconds: float
    evaluations: float
    evaluation_seconds: float
    other_seconds: float = 0.0
    place: str = ""


@dataclass(frozen=True)
class Row:
    """One metric value."""

    key: str
    step: int
    value: float
    wall: float


@dataclass(frozen=True)
class Pointer:
    """A stored file and what it is of."""

    name: str
    step: int
    media_type: str
    sha256: str
    num_bytes: int
    meta: dict[str, Any] = field(default_factory=dict)
