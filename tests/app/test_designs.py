"""Design choices: settings make runs, too many are refused, and what failed can start again."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from l335.service import Lab
from l335.spec import FitImageSpec
from l335.store import tables
from tests.app.visit import Visit

REASON = "The loss became nan between steps 10 and 20 (lr = 3)."


@pytest.fixture
def opened(visit: Visit, empty_lab: Lab) -> Visit:
    return visit.open("designs")


def choose(visit: Visit, **choices: list[object]) -> None:
    for name, values in choices.items():
        visit.at.multiselect(key=f"designs.{name}").set_value(values)
    visit.run()


def small(visit: Visit) -> None:
    """Three designs and one without encoding, on one picture at two resolutions."""
    [image, *_] = visit.at.multiselect(key="designs.images").value
    choose(visit, images=[image], sizes=[16, 32], depth=[1], width=[], loss=["l1"], optimizer=[])


def test_start_makes_the_runs_of_the_settings_and_stop_ends_them(
    opened: Visit, empty_lab: Lab
) -> None:
    small(opened)
    opened.set("designs.steps", 20)
    opened.click("Train 8 runs")
    specs = [run.spec for run in empty_lab.runs()]
    assert len(specs) == 8
    for spec in specs:
        assert isinstance(spec, FitImageSpec)
        assert (spec.held_out, spec.steps) == ("grid", 20)
    assert "waiting" in opened.text
    assert not opened.is_enabled("Nothing to train")
    choose(opened, depth=[1, 5])
    assert opened.has_button("Train 2 runs")
    choose(opened, depth=[1])
    opened.click("Stop all")
    assert {run.state for run in empty_lab.runs()} == {"cancelled"}
    assert "stopped" in opened.text
    assert opened.has_button("Train 8 runs")


def test_too_many_runs_are_refused_in_words(opened: Visit, empty_lab: Lab) -> None:
    opened.at.radio(key="designs.way").set_value("Every combination")
    opened.run()
    assert "These settings make 580 runs: 145 designs" in opened.text
    assert "at most 120" in opened.text
    assert not opened.is_enabled("Train 580 runs")
    assert empty_lab.runs() == []


def test_equal_parameters_are_other_runs_with_other_widths(opened: Visit, empty_lab: Lab) -> None:
    small(opened)
    opened.at.button_group(key="designs.equal").set_value("Parameters")
    opened.run()
    assert "The base has 66,307 parameters" in opened.text
    opened.click("Train 8 runs")
    specs = [run.spec for run in empty_lab.runs()]
    assert {(spec.depth, spec.width) for spec in specs if isinstance(spec, FitImageSpec)} == {
        (3, 128),
        (1, 255),
        (3, 180),  # without encoding
    }
    assert max(spec.num_parameters for spec in specs) < 66_400


def test_what_failed_stays_in_sight_with_its_reason_and_can_start_again(
    opened: Visit, empty_lab: Lab
) -> None:
    small(opened)
    opened.click("Train 8 runs")
    failed = empty_lab.runs()[0]
    with empty_lab.store.write() as connection:
        values = {"state": "failed", "error_text": REASON}
        connection.execute(update(tables.run).where(tables.run.c.uid == failed.uid).values(values))
    opened.run()
    assert "failed: The loss became nan between steps 10 and 20 \\(lr = 3\\)." in opened.text
    opened.click("Start 1 failed run again")
    again = empty_lab.newest_run(failed.spec)
    assert again is not None
    assert again.uid != failed.uid
    assert "The loss became nan" not in opened.text


def test_without_a_picture_it_says_what_to_do(opened: Visit) -> None:
    choose(opened, images=[])
    assert "Choose a picture and a resolution" in opened.text
