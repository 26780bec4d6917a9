"""Plain records that layers hand each other."""

from __future__ import annotations

from dataclasses import dataclass


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
