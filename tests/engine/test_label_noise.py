"""Wrong labels, and images held out for validation."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from l335.components.initialisers.zeros import Zeros
from l335.core.errors import SpecError
from l335.engine.classify import ClassifyTask, load_split
from l335.engine.label_noise import with_wrong_labels
from l335.engine.train import Resources, train
from l335.spec import ClassifySpec, spec_from_dict
from tests.engine.conftest import Kept

LABELS = torch.arange(20_000) % 10


def test_the_share_asked_for_is_wrong_and_no_class_is_favoured() -> None:
    noisy = with_wrong_labels(LABELS, 0.3, seed=1)
    is_wrong = noisy != LABELS
    assert is_wrong.float().mean().item() == pytest.approx(0.3, abs=0.01)
    counts = ((noisy - LABELS) % 10)[is_wrong].bincount(minlength=10)
    assert counts[0] == 0
    assert counts[1:].float().std() < 60  # of some 667 each, whose deviation is 26


def test_a_share_of_one_leaves_no_label_right() -> None:
    assert not (with_wrong_labels(LABELS, 1.0, seed=1) == LABELS).any()


def test_wrong_labels_follow_from_the_seed_alone(data_dir: Path) -> None:
    whole = ClassifyTask(ClassifySpec(label_noise=0.5, seed=3), data_dir, "cpu")
    part = ClassifyTask(ClassifySpec(label_noise=0.5, seed=3, train_size=500), data_dir, "cpu")
    other = ClassifyTask(ClassifySpec(label_noise=0.5, seed=4, train_size=500), data_dir, "cpu")
    assert whole.labels[:500].equal(part.labels)
    assert not part.labels.equal(other.labels)


def test_images_held_out_are_no_images_trained_on(data_dir: Path) -> None:
    plain = ClassifyTask(ClassifySpec(train_size=600, seed=2), data_dir, "cpu")
    split = ClassifyTask(ClassifySpec(train_size=600, seed=2, validation=100), data_dir, "cpu")
    images, labels = split._validation
    assert torch.cat([split.images, images]).equal(plain.images)
    assert torch.cat([split.labels, labels]).equal(plain.labels)
    assert (len(split.images), len(images)) == (500, 100)


def test_a_run_is_judged_on_images_held_out(resources: Resources, kept: Kept) -> None:
    spec = ClassifySpec(train_size=600, validation=200, epochs=1, batch_size=100)
    assert (spec.steps_per_epoch, spec.samples_at(4), spec.epochs_at(4)) == (4, 400, 1.0)
    train(spec, resources, kept, lambda: False)
    for found in kept.series("validation/accuracy"):
        assert 200 * found == pytest.approx(round(200 * found), abs=1e-3)
    assert all(0 < loss < 2.4 for loss in kept.series("validation/loss"))
    assert len(kept.series("validation/accuracy")) == len(kept.series("test/accuracy"))


def test_too_many_images_held_out_are_refused() -> None:
    with pytest.raises(SpecError, match=r"`validation` is 995 of 1,000 training images; at least"):
        spec_from_dict({"task": "classify", "train_size": 1000, "validation": 995})


def test_the_untrained_network_is_looked_at(resources: Resources, kept: Kept) -> None:
    spec = ClassifySpec(train_size=128, epochs=1, initialiser=Zeros(bias="zero"))
    train(spec, resources, kept, lambda: False)
    assert kept.rows["dead_share/linear1", 0] == 1.0
    assert kept.rows["dead_share/linear2", 0] == 1.0


def test_test_labels_stay(data_dir: Path) -> None:
    spec = ClassifySpec(label_noise=1.0)
    _, labels = load_split(spec, data_dir, train=False)
    _, clean = load_split(ClassifySpec(), data_dir, train=False)
    assert labels.equal(clean)
