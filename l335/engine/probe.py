"""A probe: how fast this machine does the work of a run, measured in a second or two."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from l335.core.records import Timing
from l335.engine import checkpoint as checkpoints
from l335.engine.checkpoint import Position
from l335.engine.steps import NUM_WARM_UPS, Steps, steps_of
from l335.engine.task import EvaluationStopped, Task
from l335.engine.train import Resources, set_up
from l335.spec import ClassifySpec, FitImageSpec

WARM_UP_STEPS = NUM_WARM_UPS + 1  # the last one may be the recording
STEP_SECONDS, MAX_STEPS = 0.5, 300
STEPS_BETWEEN_WAITS = 10
EVALUATION_SECONDS = 1.5


def probe(
    spec: ClassifySpec | FitImageSpec, resources: Resources, should_stop: Callable[[], bool]
) -> Timing | None:
    """Time some steps and an evaluation, or part of one, of a run; it leaves nothing behind.

    Returns:
        None where it was asked to stop.

    Raises:
        RunFailed: Memory ran out.
    """
    evaluations = sorted(spec.evaluation_steps())
    with set_up(spec, resources) as task:
        way = steps_of(task, resources.device, resources.has_graphs)
        steps, step_seconds = _time_steps(way, spec.lr, should_stop)
        timed = _time_evaluation(task, evaluations[len(evaluations) // 2], should_stop)
        # A run ends with its checkpoint, so its making counts as well.
        checkpoints.pack(task.model, task.optimizer, Position())
    if timed is None:
        return None
    return Timing(steps, step_seconds, *timed)


def _time_steps(way: Steps, lr: float, should_stop: Callable[[], bool]) -> tuple[int, float]:
    """How many steps were timed, at least one, and their seconds."""
    started, timed_from = time.perf_counter(), 0
    for step in range(1, WARM_UP_STEPS + MAX_STEPS + 1):
        way.take(step, lr)
        if step <= WARM_UP_STEPS or step % STEPS_BETWEEN_WAITS == 0:
            way.loss_sum.item()  # waits for the device
        seconds = time.perf_counter() - started
        if should_stop() or seconds >= STEP_SECONDS:
            break
        if step <= WARM_UP_STEPS:
            started, timed_from = time.perf_counter(), step
    way.loss_sum.item()
    return step - timed_from, time.perf_counter() - started


def _time_evaluation(
    task: Task, step: int, should_stop: Callable[[], bool]
) -> tuple[float, float] | None:
    """How much of an evaluation was timed, and its seconds; None where it was told to stop.

    Args:
        task: The task, after some steps.
        step: A step at which a run is evaluated.
        should_stop: Whether to give up.
    """
    with contextlib.suppress(EvaluationStopped):
        task.evaluate(step, lambda: True)  # reads the test images, once and for all
    started, num_asked = time.perf_counter(), 0

    def is_time_up() -> bool:
        nonlocal num_asked
        num_asked += 1
        return should_stop() or time.perf_counter() - started >= EVALUATION_SECONDS

    try:
        task.evaluate(step, is_time_up)
    except EvaluationStopped:
        share = (num_asked - 1) / task.evaluation_batches
        seconds = time.perf_counter() - started
        return None if should_stop() else (share, seconds)
    task.snapshot(step)
    return 1.0, time.perf_counter() - started
