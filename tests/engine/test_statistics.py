"""Statistics, evaluation and augmentation against their definitions in plain PyTorch."""

from __future__ import annotations

import base64
import contextlib
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load
from torchmetrics.functional.classification import multiclass_accuracy

from l335.core.errors import RunFailed
from l335.engine.augment import randomly_flipped, randomly_shifted
from l335.engine.checkpoint import load_weights
from l335.engine.classify import ClassifyTask, as_trained, build_classifier, load_split, to_inputs
from l335.engine.evaluation import evaluation_report
from l335.engine.train import Resources, train
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS

from .conftest import Kept

SPEC = with_settings(
    PRESETS["classify-cnn"].spec,
    ["num_convs=2", "channels=4,3", "pooling=max,none", "train_size=300", "epochs=2", "lr=0.05"],
)


@pytest.fixture(scope="module")
def run(data_dir) -> Kept:
    kept = Kept()
    train(SPEC, Resources("cpu", 1, data_dir, lambda _: b""), kept, lambda: False)
    return kept


def test_each_evaluation_leaves_weights_and_figures(run: Kept):
    steps = {step for name, step in run.rows if name == "test/accuracy"}
    assert {step for step, name in run.snapshots if name == "weights"} == steps | {0}
    assert {step for step, name in run.snapshots if name == "evaluation"} == steps


def test_the_last_snapshot_is_the_last_checkpoint_in_half_precision(run: Kept):
    step, checkpoint = run.checkpoints[-1]
    exact = load(checkpoint)
    for name, value in load(run.snapshots[step, "weights"]).items():
        torch.testing.assert_close(value, exact[name].half())


def test_the_evaluation_is_that_of_the_plain_network(run: Kept, data_dir):
    step, checkpoint = run.checkpoints[-1]
    model = build_classifier(SPEC)
    load_weights(load(checkpoint), model)
    images, labels = load_split(SPEC, data_dir, train=False)
    with torch.no_grad():
        logits = model.eval()(to_inputs(images))
    report = json.loads(run.snapshots[step, "evaluation"])
    confusion = torch.tensor(report["confusion"])
    assert confusion.sum() == 10_000
    assert confusion.sum(1).equal(labels.bincount())
    right = (logits.argmax(-1) == labels).float().mean().item()
    assert confusion.trace() / 10_000 == pytest.approx(right)
    assert run.rows["test/accuracy", step] == pytest.approx(right)
    assert run.rows["test/loss", step] == pytest.approx(F.cross_entropy(logits, labels).item())
    predicted = np.frombuffer(base64.b64decode(report["predicted"]), np.uint8)
    assert (predicted == logits.argmax(-1).numpy()).mean() > 0.999
    confidence = np.frombuffer(base64.b64decode(report["confidence"]), "<u2") / 65535
    np.testing.assert_allclose(confidence, logits.softmax(-1).amax(-1), atol=1e-4)


def test_calibration_bins_add_up_to_the_error():
    torch.manual_seed(0)
    logits, labels = 3 * torch.randn(500, 10), torch.randint(10, (500,))
    report = evaluation_report(logits, labels)
    bins = [one for one in report["calibration"]["bins"] if one["count"]]
    error = sum(one["count"] / 500 * abs(one["confidence"] - one["accuracy"]) for one in bins)
    assert error == pytest.approx(report["calibration"]["ece"], abs=1e-6)
    accuracy = multiclass_accuracy(logits, labels, 10, average="micro").item()
    assert sum(report["confusion"][k][k] for k in range(10)) / 500 == pytest.approx(accuracy)


def test_update_ratio_and_dead_units_are_what_they_say(data_dir):
    task = ClassifyTask(SPEC, data_dir, "cpu")
    per_epoch = SPEC.steps_per_epoch
    with torch.no_grad():
        task.model.conv1.bias[1] = -100  # nothing reaches above zero any more
    for step in range(1, per_epoch):
        task.optimizer.zero_grad()
        task.accumulate_gradients(task.batch(step))
        task.update(step)
    task.optimizer.zero_grad()
    task.accumulate_gradients(task.batch(per_epoch))
    before = task.model.conv1.weight.detach().clone()
    rows = task.update(per_epoch)
    change = (task.model.conv1.weight.detach() - before).norm() / before.norm()
    assert rows["update_ratio/conv1"] == pytest.approx(change.item())
    assert rows["gradient_norm/conv1"] == pytest.approx(task.model.conv1.weight.grad.norm().item())
    figures = task.evaluate(per_epoch, lambda: False)
    assert figures["dead_share/conv1"] == pytest.approx(1 / 4)
    images, _ = load_split(SPEC, data_dir, train=False)
    outputs = []
    task.model.conv1_activation.register_forward_hook(lambda *given: outputs.append(given[2]))
    with torch.no_grad():
        task.model.eval()(to_inputs(images[:1000]))
    deviation = outputs[0].double().std(correction=0).item()
    assert figures["activation_std/conv1"] == pytest.approx(deviation, rel=1e-4)


