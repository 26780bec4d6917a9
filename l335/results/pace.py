"""How long runs will take on this machine, from what runs of the same work have taken."""

from __future__ import annotations

import functools
import heapq
import socket
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from l335.core.records import Timing
from l335.spec import Spec

Work = tuple[object, ...]


def place_of(device: str) -> str:
    """Where a timing is from: a device as asked for, such as ``auto``, on this machine."""
    return f"{device} on {socket.gethostname()}"


@dataclass(frozen=True)
class Pace:
    """How fast one kind of work goes; all in seconds."""

    step: float
    evaluation: float
    other: float

    def seconds(self, spec: Spec) -> float:
        """Wall-clock of a run of this work, from being taken up to its end."""
        num_evaluations = len(spec.evaluation_steps())
        return self.other + spec.total_steps * self.step + num_evaluations * self.evaluation


@dataclass(frozen=True)
class Estimate:
    """How long runs will take from Start on, where nothing else waits.

    Attributes:
        seconds: Wall-clock of those runs whose pace is known.
        num_trained: Runs that have completed already, which take no time.
        num_measured: Runs to be trained whose pace is known.
        num_unmeasured: Runs to be trained like none before on this machine.
        is_measuring: Whether a measurement of such a run is under way.
        measured_at: When the newest of the figures was measured; None without any.
    """

    seconds: float
    num_trained: int
    num_measured: int
    num_unmeasured: int
    is_measuring: bool = False
    measured_at: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the pace of every run is known."""
        return self.num_unmeasured == 0


@functools.lru_cache(maxsize=4096)
def work(spec: Spec) -> Work:
    """What decides the time of a step and of an evaluation: runs of equal work go equally fast."""
    return spec.work


def pace_of(timings: Sequence[Timing]) -> Pace:
    """The pace behind some timings of one kind of work: the median of each part.

    Args:
        timings: At least one, each with a step and an evaluation.
    """
    return Pace(
        statistics.median(timing.step_seconds / timing.steps for timing in timings),
        statistics.median(timing.evaluation_seconds / timing.evaluations for timing in timings),
        statistics.median(timing.other_seconds for timing in timings),
    )


def wall_clock(durations: Iterable[float], slots: int) -> float:
    """Seconds until all are done, each begun in this order as soon as a slot is free."""
    free_at = [0.0] * slots
    for seconds in durations:
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return max(free_at)
