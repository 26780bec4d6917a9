"""What steps and evaluations of a run take, reports and checkpoints between them included."""

from __future__ import annotations

import time

from l335.core.records import Timing


class StepClock:
    """Times a pass through the training loop; evaluations are told to it."""

    def __init__(self) -> None:
        self._begun: tuple[int, float] | None = None  # the first step that was reported, and when
        self._num_evaluations, self._evaluation_seconds = 0, 0.0
        self._seconds_before = 0.0  # of evaluations before the first report
        self._steps, self._step_seconds = 0, 0.0

    def begin(self, step: int) -> None:
        """Note that a step is done and reported; the first such call starts the clock."""
        if self._begun is None:
            self._begun = step, time.perf_counter()
            self._seconds_before = self._evaluation_seconds

    def note_evaluation(self, seconds: float) -> None:
        """Note an evaluation, its pictures and files included."""
        self._num_evaluations += 1
        self._evaluation_seconds += seconds

    def end(self, step: int) -> None:
        """Note that this was the last step."""
        if self._begun is None:
            return
        first, since = self._begun
        evaluations = self._evaluation_seconds - self._seconds_before
        self._steps = step - first
        self._step_seconds = time.perf_counter() - since - evaluations

    @property
    def timing(self) -> Timing:
        """What was timed, after the end."""
        return Timing(
            self._steps, self._step_seconds, self._num_evaluations, self._evaluation_seconds
        )
