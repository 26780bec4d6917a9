"""What recording the course of a run costs: snapshots, figures of each class, layer statistics.

The same training with and without, taken in turns in one process; it fails on wrong results
only, never on time. In full, with medians over several turns:
``python -m tests.benchmarks.test_recording_cost``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pytest
import torch

from l335.data.blobs import Blobs
from l335.engine import train as engine
from l335.engine.classify import ClassifyTask
from l335.engine.evaluation import accuracy_and_loss
from l335.engine.steps import Steps
from l335.runner.recorder import GroupingRecorder
from l335.spec import ClassifySpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS


class Unrecorded(ClassifyTask):
    """The same training and the same accuracies, nothing else noted."""

    def update(self, step: int) -> dict[str, float]:
        self.optimizer.step()
        return {}

    def evaluate(self, step, should_stop) -> dict[str, float]:
        if self._test is None:
            super().evaluate(step, should_stop)  # loads the test images
        size = 10_000
        train = self._logits(self.images[:size], should_stop)
        test = self._logits(self._test[0], should_stop)
        train_accuracy, _ = accuracy_and_loss(train, self.labels[:size])
        test_accuracy, test_loss = accuracy_and_loss(test, self._test[1])
        return {
            "train/accuracy": train_accuracy,
            "test/accuracy": test_accuracy,
            "test/loss": test_loss,
        }

    def snapshot(self, step: int) -> list:
        return []


class Figures(GroupingRecorder):
    """Stores files as the runner does, and keeps the accuracies."""

    def __init__(self, blobs: Blobs) -> None:
        super().__init__(blobs, lambda message: None, interval_seconds=0.0)
        self.accuracies: list[float] = []
        self.num_bytes = 0

    def metrics(self, step: int, values: dict[str, float]) -> None:
        super().metrics(step, values)
        if "test/accuracy" in values:
            self.accuracies.append(values["test/accuracy"])

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        super().snapshot(step, name, media_type, data)
        self.num_bytes += len(data)


def run(spec: ClassifySpec, task: type[ClassifyTask], data_dir: Path) -> tuple[float, Figures]:
    """Seconds of a whole run, evaluations included, and what it recorded."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Figures(Blobs(Path(folder)))
        made = task(spec, data_dir, "cpu")
        made.evaluate(0, lambda: False)  # loads the test images before the clock runs
        started = time.perf_counter()
        engine._Loop(spec, made, Steps(made), recorder, lambda: False).run(None)
        return time.perf_counter() - started, recorder


def compare(spec: ClassifySpec, data_dir: Path, turns: int) -> str:
    """One line of figures; the accuracies must be the same with and without.

    Who goes first changes from turn to turn, and each turn has a ratio of its own: a machine
    that grows slower or faster while it is measured then favours neither.
    """
    seconds: dict[type[ClassifyTask], list[float]] = {ClassifyTask: [], Unrecorded: []}
    order = list(seconds)
    for _ in range(turns):
        figures = {}
        for task in order:
            taken, figures[task] = run(spec, task, data_dir)
            seconds[task].append(taken)
        assert figures[ClassifyTask].accuracies == figures[Unrecorded].accuracies
        order.reverse()
    ratios = sorted(recorded / plain for recorded, plain in zip(*seconds.values(), strict=True))
    recorded, plain = (statistics.median(values) for values in seconds.values())
    evaluations = len(figures[ClassifyTask].accuracies)
    return (
        f"{spec.model.kind}, batch {spec.batch_size}, {spec.epochs} epochs of {spec.train_size:,}, "
        f"{evaluations} evaluations: {recorded:.2f} s recorded, {plain:.2f} s not, "
        f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}), "
        f"{figures[ClassifyTask].num_bytes / 1e6:.1f} MB ({turns} turns)"
    )


@pytest.mark.parametrize("preset", ["classify-basic", "classify-cnn"])
def test_recording_changes_no_figure(preset: str, tmp_path: Path, capsys):
    spec = with_settings(PRESETS[preset].spec, ["train_size=512", "epochs=2"])
    line = compare(spec, tmp_path, turns=1)
    with capsys.disabled():
        print(f"\n{line}")


def main() -> None:
    """Fewer images than the presets train on: the shorter the epoch, the dearer its recording."""
    torch.set_num_threads(1)
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        for preset, settings in [
            ("classify-basic", ["batch_size=64", "epochs=2", "train_size=30000"]),
            ("classify-basic", ["batch_size=4", "epochs=1", "train_size=15000"]),
            ("classify-cnn", ["batch_size=64", "epochs=1", "train_size=10000"]),
        ]:
            spec = with_settings(PRESETS[preset].spec, settings)
            print(compare(spec, Path(folder), turns), flush=True)


if __name__ == "__main__":
    main()
