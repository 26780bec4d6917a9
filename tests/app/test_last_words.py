"""What the program that trains has said stands on the page of a run that suffers by it."""

from __future__ import annotations

import pytest

from l335.runner import said
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.store import queue, runs
from tests.app.visit import Visit

WORDS = "terminate called after throwing an instance of 'std::bad_alloc'"
FATAL = "Fatal Python error: Bus error"

pytestmark = pytest.mark.usefixtures("empty_lab")


def panels(visit: Visit) -> dict[str, str]:
    """Titles of the folds that show what was printed, and the print."""
    return {fold.label: fold.code[0].value for fold in visit.at.expander if fold.code}


def lose(lab: Lab, uid: str) -> None:
    """Lose the runner with this run until it is given up."""
    with lab.store.write() as connection:
        number = queue.register(connection)
        while runs.one(connection, uid).state != "failed":
            taken = queue.claim(connection, number)
            assert taken is not None
            assert queue.take_back(connection, lambda *_: False, lambda _: FATAL) == 1


@pytest.mark.parametrize("page", ["runs", "classify"])
def test_a_run_that_was_lost_shows_the_last_words(visit: Visit, empty_lab: Lab, page: str) -> None:
    uid = empty_lab.submit(ClassifySpec(train_size=500, epochs=1, seed=41))
    lose(empty_lab, uid)
    shown = panels(visit.open(page, run=uid))
    assert shown["What the program said before the run was lost"] == FATAL
    visit.click("Resume")
    assert FATAL not in panels(visit).values()


@pytest.mark.parametrize("page", ["runs", "classify"])
def test_a_run_no_runner_takes_up_shows_what_the_runner_said(
    visit: Visit, empty_lab: Lab, page: str
) -> None:
    uid = empty_lab.submit(ClassifySpec(train_size=500, epochs=1, seed=42))
    title = "The runner does not start. What it said last"
    assert title not in panels(visit.open(page, run=uid))
    file = empty_lab.settings.data_dir / said.FILE
    file.write_bytes(said.heading(7) + WORDS.encode() + b"\n")
    try:
        assert panels(visit.open(page, run=uid))[title] == WORDS
    finally:
        file.unlink()
