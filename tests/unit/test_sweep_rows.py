"""Tables and charts of a sweep, from views made by hand of a lab without a runner."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from l335.core.settings import Settings
from l335.labs import lab_called
from l335.results.views import CellView, SweepView
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.spec.sweep_definition import SweepDefinition
from l335.ui.sweep_charts import drawn_cells, has_map, positions, round_ticks, varied_axes
from l335.ui.sweep_rows import Axis, axes_of, cell_rows, metrics_of, setting_rows, sweep_csv
from l335.ui.sweep_view import chart_runs

KEY = "test/accuracy"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    opened = Lab.open(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def ended(cell: CellView, state: str, accuracy: float | None = None) -> CellView:
    assert cell.run is not None
    summary = {} if accuracy is None else {KEY: {"last": accuracy, "best": accuracy}}
    values: dict[str, Any] = {"state": state, "step": 20, "train_seconds": 2.0}
    text = "The loss became nan." if state == "failed" else ""
    return replace(cell, run=replace(cell.run, summary=summary, error_text=text, **values))


@pytest.fixture
def sweep(lab: Lab) -> SweepView:
    """Two learning rates with two seeds: 0.1 reached 0.5 and 0.7; 10 reached 0.1 and failed."""
    definition = SweepDefinition(axes=("lr=0.1,10",), seeds=2)
    cells = definition.cells(ClassifySpec(epochs=2, train_size=500, batch_size=50))
    sweep = lab.sweeps.one(lab.sweeps.start(cells, title="Mine", definition=definition.query()))
    ends = [("completed", 0.5), ("completed", 0.1), ("completed", 0.7), ("failed", 0.3)]
    found = [ended(cell, *end) for cell, end in zip(sweep.cells, ends, strict=True)]
    return replace(sweep, cells=tuple(found))


def test_every_cell_is_a_row_and_one_that_failed_keeps_its_sentence(sweep: SweepView) -> None:
    axes = axes_of(sweep)
    assert [(axis.key, axis.title, axis.values) for axis in axes] == [
        ("lr", "Learning rate", ("0.1", "10")),
        ("seed", "Seed", ("0", "1")),
    ]
    rows = cell_rows(sweep, axes, metrics_of(sweep))
    assert [(row["axis:lr"], row["axis:seed"], row["state"], row[KEY]) for row in rows] == [
        (0.1, 0.0, "completed", 50.0),
        (10.0, 0.0, "completed", pytest.approx(10.0)),
        (0.1, 1.0, "completed", pytest.approx(70.0)),
        (10.0, 1.0, "failed", None),  # what it had before it failed is no result
    ]
    assert rows[3]["error"] == "The loss became nan."
    assert rows[0]["run"].startswith("/runs?run=")


def test_seeds_of_a_setting_become_mean_and_deviation(sweep: SweepView) -> None:
    first, second = setting_rows(sweep, axes_of(sweep), [KEY])
    assert (first["completed"], first["failed"], first["runs"]) == (2, 0, 2)
    assert first[KEY] == pytest.approx(60.0)
    assert first[f"{KEY}±"] == pytest.approx(14.142, abs=1e-3)
    assert (second["completed"], second["failed"], second["runs"]) == (1, 1, 2)
    assert (second[KEY], second[f"{KEY}±"]) == (pytest.approx(10.0), None)
    assert second["error"] == "The loss became nan."


def test_the_file_has_a_line_for_each_cell(sweep: SweepView) -> None:
    rows = list(csv.DictReader(sweep_csv(sweep).splitlines()))
    assert [(row["lr"], row["seed"], row["state"], row[KEY]) for row in rows] == [
        ("0.1", "0", "completed", "0.5"),
        ("10", "0", "completed", "0.1"),
        ("0.1", "1", "completed", "0.7"),
        ("10", "1", "failed", "0.3"),
    ]
    assert rows[3]["error"] == "The loss became nan."


def test_a_deleted_run_stays_as_a_row(sweep: SweepView) -> None:
    sweep = replace(sweep, cells=(replace(sweep.cells[0], run=None), *sweep.cells[1:]))
    row = cell_rows(sweep, axes_of(sweep), [KEY])[0]
    assert (row["axis:lr"], row["state"], row[KEY]) == (0.1, "deleted", None)
    assert "deleted" in sweep_csv(sweep).splitlines()[1]


def test_lines_are_drawn_of_what_is_over_and_greyed_where_it_failed(sweep: SweepView) -> None:
    waiting = replace(sweep.cells[0], run=replace(sweep.runs[0], state="running"))
    scored, broken = drawn_cells(replace(sweep, cells=(waiting, *sweep.cells[1:])), KEY)
    assert [cell.place for cell in scored] == [1, 2]
    assert [cell.place for cell in broken] == [3]


def test_one_setting_is_an_axis_and_two_are_a_map(sweep: SweepView) -> None:
    axes = axes_of(sweep)
    assert [axis.key for axis in varied_axes(axes)] == ["lr"]
    assert [axis.key for axis in varied_axes(axes[1:])] == ["seed"]
    assert not has_map(axes)
    assert has_map([*axes, Axis("batch_size", "Batch size", ("4", "64"))])


def test_a_ready_lab_names_its_settings(lab: Lab) -> None:
    preset = lab_called("learning-rates").quick()
    sweep = lab.sweeps.one(lab.sweeps.start_lab(preset))
    first, *_ = axes_of(sweep)
    assert (first.key, first.title) == ("", "Setting")
    assert len(first.values) == len({cell.name for cell in sweep.cells}) > 1


@pytest.mark.parametrize(
    ("values", "places"),
    [
        (("0.001", "0.1", "0.01"), (0, 1, 0.5)),  # logarithmic
        (("2", "4", "3"), (0, 1, 0.5)),
        (("adam", "sgd", "adamw"), (0, 0.5, 1)),
        (("one",), (0,)),
    ],
)
def test_values_stand_on_their_axis_by_size(
    values: tuple[str, ...], places: tuple[float, ...]
) -> None:
    assert list(positions(Axis("key", "Title", values)).values()) == pytest.approx(places)


def test_ticks_are_round() -> None:
    assert round_ticks(12.0, 68.0) == [20, 30, 40, 50, 60]
    assert round_ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert round_ticks(3.0, 3.0) == [3.0]


def test_one_chart_holds_64_runs_those_that_train_first(lab: Lab) -> None:
    cells = SweepDefinition(seeds=70).cells(ClassifySpec(epochs=1, train_size=500))
    sweep = lab.sweeps.one(lab.sweeps.start(cells, title="", definition={}))
    found = [
        ended(cell, "running" if cell.place == 69 else "completed", cell.place / 100).run
        for cell in sweep.cells
    ]
    runs = chart_runs([run for run in found if run is not None])
    assert [run.seed for run in runs[:3]] == [69, 68, 67]
    assert len(runs) == 64
