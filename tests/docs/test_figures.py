"""The page on figures says what the engine computes, and what the command measured."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from typing import Any

import pytest

from l335.core.metrics import METRICS
from l335.core.settings import ROOT

sys.path.append(str(ROOT / "docs"))
command = importlib.import_module("measured_figures")
PAGE = command.PAGE.read_text()
ROWS = command.rows(ROOT)
UNTRAINED = command.untrained_rows()


def test_the_page_has_the_rows_the_command_declares_in_their_order() -> None:
    lines = command.lines_of(PAGE)
    assert [(row.figure, row.usual) for row in ROWS] == list(lines)
    for row in ROWS:
        cells = lines[row.figure, row.usual]
        assert cells[4] == row.why
        assert cells[5].rpartition(" ")[0] == row.package


def test_the_page_says_of_every_figure_what_the_dashboard_says() -> None:
    first, last = command.marks(PAGE, "figures")
    assert PAGE[first:last] == command.figures_table()
    assert [metric.key for metric in METRICS.values() if not metric.measured] == []


@pytest.mark.parametrize("row", UNTRAINED, ids=lambda row: f"{row.figure}, {row.usual}")
def test_ours_on_the_page_is_what_the_engine_gives(row: Any) -> None:
    # Other processors and versions of torch may round the last digit otherwise.
    last_digit = 10 ** -int(row.form[-3])
    shown = command.lines_of(PAGE)[row.figure, row.usual][1]
    numbers = [float(number) for number in shown.split(", ")]
    assert list(row.ours()) == pytest.approx(numbers, abs=1.01 * last_digit)


@pytest.mark.parametrize(
    "row",
    [row for row in UNTRAINED if row.is_possible],
    ids=lambda row: f"{row.figure}, {row.usual}",
)
def test_theirs_on_the_page_is_what_installed_libraries_give(row: Any) -> None:
    last_digit = 10 ** -int(row.form[-3])
    shown = command.lines_of(PAGE)[row.figure, row.usual][3]
    numbers = [float(number) for number in shown.split(", ")]
    assert list(row.theirs()) == pytest.approx(numbers, abs=1.01 * last_digit)


def test_a_row_whose_library_is_missing_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = [row for row in ROWS if row.usual == "piq, defaults"]
    missing = replace(row, modules=("no_such_module_is_installed",))
    monkeypatch.setattr(command, "rows", lambda data_dir: [missing])
    assert command.measured_lines(PAGE, ROOT) == [command.lines_of(PAGE)[row.figure, row.usual]]
    assert capsys.readouterr().out == ("Left as it was, for piq is not installed: piq, defaults.\n")
