"""The page of ready experiments."""

from __future__ import annotations

from l335.labs.experiments import EXPERIMENTS
from l335.service import Lab
from tests.app.visit import Visit


def test_it_says_what_to_do_and_starts_only_what_is_missing(visit: Visit, empty_lab: Lab) -> None:
    visit.open("convolution")
    assert "Press Start" in visit.text
    shift, permuted = EXPERIMENTS
    visit.at.button(key="shift.start").click()
    visit.run()
    assert {run.spec for run in empty_lab.runs()} == set(shift.runs(quick=True).values())
    visit.at.button(key="permuted.start").click()  # shares two runs with the first
    visit.run()
    assert empty_lab.count_runs() == len(permuted.arms)
    reloaded = Visit().open("convolution")
    assert not reloaded.has_button("Start")
    for run in empty_lab.runs():
        empty_lab.stop(run.uid)
        empty_lab.delete(run.uid)
