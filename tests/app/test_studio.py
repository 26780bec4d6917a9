"""The initialiser studio before, at and after Start."""

from __future__ import annotations

import math
import statistics

import pytest

from l335.service import Lab
from l335.spec import FitImageSpec
from l335.ui.studio import quantile
from tests.app.visit import Visit


def test_start_makes_one_run_for_each_rule(visit: Visit, empty_lab: Lab) -> None:
    visit.open("initialisers")
    assert "A dot for each seed appears here" in visit.text
    assert "Before the first step" in visit.text
    assert "as soon as training begins" in visit.text
    visit.set("studio.seeds", 4)
    visit.click("Train 6 runs")
    specs = [run.spec for run in empty_lab.runs()]
    assert len(specs) == 6
    assert all(isinstance(spec, FitImageSpec) and spec.num_seeds == 4 for spec in specs)
    visit.click("Stop all")
    assert visit.has_button("Train 6 runs")


def test_without_a_rule_it_says_what_to_do(visit: Visit, empty_lab: Lab) -> None:
    visit.open("initialisers")
    visit.at.multiselect(key="studio.rules").set_value([])
    visit.run()
    assert "Choose a picture and one initialiser or more" in visit.text


@pytest.mark.parametrize("values", [[3.0, 7.0], [1.0, 2.0, 4.0, 8.0], [0.5, 1.0, 1.5, 9.0, 11.0]])
def test_quantiles_are_the_usual_ones(values: list[float]) -> None:
    usual = statistics.quantiles(values, method="inclusive")
    assert [quantile(values, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(usual)


def test_quantiles_of_one_value_and_of_perfect_fits_are_numbers() -> None:
    assert quantile([20.0], 0.75) == 20.0
    assert [quantile([20.0, 30.0, math.inf], share) for share in (0.25, 0.5)] == [25.0, 30.0]
    assert quantile([20.0, math.inf, math.inf], 0.5) == math.inf
    assert quantile([math.inf] * 4, 0.25) == math.inf  # straight between two: not a number
