"""The sigma lab: its settings make runs, and what is there already is not trained again."""

from __future__ import annotations

import pytest

from l335.service import Lab
from l335.spec import FitImageSpec
from tests.app.visit import Visit


@pytest.fixture
def opened(visit: Visit, empty_lab: Lab) -> Visit:
    return visit.open("sigma")


def test_it_shows_the_spectra_before_anything_is_trained(opened: Visit) -> None:
    assert "pictures' own spectra: **Sky** 95 % below" in opened.text
    assert "suggest" not in opened.text
    assert "No estimate of the time yet" in opened.text


def test_start_makes_the_runs_of_the_settings_and_stop_ends_them(
    opened: Visit, empty_lab: Lab
) -> None:
    opened.set("sigma.draws", 2)
    opened.click("Train 24 runs")
    specs = [run.spec for run in empty_lab.runs()]
    assert len(specs) == 24
    assert all(isinstance(spec, FitImageSpec) and spec.held_out == "grid" for spec in specs)
    assert not opened.is_enabled("Nothing to train")
    opened.set("sigma.draws", 3)
    assert opened.has_button("Train 12 runs")
    opened.set("sigma.draws", 2)
    opened.click("Stop all")
    assert {run.state for run in empty_lab.runs()} == {"cancelled"}


def test_too_many_runs_are_refused_in_words(opened: Visit) -> None:
    opened.at.button_group(key="sigma.kind").set_value("A range")
    opened.run()
    opened.set("sigma.draws", 10)
    opened.set("sigma.number", 15)
    assert "These settings make 320 runs; at most 120" in opened.text
    assert not opened.is_enabled("Train 320 runs")


def test_without_a_picture_it_says_what_to_do(opened: Visit) -> None:
    opened.at.multiselect(key="sigma.images").set_value([])
    opened.run()
    assert "Choose one picture or more" in opened.text
