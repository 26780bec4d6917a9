"""Predictions: kept in an address, and compared with what was measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.core.metrics import describe
from l335.labs import lab_called
from l335.labs.results import Arm
from l335.results.views import CellView, RunView
from l335.spec import ClassifySpec, FitImageSpec
from l335.ui.prediction import (
    Prediction,
    compared,
    in_words,
    judged,
    parse_prediction,
)

LAB = lab_called("learning-rates")
KEY = LAB.predicted


def accuracy_arm(name: str, accuracies: list[float]) -> Arm:
    """A setting whose completed runs ended at these accuracies, or a failed run without any."""
    runs = [_run(seed, "completed", accuracy) for seed, accuracy in enumerate(accuracies)]
    runs = runs or [_run(0, "failed", None)]
    cells = tuple(CellView(run.seed, name, {}, run) for run in runs)
    return Arm(name, cells, lambda uid: {})


def _run(seed: int, state: str, accuracy: float | None) -> RunView:
    now = datetime.now(UTC)
    summary = {KEY: {"last": accuracy}}
    return RunView(
        f"{seed:032x}", "classify", ClassifySpec(seed=seed), state, "run", 9, 9, 1.0, 1, seed, 1,
        "cpu", 1, now, now, now, "", "", summary, None, True,
    )  # fmt: skip


@given(
    st.integers(1, 8).flatmap(
        lambda number: st.tuples(
            st.one_of(st.none(), st.integers(0, number - 1)),
            st.lists(st.integers(0, 200).map(lambda n: n / 2), min_size=number, max_size=number),
        )
    )
)
def test_a_prediction_survives_the_address(drawn: tuple[int | None, list[float]]) -> None:
    prediction = Prediction(drawn[0], tuple(drawn[1]))
    assert parse_prediction(prediction.text, len(drawn[1])) == prediction


@pytest.mark.parametrize("text", ["", "1", "2:1,2", "x:1,2", "0:1", "0:1,nan", "-1:1,2", "0:1,b"])
def test_what_is_no_prediction_of_two_settings_is_none(text: str) -> None:
    assert parse_prediction(text, 2) is None


def test_the_expected_winner_is_compared_with_the_measured_one() -> None:
    arms = [accuracy_arm("Basic", [0.80, 0.81, 0.82]), accuracy_arm("CNN", [0.90, 0.91, 0.92])]
    [winner, misses] = judged(Prediction(1, (85.0, 91.0)), arms, LAB)
    assert winner == "You expected CNN ahead, and it is."
    assert misses == (
        "Your figures are off by 2.0 points on average, most for Basic: 4.0 points too high."
    )
    [winner, _] = judged(Prediction(0, (85.0, 91.0)), arms, LAB)
    assert winner == "You expected Basic ahead; CNN is."
    [winner, _] = judged(Prediction(None, (85.0, 91.0)), arms, LAB)
    assert winner == "You expected no clear winner; CNN is ahead by more than the seeds differ."


def test_a_lead_within_the_spread_of_the_seeds_is_doubted() -> None:
    arms = [accuracy_arm("Basic", [0.80, 0.90]), accuracy_arm("CNN", [0.91, 0.80])]
    [winner, _] = judged(Prediction(1, (85.0, 91.0)), arms, LAB)
    assert (
        winner == "You expected CNN ahead, and it is. The seeds do not tell it from Basic, though."
    )
    [winner, _] = judged(Prediction(None, (85.0, 91.0)), arms, LAB)
    assert winner == "You expected no clear winner, and the seeds do not show one."


def test_of_initialisers_shares_above_the_threshold_are_predicted() -> None:
    """Two of three above 15 dB against one: Wilson's intervals overlap, so no rule is ahead."""
    lab = lab_called("initialisers")
    assert describe(lab.predicted).title == "Networks above 15 dB"
    arms = [fit_arm("Kaiming", [20.0, 8.0, 21.0]), fit_arm("Zeros", [5.0, 30.0, None])]
    [winner, misses] = judged(Prediction(0, (50.0, 50.0)), arms, lab)
    assert "it is. The seeds do not tell it from Zeros" in winner
    assert misses.startswith("Your figures are off by 16.7 points on average")
    table = compared(Prediction(0, (50.0, 50.0)), arms, lab.predicted)
    assert [row[2] for row in table.rows] == ["66.7 %", "33.3 %"]
    many = [fit_arm("Kaiming", [20.0] * 20), fit_arm("Zeros", [5.0] * 20)]
    assert judged(Prediction(0, ()), many, lab) == ["You expected Kaiming ahead, and it is."]


def fit_arm(name: str, scores: list[float | None]) -> Arm:
    """A setting whose networks, trained side by side, ended at these PSNR in dB."""
    summary = {f"seed_{place}/psnr_db": {"last": score} for place, score in enumerate(scores)}
    spec = FitImageSpec(num_seeds=len(scores), batch_pixels="all")
    run = replace(_run(0, "completed", None), task="fit-image", spec=spec, summary=summary)
    return Arm(name, (CellView(0, name, {}, run),), lambda uid: {})


def test_settings_without_a_result_have_a_dash() -> None:
    arms = [accuracy_arm("Basic", [0.5]), accuracy_arm("CNN", [])]
    table = compared(Prediction(0, (40.0, 60.0)), arms, KEY)
    assert table.rows == (
        ("Basic", "40.0 %", "50.0 %", "−10.0 points"),
        ("CNN", "60.0 %", "–", "–"),
    )
    assert judged(Prediction(0, (40.0, 60.0)), arms, LAB)[0] == "Only Basic has a result."
    assert "No run came through" in judged(Prediction(0, (1.0,)), [arms[1]], LAB)[0]


def test_a_winner_alone_is_a_prediction_of_many_settings() -> None:
    prediction = parse_prediction("1:", 12)
    assert prediction == Prediction(1, ())
    names = [f"sigma {number}" for number in range(12)]
    assert in_words(prediction, names, KEY) == "You expect sigma 1 ahead."
    arms = [accuracy_arm(name, [0.5 + 0.01 * place]) for place, name in enumerate(names)]
    assert judged(prediction, arms, LAB) == [
        "You expected sigma 1 ahead; sigma 11 is. One seed does not tell it from sigma 10, though."
    ]


def test_a_prediction_is_read_back_in_a_sentence() -> None:
    words = in_words(Prediction(None, (30.0, 31.5)), ["sigma 1", "sigma 10"], "test/psnr_db")
    assert words == "You expect no clear winner (sigma 1: 30.00 dB; sigma 10: 31.50 dB)."
