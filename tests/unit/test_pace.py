from __future__ import annotations

from datetime import UTC, datetime

import pytest

from l335.components.architectures.cnn import Cnn
from l335.components.encodings.gaussian import GaussianEncoding
from l335.components.optimizers.adam import Adam
from l335.core.records import Timing
from l335.results.pace import Estimate, Pace, pace_of, wall_clock, work
from l335.spec import ClassifySpec, FitImageSpec
from l335.ui.wording import estimate_words

CLASSIFY = ClassifySpec(train_size=20_000, epochs=2)
FIT = FitImageSpec(image_size=64, steps=100)


@pytest.mark.parametrize(
    ("durations", "slots", "expected"),
    [([], 2, 0.0), ([3, 1, 1, 1], 2, 3), ([1, 1, 1, 3], 2, 4), ([2, 2, 2], 1, 6), ([5, 1], 8, 5)],
)
def test_runs_begin_in_order_as_slots_become_free(durations, slots, expected) -> None:
    assert wall_clock(durations, slots) == expected


@pytest.mark.parametrize(
    "change", [{"lr": 0.1}, {"epochs": 9}, {"seed": 5}, {"train_size": 30_000}]
)
def test_what_costs_no_time_is_the_same_work(change: dict[str, object]) -> None:
    assert work(CLASSIFY.model_copy(update=change)) == work(CLASSIFY)


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 4},
        {"model": Cnn()},
        {"optimizer": Adam()},
        {"shift": 2},
        {"train_size": 500},
    ],
)
def test_what_costs_time_is_other_work(change: dict[str, object]) -> None:
    assert work(CLASSIFY.model_copy(update=change)) != work(CLASSIFY)


def test_sigma_is_no_work_but_features_resolution_and_seeds_are() -> None:
    sigma = FIT.model_copy(update={"encoding": GaussianEncoding(sigma=3.0)})
    assert work(sigma) == work(FIT)
    for change in (
        {"encoding": GaussianEncoding(num_frequencies=64)},
        {"image_size": 32},
        {"num_seeds": 2},
        {"held_out": "grid"},
    ):
        assert work(FIT.model_copy(update=change)) != work(FIT), change


def test_a_pace_is_the_median_and_a_cut_evaluation_counts_by_its_part() -> None:
    timings = [Timing(10, 1.0, 2, 4.0, 3.0), Timing(10, 2.0, 0.5, 1.5, 1.0)]
    timings.append(Timing(100, 90.0, 1, 2.5, 2.0))
    assert pace_of(timings) == Pace(step=0.2, evaluation=2.5, other=2.0)


def test_a_run_takes_its_steps_its_evaluations_and_the_rest() -> None:
    # 2 epochs of 313 steps, judged twice within the first epoch and at both ends.
    assert len(CLASSIFY.evaluation_steps()) == 4
    seconds = Pace(step=0.01, evaluation=1.0, other=0.5).seconds(CLASSIFY)
    assert seconds == pytest.approx(0.5 + 626 * 0.01 + 4 * 1.0)


def test_an_estimate_is_said_with_when_it_was_measured() -> None:
    now = datetime.now(UTC)
    assert estimate_words(Estimate(0.0, 3, 0, 0)) == ""
    assert estimate_words(Estimate(43.4, 0, 2, 0, measured_at=now)) == (
        "About 45 s on this machine (measured just now)."
    )
    assert estimate_words(Estimate(0.0, 0, 0, 2)).startswith("No estimate of the time yet: ")
    assert estimate_words(Estimate(0.0, 0, 1, 2, is_measuring=True)) == (
        "Measuring how fast this machine trains these networks…"
    )
    assert estimate_words(Estimate(200, 0, 1, 2, measured_at=now)) == (
        "About 3 min 20 s on this machine (measured just now) for 1 run; no estimate of 2 others, "
        "for no such network has been trained here."
    )
