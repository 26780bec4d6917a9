"""Steps that are recorded and replayed do what steps taken one by one do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from l335.engine import train as training
from l335.engine.steps import NUM_WARM_UPS, CudaRecording, Steps, steps_of
from l335.engine.task import Task
from l335.engine.train import Resources, build_task, train
from l335.spec import Spec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

EXACT_LR = "lr=0.0078125"  # the same number in 32 and in 64 bits
HAS_CUDA = torch.cuda.is_available()


def classify(preset: str, *settings: str) -> Spec:
    return with_settings(PRESETS[preset].spec, [EXACT_LR, *settings])


def fit(*settings: str) -> Spec:
    small = ["image_size=24", "steps=14", "width=16", "depth=2", "encoding.num_frequencies=8"]
    sized = PRESETS["fit-image"].spec.model_copy(update={"image_width": 512, "image_height": 512})
    return with_settings(sized, [EXACT_LR, *small, *settings])


SMALL_CNN = ("num_convs=2", "channels=3", "kernel_size=3", "padding=1", "pooling=max,none")
SPECS = {
    "basic net, short last batches": classify(
        "classify-basic", "train_size=100", "batch_size=32", "epochs=4", "width=16"
    ),
    "CNN with Adam": classify(
        "classify-cnn", *SMALL_CNN, "train_size=96", "batch_size=16", "epochs=2", "optimizer=adam"
    ),
    "without momentum": classify(
        "classify-basic", "train_size=96", "batch_size=16", "epochs=2", "optimizer.momentum=0"
    ),
    "image, random batches": fit("batch_pixels=64"),
    "image, every pixel": fit("batch_pixels=all"),
    "several seeds as one model": fit("batch_pixels=64", "num_seeds=3"),
    "AdamW with decay": fit("batch_pixels=64", "optimizer=adamw", "optimizer.weight_decay=0.1"),
}


class Tape(TorchDispatchMode):
    """Notes each operation on tensors, with what it read and what it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.operations.append((func, args, kwargs or {}, out))
        return out


class TapeRecording:
    """What a CUDA graph does, without a GPU: the same operations on the same tensors.

    Numbers of Python and tensors that are replaced stay what they were at the recording; a value
    that would have to come back from the device is an error.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self.num_replays = 0

    def warm_up(self, function: Callable[[], None]) -> None:
        function()

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        kept = [(tensor, tensor.clone()) for tensor in self._state(function)]
        with Tape() as tape:
            function()
        with torch.no_grad():
            for tensor, was in kept:  # a recording itself does nothing
                tensor.copy_(was)
        waits = [str(func) for func, *_ in tape.operations if "_local_scalar_dense" in str(func)]
        if waits:
            raise RuntimeError(f"the step waits for the device: {waits}")
        return lambda: self._replay(tape)

    def _state(self, function: Any) -> list[Tensor]:
        of_optimizer = tree_flatten(list(self._task.optimizer.state.values()))[0]
        tensors = [*self._task.model.parameters(), *of_optimizer, function.__self__.loss_sum]
        return [tensor for tensor in tensors if isinstance(tensor, Tensor)]

    @torch.no_grad()
    def _replay(self, tape: Tape) -> None:
        self.num_replays += 1
        for func, args, kwargs, out in tape.operations:
            made, places = tree_flatten(func(*args, **kwargs))[0], tree_flatten(out)[0]
            for new, place in zip(made, places, strict=True):
                if isinstance(new, Tensor) and new.data_ptr() != place.data_ptr():
                    place.copy_(new)


class Broken(TapeRecording):
    """A device that can't record."""

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        raise RuntimeError("operation not permitted when stream is capturing")


