"""The training loop on real data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load
from torchvision.datasets import FashionMNIST

from l335.core.errors import RunFailed
from l335.engine.sampler import EpochSampler
from l335.engine.train import MAX_LOSS_POINTS, Resources, train
from l335.spec import ClassifySpec, FitImageSpec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from l335.web.payload import MAX_POINTS

from .conftest import Kept

SMALL_CNN = ["num_convs=2", "channels=3", "kernel_size=3", "padding=1", "pooling=max,none"]
CNN = with_settings(
    PRESETS["classify-cnn"].spec,
    [*SMALL_CNN, "train_size=300", "epochs=2", "batch_size=32", "lr=0.05"],
)
FIT = with_settings(
    PRESETS["fit-image"].spec,
    ["image_size=32", "steps=60", "width=32", "batch_pixels=256", "encoding.num_frequencies=16"],
).model_copy(update={"image_width": 512, "image_height": 512})


def never() -> bool:
    return False


@pytest.mark.parametrize("spec", [CNN, FIT], ids=["classify", "fit-image"])
def test_loss_falls_and_everything_is_recorded(spec, resources: Resources, kept: Kept):
    outcome = train(spec, resources, kept, never)
    assert outcome.finished
    assert outcome.step == spec.total_steps
    assert outcome.num_parameters == spec.num_parameters
    losses = kept.series("train/loss")
    assert losses[-1] < losses[0]
    assert kept.checkpoints[-1][0] == spec.total_steps
    headline = "test/accuracy" if spec is CNN else "train/psnr_db"
    scores = kept.series(headline)
    assert len(scores) >= 3
    assert scores[-1] > scores[0]


@pytest.mark.parametrize("spec", [CNN, FIT], ids=["classify", "fit-image"])
def test_resuming_repeats_the_uninterrupted_run_bit_for_bit(spec, resources: Resources, kept: Kept):
    train(spec, resources, kept, never)
    first, rest = Kept(), Kept()
    stopped = train(spec, resources, first, lambda: first.steps[-1] >= 13)
    assert not stopped.finished
    assert stopped.step == 13
    train(spec, resources, rest, never, first.checkpoints[-1][1])
    assert {**first.rows, **rest.rows} == kept.rows
    whole, again = load(kept.checkpoints[-1][1]), load(rest.checkpoints[-1][1])
    assert all(whole[name].equal(again[name]) for name in whole)


def test_a_stop_during_the_last_evaluation_loses_no_figures(resources: Resources, kept: Kept):
    spec = with_settings(PRESETS["classify-basic"].spec, ["train_size=64", "epochs=1", "width=8"])
    cut = train(spec, resources, kept, lambda: True)
    assert not cut.finished
    assert kept.series("test/accuracy") == []
    rest = Kept()
    assert train(spec, resources, rest, never, kept.checkpoints[-1][1]).finished
    assert len(rest.series("test/accuracy")) == 1


def test_matches_a_plain_loop(resources: Resources, kept: Kept):
    """The notebook's loop, written out, sees the same losses."""
    spec = with_settings(PRESETS["classify-basic"].spec, ["train_size=256", "epochs=1", "width=64"])
    train(spec, resources, kept, never)

    torch.manual_seed(spec.seed)
    model = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(784, 64), torch.nn.ReLU(),
        torch.nn.Linear(64, 64), torch.nn.ReLU(),
        torch.nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=False)
    data = FashionMNIST(resources.data_dir, train=True, download=False)
    chosen = torch.randperm(60_000, generator=torch.Generator().manual_seed(0))[:256]
    order = chosen[torch.randperm(256, generator=torch.Generator().manual_seed(0))]
    for step, indices in enumerate(order.split(64), 1):
        images = data.data[indices].float().div(255).unsqueeze(1)
        loss = F.cross_entropy(model(images), data.targets[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert kept.rows["train/loss", step] == pytest.approx(loss.item(), rel=1e-5)


def test_divergence_is_a_sentence_and_shows_in_the_curve(resources: Resources, kept: Kept):
    spec = with_settings(
        PRESETS["fit-image"].spec,
        ["image_size=16", "steps=50", "lr=10", "optimizer=sgd", "output=linear", "sigma=1"],
    ).model_copy(update={"image_width": 512, "image_height": 512})
    with pytest.raises(RunFailed, match=r"The loss became (nan|inf) at step .* Lower `lr`"):
        train(spec, resources, kept, never)
    assert not np.isfinite(kept.series("train/loss")[-1])


def test_same_seed_same_run_other_seed_other_run(resources: Resources):
    def losses(seed: int) -> list[float]:
        recorder = Kept()
        spec = FIT.model_copy(update={"steps": 5, "seed": seed})
        train(spec, resources, recorder, never)
        return recorder.series("train/loss")

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_the_dashboard_shows_an_ordinary_run_whole():
    # A long run records so many losses, its first step and its evaluations.
    spec = PRESETS["classify-cnn"].spec
    assert MAX_LOSS_POINTS + len(spec.evaluation_steps()) + 1 < MAX_POINTS


@pytest.mark.parametrize(
    "spec",
    [
        ClassifySpec(train_size=500, batch_size=64, epochs=3),
        ClassifySpec(train_size=10, batch_size=64),
        FitImageSpec(image_width=40, image_height=30, image_size=40, batch_pixels=500, steps=9),
        FitImageSpec(image_width=40, image_height=30, image_size=40, batch_pixels="all"),
        FitImageSpec(image_width=40, image_height=30, held_out="grid", batch_pixels=299),
    ],
)
def test_samples_and_epochs_are_those_the_sampler_has_shown(spec: ClassifySpec | FitImageSpec):
    sampler = EpochSampler(spec.samples_per_epoch, spec.samples_per_batch, 0, "cpu")
    seen = 0
    for step in range(1, 3 * spec.steps_per_epoch + 2):
        seen += len(sampler.batch(step))
        assert spec.samples_at(step) == seen
        assert spec.epochs_at(step) == seen / spec.samples_per_epoch
    assert spec.epochs_at(2 * spec.steps_per_epoch) == 2


class Clocked(Kept):
    """A recorder that also keeps the training time of each row of a metric."""

    def __init__(self) -> None:
        super().__init__()
        self.walls: dict[int, float] = {}
        self.seconds = 0.0

    def progress(self, step: int, train_seconds: float) -> None:
        super().progress(step, train_seconds)
        self.seconds = train_seconds

    def metrics(self, step: int, values: dict[str, float]) -> None:
        super().metrics(step, values)
        if "train/loss" in values:
            self.walls[step] = self.seconds


def test_seconds_go_on_where_a_run_was_paused_or_had_ended(resources: Resources):
    first, second, third = Clocked(), Clocked(), Clocked()
    spec = with_changes(CNN, epochs=4)
    paused = train(spec, resources, first, lambda: len(first.walls) >= 7)
    assert not paused.finished
    ended = train(spec, resources, second, never, first.checkpoints[-1][1])
    longer = with_changes(spec, epochs=6)
    outcome = train(longer, resources, third, never, second.checkpoints[-1][1])
    walls = {**first.walls, **second.walls, **third.walls}
    assert sorted(walls) == list(range(1, longer.total_steps + 1))
    seconds = [walls[step] for step in sorted(walls)]
    assert seconds == sorted(seconds)
    assert paused.train_seconds <= second.walls[paused.step + 1]
    assert ended.train_seconds <= third.walls[spec.total_steps + 1]
    assert seconds[-1] <= outcome.train_seconds < seconds[-1] + 0.5
