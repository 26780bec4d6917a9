"""The initialiser studio before, at and after Start."""

from __future__ import annotations

from l335.lab import Lab
from l335.spec import FitImageSpec
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