def losses_and_weights(
    spec: Spec, resources: Resources, recording: Callable[[Task], Any] | None = None
) -> tuple[list[float], list[Tensor]]:
    task = build_task(spec, resources)
    steps = Steps(task, recording(task) if recording else None)
    losses = []
    for step in range(1, spec.total_steps + 1):
        lr = spec.lr * spec.schedule.factor(step, spec.total_steps)
        steps.take(step, lr)
        losses.append(steps.loss_sum.item())
        steps.loss_sum.zero_()
    return losses, [parameter.detach().clone() for parameter in task.model.parameters()]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_replayed_steps_equal_plain_ones(spec: Spec, resources: Resources):
    made: list[TapeRecording] = []

    def recording(task: Task) -> TapeRecording:
        made.append(TapeRecording(task))
        return made[0]

    plain, replayed = (losses_and_weights(spec, resources, way) for way in (None, recording))
    assert made[0].num_replays > NUM_WARM_UPS
    assert plain[0] == replayed[0]
    assert all(one.equal(other) for one, other in zip(plain[1], replayed[1], strict=True))


def test_a_schedule_reaches_replayed_steps(resources: Resources):
    spec = with_settings(SPECS["CNN with Adam"], ["schedule=cosine"])
    plain, replayed = (losses_and_weights(spec, resources, way) for way in (None, TapeRecording))
    assert replayed[0] == pytest.approx(plain[0], rel=1e-5)
    assert plain[0] != losses_and_weights(SPECS["CNN with Adam"], resources)[0]


def test_a_device_that_cannot_record_trains_all_the_same(resources: Resources):
    spec = SPECS["image, random batches"]
    assert losses_and_weights(spec, resources, Broken)[0] == losses_and_weights(spec, resources)[0]


def test_what_waits_for_the_device_is_not_recorded(resources: Resources):
    task = build_task(SPECS["image, every pixel"], resources)
    usual = task.accumulate_gradients

    def waiting(batch: Tensor) -> Tensor:
        loss = usual(batch)
        loss.item()
        return loss

    task.accumulate_gradients = waiting  # type: ignore[method-assign]
    recording = TapeRecording(task)
    steps = Steps(task, recording)
    for step in range(1, 8):
        steps.take(step, 0.01)
    assert recording.num_replays == 0


@pytest.mark.parametrize("name", ["basic net, short last batches", "image, random batches"])
def test_a_replayed_run_records_what_a_plain_run_records(
    name: str, resources: Resources, kept: Kept, monkeypatch: pytest.MonkeyPatch
):
    train(SPECS[name], resources, kept, lambda: False)
    replayed, rest = Kept(), Kept()
    made: list[TapeRecording] = []

    def steps(task: Task, device: str, has_graphs: bool) -> Steps:
        made.append(TapeRecording(task))
        return Steps(task, made[-1])

    monkeypatch.setattr(training, "steps_of", steps)
    train(SPECS[name], resources, replayed, lambda: False)
    assert replayed.rows == kept.rows
    # Stopped between replays and resumed, it goes on as if nothing had been.
    first = Kept()
    train(SPECS[name], resources, first, lambda: first.steps[-1] >= 7)
    train(SPECS[name], resources, rest, lambda: False, first.checkpoints[-1][1])
    assert {**first.rows, **rest.rows} == kept.rows
    assert all(recording.num_replays for recording in made)


@pytest.mark.parametrize("optimizer", ["rmsprop", "lbfgs"])
def test_only_optimizers_that_live_on_the_device_are_recorded(optimizer: str, resources: Resources):
    task = build_task(fit("batch_pixels=all", f"optimizer={optimizer}"), resources)
    assert steps_of(task, "cuda", has_graphs=True)._recording is None
    assert not task.optimizer.defaults.get("fused")


@pytest.mark.skipif(not HAS_CUDA, reason="needs a CUDA device: CUDA graphs are made on it")
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_cuda_graphs_equal_plain_steps(spec: Spec, resources: Resources):
    of_gpu = Resources("cuda", 1, resources.data_dir, resources.read_blob)
    plain = losses_and_weights(spec, of_gpu)
    replayed = losses_and_weights(spec, of_gpu, lambda _: CudaRecording())
    assert replayed[0] == pytest.approx(plain[0], rel=1e-4)
    for one, other in zip(plain[1], replayed[1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
