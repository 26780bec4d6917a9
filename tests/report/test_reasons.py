"""How long nets train, how their causes compare, and what was tried beside what fits well."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from l335.core.settings import Settings
from l335.export.report.build import document
from l335.export.report.document import Section
from l335.export.report.sources import of_runs
from l335.labs.experiments import net
from l335.service import Lab
from tests.courses import epochs

RISING = [0.80, 0.86, 0.88, 0.89, 0.893, 0.894]
LENGTH = {"epochs": 6, "train_size": 6400}
STEPS = 100  # an epoch


@pytest.fixture
def lab(tmp_path):
    opened = Lab.open(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def train(
    lab: Lab,
    name: str,
    *,
    test: Sequence[float] = RISING,
    train: Sequence[float] | None = None,
    seconds: float = 1.0,
    **changes: object,
) -> str:
    """A net whose epochs take so many seconds; its loss is what is left to learn."""
    trained = train or [value + 0.005 for value in test]
    curves = {
        "test/accuracy": test,
        "train/accuracy": trained,
        "train/eval_loss": [3 * (1 - value) for value in trained],
        "test/loss": [3 * (1 - value) for value in test],
    }
    return epochs(lab, net(name, **{**LENGTH, **changes}), curves, seconds / STEPS)


def section(lab: Lab, uids: Sequence[str], title: str) -> Section:
    made = document(lab, of_runs(lab, [lab.run(uid) for uid in uids]))
    [found] = [each for each in made.sections if each.title == title]
    return found


def words(lab: Lab, uids: Sequence[str], title: str) -> str:
    return repr(section(lab, uids, title).blocks)


def test_training_time_is_told_by_epoch_and_in_all_with_where_it_was(lab: Lab) -> None:
    uids = [train(lab, "basic", seed=seed, seconds=2.0 + seed) for seed in (0, 1)]
    uids += [train(lab, "cnn", seed=0, seconds=20.0)]
    table = section(lab, uids, "Training time").blocks[0].table
    assert [row[:4] for row in table.rows] == [
        ("Basic net", "2", "2.5 ± 0.71", "15 s"),
        ("CNN", "1", "20", "2 min"),
    ]
    assert {row[5] for row in table.rows} == {"cpu, 1 thread"}
    said = words(lab, uids, "Training time")
    assert "An epoch of CNN takes 8 times as long as one of Basic net: 20 s against 2.5 s." in said
    assert "without evaluation and pictures" in said


def test_times_next_to_each_other_are_not_ranked(lab: Lab) -> None:
    uids = [train(lab, "basic", seconds=20.0), train(lab, "cnn", seconds=21.0)]
    assert "as long as" not in words(lab, uids, "Training time")


def test_times_of_other_threads_are_not_compared(lab: Lab) -> None:
    uids = [train(lab, "basic"), train(lab, "cnn")]
    with lab.store.write() as connection:
        connection.exec_driver_sql("UPDATE run SET threads = 2 WHERE uid = ?", (uids[1],))
    said = words(lab, uids, "Training time")
    assert "Not all were trained on the same device and threads" in said
    assert "as long as" not in said


def test_the_nets_causes_are_compared(lab: Lab) -> None:
    over = [0.88, 0.93, 0.96, 0.98, 0.99, 1.0]
    falling = [0.85, 0.86, 0.85, 0.84, 0.83, 0.82]
    uids = [train(lab, "basic"), train(lab, "cnn", test=falling, train=over)]
    said = words(lab, uids, "Why it came out so")
    assert "CNN is over-fitted" in said
    assert "CNN: Too few images: 669,272 parameters learn 6,400 training images by heart" in said
    assert "Basic net is " in said


def test_a_net_that_fits_well_is_told_with_what_was_tried_beside_it(lab: Lab) -> None:
    stuck, flat = [0.1] * 6, [0.86] * 6
    # Of what learns a little, the loss has come to rest.
    well = {"test": [0.9] * 6, "train": [0.905] * 6}
    uids = [train(lab, "cnn", seed=seed, **well) for seed in (0, 1)]
    train(lab, "cnn", lr=0.1, test=stuck, train=stuck)
    train(lab, "cnn", lr=0.00001, test=flat)
    train(lab, "cnn", batch_size=4, test=[0.91] * 6)
    train(lab, "cnn", lr=0.5, batch_size=512, test=[0.99] * 6)  # two settings at once
    said = words(lab, uids, "Why it came out so")
    assert (
        "Learning rate: lr 0.001 90.00 % (2 seeds), beside lr 0.00001 86.00 % (1 seed) and "
        "lr 0.1 10.00 % (1 seed); the best of them, by 4.0 points."
    ) in said
    assert "Batch size: batch 64 90.00 % (2 seeds), beside batch 4 91.00 % (1 seed)" in said
    assert "too close to batch 4 to tell from one seed" in said
    assert "512" not in said


def test_nothing_beside_is_said_as_such(lab: Lab) -> None:
    well = {"test": [0.9] * 6, "train": [0.905] * 6}
    found = section(lab, [train(lab, "cnn", **well)], "Why it came out so")
    assert found.is_missing
    assert "nothing was tried beside them" in found.blocks[0].words


def test_a_lead_the_seeds_do_not_tell_is_no_lead(lab: Lab) -> None:
    well = {"test": [0.9] * 6, "train": [0.905] * 6}
    uids = [train(lab, "cnn", seed=seed, **well) for seed in (0, 1, 2)]
    for seed, last in enumerate((0.91, 0.895, 0.905)):
        train(lab, "cnn", batch_size=4, seed=seed, test=[last] * 6)
    said = words(lab, uids, "Why it came out so")
    assert "beside batch 4 90.33 % (3 seeds); the seeds do not tell it from batch 4." in said
    for seed in (0, 1, 2):
        train(lab, "cnn", lr=0.002, seed=seed, test=[0.92] * 6)
    assert "lr 0.002 has 2.0 points more." in words(lab, uids, "Why it came out so")
