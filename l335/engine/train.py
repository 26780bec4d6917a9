"""The training loop, one for both halves of the practical."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from l335.allocator import keep_freed_memory
from l335.engine import checkpoint as checkpoints
from l335.engine.checkpoint import Position
from l335.engine.classify import ClassifyTask
from l335.engine.fit_image import FitImageTask
from l335.engine.precision import FLOAT32, products
from l335.engine.recorder import Recorder
from l335.engine.step_clock import StepClock
from l335.engine.steps import Steps, steps_of
from l335.engine.task import EvaluationStopped, Task
from l335.errors import RunFailed
from l335.pace import Timing
from l335.spec import ClassifySpec, FitImageSpec
from l335.wording import exact

MAX_LOSS_POINTS = 2000
CHECKPOINT_SECONDS = 5.0
CHECKPOINT_COST_RATIO = 20  # a checkpoint may cost one part in this many of the time
PREVIEW_SECONDS = 0.5


@dataclass(frozen=True)
class Resources:
    """What a run may use.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``.
        threads: CPU threads; part of what makes a run repeat bit for bit.
        data_dir: Folder with the decompressed data sets.
        read_blob: Reads a stored file by its SHA-256.
        precision: ``float32``, ``tf32`` or ``bf16``; see ``l335.engine.precision``.
        has_graphs: Whether steps on a GPU may be recorded as CUDA graphs.
    """

    device: str
    threads: int
    data_dir: Path
    read_blob: Callable[[str], bytes]
    precision: str = FLOAT32
    has_graphs: bool = True


@dataclass(frozen=True)
class Outcome:
    """How training ended.

    Attributes:
        finished: Whether all steps were done; false where it was asked to stop.
        step: Steps done.
        train_seconds: Seconds of training without evaluation and previews.
        num_parameters: Trainable parameters, counted on the built model.
        timing: What this pass through the loop has taken.
    """

    finished: bool
    step: int
    train_seconds: float
    num_parameters: int
    timing: Timing


def build_task(spec: ClassifySpec | FitImageSpec, resources: Resources) -> Task:
    """The task of a specification, with its data on the device."""
    if isinstance(spec, ClassifySpec):
        return ClassifyTask(spec, resources.data_dir, resources.device, resources.precision)
    image = resources.read_blob(spec.image)
    return FitImageTask(spec, image, resources.device, resources.precision)


def train(
    spec: ClassifySpec | FitImageSpec,
    resources: Resources,
    recorder: Recorder,
    should_stop: Callable[[], bool],
    checkpoint: bytes | None = None,
) -> Outcome:
    """Train from the start, or on from a checkpoint, until done or told to stop.

    Raises:
        RunFailed: The loss is no longer finite, or memory ran out; the text says what to do.
    """
    with set_up(spec, resources) as task:
        steps = steps_of(task, resources.device, resources.has_graphs)
        return _Loop(spec, task, steps, recorder, should_stop).run(checkpoint)


@contextlib.contextmanager
def set_up(spec: ClassifySpec | FitImageSpec, resources: Resources) -> Iterator[Task]:
    """The task of a specification, on as many threads as it may use.

    Raises:
        RunFailed: Memory ran out, here or within the block.
    """
    keep_freed_memory()
    if torch.get_num_threads() != resources.threads:
        torch.set_num_threads(resources.threads)
    try:
        with products(resources.precision, resources.device):
            yield build_task(spec, resources)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory(spec) from error
    except RuntimeError as error:
        # The CPU allocator raises a plain RuntimeError; only its text tells it apart.
        if "can't allocate memory" not in str(error):
            raise
        raise _out_of_memory(spec) from error


def _out_of_memory(spec: ClassifySpec | FitImageSpec) -> RunFailed:
    fields = "`batch_size`" if isinstance(spec, ClassifySpec) else "`image_size` or `batch_pixels`"
    return RunFailed(
        "out_of_memory", f"The device ran out of memory. Lower {fields}, or the network's width."
    )


class _Loop:
    """State of one pass through the loop: where it is and when it last reported."""

    def __init__(
        self,
        spec: ClassifySpec | FitImageSpec,
        task: Task,
        steps: Steps,
        recorder: Recorder,
        should_stop: Callable[[], bool],
    ) -> None:
        self.spec, self.task, self.steps, self.recorder = spec, task, steps, recorder
        self.should_stop = should_stop
        self.position = Position()
        self.log_every = max(1, spec.total_steps // MAX_LOSS_POINTS)
        self.last_checkpoint_at = time.monotonic()
        self.checkpoint_cost = 0.0
        self.last_preview_at = -math.inf
        self.is_cut_short = False
        self.clock = StepClock()

    def run(self, checkpoint: bytes | None) -> Outcome:
        if checkpoint is None:
            self._begin()
        else:
            self._resume(checkpoint)
        clock = time.perf_counter()
        for step in range(self.position.step + 1, self.spec.total_steps + 1):
            # one update
            lr = self.spec.lr * self.spec.schedule.factor(step, self.spec.total_steps)
            statistics = self.steps.take(step, lr)
            self.position.step = step
            self.position.num_losses += 1

            # report; reading the loss waits for the device, so only when due
            if step == 1 or step % self.log_every == 0 or self.task.is_evaluation_due(step):
                loss, first = self._read_loss()
                self.position.train_seconds += time.perf_counter() - clock
                self._report(loss, first, statistics)
                clock = time.perf_counter()
            if self.should_stop():
                break
            if self._is_checkpoint_due():
                self.position.train_seconds += time.perf_counter() - clock
                self._checkpoint()
                clock = time.perf_counter()
        self.position.train_seconds += time.perf_counter() - clock
        self.clock.end(self.position.step)
        return self._end()

    def _resume(self, checkpoint: bytes) -> None:
        self.position = checkpoints.restore(checkpoint, self.task.model, self.task.optimizer)
        self.steps.loss_sum += self.position.loss_sum
        self.recorder.progress(self.position.step, self.position.train_seconds)
        # The stop may have cut this evaluation short; done twice it gives the same figures.
        if self.task.is_evaluation_due(self.position.step):
            self._evaluate()

    def _begin(self) -> None:
        self.recorder.progress(0, 0.0)
        if isinstance(self.task, FitImageTask):
            original = self.task.original()
            self.recorder.preview(0, original.name, original.media_type, original.data)
        self.recorder.metrics(0, self.task.baseline())
        if self.task.is_evaluation_due(0):
            self._evaluate()
        else:
            self._snapshot()

    def _read_loss(self) -> tuple[float, int]:
        """The mean loss of the steps since it was read last, and the first of them."""
        mean = self.steps.loss_sum.item() / self.position.num_losses
        first = self.position.step - self.position.num_losses + 1
        self.steps.loss_sum.zero_()
        self.position.num_losses = 0
        return mean, first

    def _report(self, loss: float, first: int, statistics: dict[str, float]) -> None:
        step = self.position.step
        self.clock.begin(step)
        self.recorder.progress(step, self.position.train_seconds)
        self.recorder.metrics(step, {"train/loss": loss, **statistics})
        if not math.isfinite(loss):
            where = f"at step {step}" if first == step else f"between steps {first} and {step}"
            raise RunFailed(
                "diverged",
                f"The loss became {loss} {where} (`lr` = {exact(self.spec.lr)}). Lower `lr`, or "
                "choose another optimiser.",
            )
        if self.task.is_evaluation_due(step):
            self._evaluate()

    def _evaluate(self) -> None:
        started = time.perf_counter()
        try:
            scores = self.task.evaluate(self.position.step, self.should_stop)
        except EvaluationStopped:
            self.is_cut_short = True
            return
        if isinstance(self.task, FitImageTask) and self.position.step == self.spec.total_steps:
            scores |= self.task.held_back_scores()
        self.recorder.metrics(self.position.step, scores)
        self._snapshot()
        now = time.monotonic()
        if now - self.last_preview_at >= PREVIEW_SECONDS:
            self._previews()
            self.last_preview_at = now
        self.clock.note_evaluation(time.perf_counter() - started)

    def _previews(self) -> None:
        for preview in self.task.previews():
            self.recorder.preview(
                self.position.step, preview.name, preview.media_type, preview.data
            )

    def _snapshot(self) -> None:
        step = self.position.step
        for part in self.task.snapshot(step):
            self.recorder.snapshot(step, part.name, part.media_type, part.data)

    def _is_checkpoint_due(self) -> bool:
        interval = max(CHECKPOINT_SECONDS, CHECKPOINT_COST_RATIO * self.checkpoint_cost)
        return time.monotonic() - self.last_checkpoint_at >= interval

    def _checkpoint(self) -> None:
        started = time.monotonic()
        self.position.loss_sum = self.steps.loss_sum.item()
        data = checkpoints.pack(self.task.model, self.task.optimizer, self.position)
        self.recorder.checkpoint(self.position.step, data)
        self.last_checkpoint_at = time.monotonic()
        self.checkpoint_cost = self.last_checkpoint_at - started

    def _end(self) -> Outcome:
        position = self.position
        finished = position.step == self.spec.total_steps and not self.is_cut_short
        self.recorder.progress(position.step, position.train_seconds)
        if finished:  # the last step is always evaluated, so this is its picture
            self._previews()
        self._checkpoint()
        parameters = [p.numel() for p in self.task.model.parameters() if p.requires_grad]
        return Outcome(
            finished, position.step, position.train_seconds, sum(parameters), self.clock.timing
        )