def test_recording_changes_nothing_in_the_training(run: Kept, data_dir):
    """The same steps without any evaluation end at the same weights."""
    torch.set_num_threads(1)
    task = ClassifyTask(SPEC, data_dir, "cpu")
    for step in range(1, SPEC.total_steps + 1):
        task.optimizer.zero_grad()
        task.accumulate_gradients(task.batch(step))
        task.optimizer.step()
    exact = load(run.checkpoints[-1][1])
    for name, value in task.model.state_dict().items():
        assert value.equal(exact[f"model.{name}"])


def test_shifts_move_images_and_leave_black_behind():
    torch.manual_seed(1)
    images = torch.randint(1, 255, (64, 1, 28, 28), dtype=torch.uint8)
    moved = randomly_shifted(images, 2)
    assert moved.dtype == torch.uint8
    padded = F.pad(images, [2] * 4)
    offsets = set()
    for before, after in zip(padded, moved, strict=True):
        found = [
            (y, x)
            for y in range(5)
            for x in range(5)
            if before[:, y : y + 28, x : x + 28].equal(after)
        ]
        assert len(found) == 1
        offsets.add(found[0])
    assert len(offsets) > 15
    assert randomly_shifted(images, 0) is images


def test_flips_mirror_about_half_of_the_images():
    torch.manual_seed(1)
    images = torch.rand(200, 1, 28, 28)
    flipped = randomly_flipped(images)
    is_same = (flipped == images).all(-1).all(-1).all(-1)
    is_mirrored = (flipped == images.flip(-1)).all(-1).all(-1).all(-1)
    assert (is_same ^ is_mirrored).all()
    assert 70 < is_mirrored.sum() < 130


def test_the_permutation_is_one_for_all_and_loses_no_pixel(data_dir):
    spec = SPEC.model_copy(update={"permute_pixels": True})
    images, _ = load_split(SPEC, data_dir, train=False)
    shuffled, _ = load_split(spec, data_dir, train=False)
    assert not shuffled.equal(images)
    assert shuffled.flatten(1).sort().values.equal(images.flatten(1).sort().values)
    assert as_trained(spec, images[5:6]).equal(shuffled[5:6])


@pytest.mark.parametrize(
    "settings",
    [
        ["schedule=one_cycle", "label_smoothing=0.1", "shift=2", "flip=true"],
        ["batch_norm=true", "dropout=0.3", "activation=gelu", "optimizer=adamw"],
        [
            "stride=2",
            "pooling=average",
            "pool_size=2",
            "activation=leaky-relu",
            "optimizer=rmsprop",
        ],
        ["permute_pixels=true", "nesterov=true", "schedule=cosine", "initialiser=orthogonal"],
    ],
    ids=["augmented", "normed", "strided", "permuted"],
)
def test_every_setting_trains_and_resumes_bit_for_bit(settings: list[str], resources, kept: Kept):
    spec = with_settings(SPEC, [*settings, "lr=0.002"])
    train(spec, resources, kept, lambda: False)
    losses = kept.series("train/loss")
    assert losses[-1] < losses[0]
    first, rest = Kept(), Kept()
    train(spec, resources, first, lambda: first.steps[-1] >= 7)
    train(spec, resources, rest, lambda: False, first.checkpoints[-1][1])
    whole, again = load(kept.checkpoints[-1][1]), load(rest.checkpoints[-1][1])
    assert all(whole[name].equal(again[name]) for name in whole)


def test_a_run_that_goes_wrong_is_still_recorded_as_json(resources: Resources, kept: Kept):
    spec = with_settings(
        PRESETS["classify-basic"].spec, ["train_size=640", "epochs=2", "lr=10", "momentum=0.999"]
    )
    with contextlib.suppress(RunFailed):  # whether it reaches nan depends on the machine
        train(spec, resources, kept, lambda: False)
    reports = [data for (_, name), data in kept.snapshots.items() if name == "evaluation"]
    assert reports
    for data in reports:
        json.loads(data, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
