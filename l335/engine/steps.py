"""How training steps are taken: operation by operation, or on a GPU replayed from a recording.

A step of a small network is some fifty kernels of a few microseconds each, and telling a GPU to
start one takes as long. A CUDA graph is told once and started whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from l335.engine.task import Task

log = logging.getLogger("l335.engine")

NUM_WARM_UPS = 3  # what libraries set up at first use must be there before the recording


class Recording(Protocol):
    """Keeps what a function asks of a device, so that it can be asked for again at once."""

    def warm_up(self, function: Callable[[], None]) -> None:
        """Call a function where it will be recorded."""

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        """What repeats the function's work, on the same tensors; nothing is done yet.

        Raises:
            RuntimeError: Something in it can't be recorded.
        """


class CudaRecording:
    """A recording as a CUDA graph, made on a stream of its own."""

    def __init__(self) -> None:
        self._stream = torch.cuda.Stream()

    def warm_up(self, function: Callable[[], None]) -> None:
        """Call a function on the stream of the recording."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            function()
        torch.cuda.current_stream().wait_stream(self._stream)

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        """The replay of a CUDA graph of the function."""
        graph = torch.cuda.CUDAGraph()
        # The threads that store files may do what they like meanwhile.
        with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            function()
        replay: Callable[[], None] = graph.replay
        return replay


class Steps:
    """Takes the steps of a task and sums up their losses.

    Args:
        task: The task.
        recording: Records a step, once a few were taken, to replay it; None takes each operation
            by operation.

    Attributes:
        loss_sum: Sum of the mean losses of the steps taken, a scalar on the device; whoever reads
            it sets it to zero in place.
    """

    def __init__(self, task: Task, recording: Recording | None = None) -> None:
        self._task, self._recording = task, recording
        self.loss_sum = torch.zeros((), device=next(task.model.parameters()).device)
        if recording is not None:
            self._batch = task.batch(1).clone()  # where a recorded step finds its batch
            # A recorded step finds the learning rate here; a number would be recorded as it is.
            for group in task.optimizer.param_groups:
                group["lr"] = torch.tensor(group["lr"], device=self.loss_sum.device)
        self._lr: float | None = None
        self._num_warm_ups = 0
        self._replay: Callable[[], None] | None = None

    def take(self, step: int, lr: float) -> dict[str, float]:
        """One step, counted from 1; returns what of it is worth a curve."""
        self._set_lr(lr)
        batch = self._task.batch(step)
        if self._is_recordable(step, batch) and self._take_recorded(batch):
            return {}
        self._task.optimizer.zero_grad(set_to_none=True)
        self.loss_sum += self._task.accumulate_gradients(batch)
        return self._task.update(step)

    def _set_lr(self, lr: float) -> None:
        if lr == self._lr:
            return
        self._lr = lr
        for group in self._task.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr

    def _is_recordable(self, step: int, batch: Tensor) -> bool:
        # The last batch of an epoch may be shorter.
        is_usual = self._recording is not None and batch.shape == self._batch.shape
        return is_usual and not self._task.is_watched(step)

    def _take_recorded(self, batch: Tensor) -> bool:
        """Whether the step was taken; false from the time on that recording has failed."""
        assert self._recording is not None
        self._batch.copy_(batch)
        if self._num_warm_ups < NUM_WARM_UPS:
            self._num_warm_ups += 1
            self._recording.warm_up(self._step_on_batch)
            return True
        if self._replay is None:
            try:
                self._replay = self._record(self._recording)
            except RuntimeError as error:
                log.warning("steps are taken one by one: %s", error)
                self._recording = None
                return False
        self._replay()
        return True

    def _record(self, recording: Recording) -> Callable[[], None]:
        groups = self._task.optimizer.param_groups
        # Adam asks for this word while it is recorded, and warns of it at any other time.
        marked = [group for group in groups if "capturable" in group]
        for group in marked:
            group["capturable"] = True
        try:
            return recording.record(self._step_on_batch)
        finally:
            for group in marked:
                group["capturable"] = False

    def _step_on_batch(self) -> None:
        self._task.optimizer.zero_grad(set_to_none=True)
        self.loss_sum += self._task.accumulate_gradients(self._batch)
        self._task.optimizer.step()


def steps_of(task: Task, device: str, has_graphs: bool) -> Steps:
    """The fastest way to take a task's steps on a device.

    Args:
        task: The task.
        device: Where it lies.
        has_graphs: Whether steps may be recorded as CUDA graphs.
    """
    # Only fused optimisers keep all of their state on the device.
    is_fused = bool(task.optimizer.defaults.get("fused"))
    is_recorded = has_graphs and is_fused and device.startswith("cuda")
    return Steps(task, CudaRecording() if is_recorded else None)
