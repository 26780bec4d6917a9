"""Seeds trained side by side as one model against as many runs one after the other.

It fails on wrong results only, never on time. In full, 32 seeds of a 64 x 64 fit, in turns:
``python -m tests.benchmarks.test_stacked_seeds [TURNS] [DEVICE]``.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import pytest
import torch

from l335.core.settings import ASSETS
from l335.engine.train import Resources, train
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

SKY = ASSETS / "images" / "sky.png"
SETTINGS = ["encoding=none", "batch_pixels=all"]
MAX_DIFFERENCE_DB = 0.05
"""Batched products sum in another order, and Adam carries that on from step to step."""


class Scores:
    """Keeps the PSNR of each seed; everything else is dropped."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def metrics(self, step: int, values: dict[str, float]) -> None:
        self.last |= values

    def progress(self, step: int, train_seconds: float) -> None: ...

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None: ...

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None: ...

    def checkpoint(self, step: int, data: bytes) -> None: ...


def timed(spec: FitImageSpec, device: str) -> tuple[float, float, list[float]]:
    """Seconds in all, seconds of training alone, and PSNR of each seed in dB."""
    resources = Resources(device, torch.get_num_threads(), Path(), lambda _: SKY.read_bytes())
    scores = Scores()
    started = time.perf_counter()
    outcome = train(spec, resources, scores, lambda: False)
    seconds = time.perf_counter() - started
    assert outcome.finished
    if spec.num_seeds == 1:
        return seconds, outcome.train_seconds, [scores.last["train/psnr_db"]]
    found = [scores.last[f"seed_{place}/psnr_db"] for place in range(spec.num_seeds)]
    return seconds, outcome.train_seconds, found


def compare(spec: FitImageSpec, turns: int, device: str) -> str:
    """One line of figures; every seed must reach the same PSNR both ways."""
    single_specs = [spec.model_copy(update={"num_seeds": 1, "seed": seed}) for seed in spec.seeds]
    rows = []
    for turn in range(turns):
        ways = ("single", "stacked") if turn % 2 == 0 else ("stacked", "single")
        taken = {}
        for way in ways:
            runs = [timed(s, device) for s in (single_specs if way == "single" else [spec])]
            taken[way] = [sum(run[0] for run in runs), sum(run[1] for run in runs)]
            scores = [score for run in runs for score in run[2]]
            taken[f"{way} scores"] = scores
        pairs = zip(taken["single scores"], taken["stacked scores"], strict=True)
        assert max(abs(one - other) for one, other in pairs) < MAX_DIFFERENCE_DB
        rows.append(taken)
    alone, stacked = ([row[way] for row in rows] for way in ("single", "stacked"))
    ratios = [
        sorted(one[part] / other[part] for one, other in zip(alone, stacked, strict=True))
        for part in (0, 1)
    ]
    in_all, training = (
        f"{statistics.median(ratio):.2f} ({ratio[0]:.2f} to {ratio[-1]:.2f})" for ratio in ratios
    )
    seconds = [statistics.median(each[0] for each in way) for way in (alone, stacked)]
    width, height = spec.fitted_size
    return (
        f"{spec.num_seeds} seeds, {width} x {height}, {spec.steps} steps, {device}, "
        f"{torch.get_num_threads()} threads: {seconds[0]:.1f} s one by one, {seconds[1]:.1f} s "
        f"stacked; stacked is faster by {in_all} in all, {training} in training ({turns} turns)"
    )


def of(settings: list[str]) -> FitImageSpec:
    sized = PRESETS["fit-image"].spec.model_copy(update={"image_width": 512, "image_height": 512})
    spec = with_settings(sized, [*SETTINGS, *settings])
    assert isinstance(spec, FitImageSpec)
    return spec


@pytest.mark.parametrize("loss", ["l2", "huber"])
def test_stacked_seeds_reach_what_single_runs_reach(loss: str, capsys):
    spec = of(["image_size=16", "steps=20", "width=32", "num_seeds=4", f"loss={loss}"])
    line = compare(spec, turns=1, device="cpu")
    with capsys.disabled():
        print(f"\n{line}")


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
    spec = of(["image_size=64", "steps=20", "num_seeds=32"])
    for threads in (2, 1) if device == "cpu" else (torch.get_num_threads(),):
        torch.set_num_threads(threads)
        print(compare(spec, turns, device), flush=True)


if __name__ == "__main__":
    main()
