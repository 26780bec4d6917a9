from __future__ import annotations

import pytest

from l335.core.errors import LabError, SpecError
from l335.export.command_line import sweep_command
from l335.spec import ClassifySpec
from l335.spec.presets import preset
from l335.spec.sweep_definition import (
    SweepDefinition,
    axes_of_rows,
    axis_text,
    row_text,
    rows_of_axes,
    settings_of,
)

GRID = SweepDefinition(
    changes=("epochs=2",), axes=("lr=0.1,0.001", "batch_size=4,64"), seeds=3, title="Mine"
)
LIST = SweepDefinition(source="ab" * 16, rows=("lr=0.1 batch_size=4", "lr=0.001 batch_size=64"))


@pytest.mark.parametrize("definition", [SweepDefinition(), GRID, LIST])
def test_an_address_holds_the_whole_definition(definition: SweepDefinition) -> None:
    assert SweepDefinition.from_query(definition.query()) == definition


def test_an_address_is_as_short_as_what_was_chosen() -> None:
    assert SweepDefinition().query() == {"preset": ["classify-basic"]}
    assert GRID.query() == {
        "preset": ["classify-basic"],
        "set": ["epochs=2"],
        "axis": ["lr=0.1,0.001", "batch_size=4,64"],
        "seeds": ["3"],
        "title": ["Mine"],
    }


def test_a_grid_has_a_run_for_every_combination_and_seed() -> None:
    start = GRID.start(ClassifySpec(seed=5))
    cells = GRID.cells(start)
    assert [(c.spec.seed, c.spec.lr, c.spec.batch_size) for c in cells] == [
        (seed, lr, batch) for seed in (5, 6, 7) for lr in (0.1, 0.001) for batch in (4, 64)
    ]
    assert {cell.spec.epochs for cell in cells} == {2}


def test_a_list_has_a_run_for_every_line_and_seed() -> None:
    cells = SweepDefinition(rows=LIST.rows, seeds=2).cells(ClassifySpec())
    assert [(c.spec.seed, c.spec.lr, c.spec.batch_size) for c in cells] == [
        (0, 0.1, 4),
        (0, 0.001, 64),
        (1, 0.1, 4),
        (1, 0.001, 64),
    ]


def test_nothing_that_varies_is_one_run() -> None:
    [cell] = SweepDefinition().cells(ClassifySpec())
    assert cell.spec == ClassifySpec()


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (SweepDefinition(seeds=0), "`seeds` is 0; it must be between 1 and 500"),
        (SweepDefinition.from_query({"seeds": ["many"]}), "`seeds` is 0"),
        (SweepDefinition(axes=("lr=0.1,0.2",), seeds=251), "make 502 runs"),
        (SweepDefinition(rows=("lr=0.1", "lr=0.2"), seeds=251), "make 502 runs"),
        (SweepDefinition(axes=("seed=0,1",), seeds=2), "`seed` varies twice"),
        (SweepDefinition(rows=("seed=0",), seeds=2), "`seed` varies twice"),
        (SweepDefinition(axes=("lr=0.1", "lr=0.2")), "`lr` varies twice"),
        (SweepDefinition(rows=("lr",)), "`lr` is not a setting; write key=value"),
        (SweepDefinition(rows=("lr='1",)), "without its other half"),
        (SweepDefinition(axes=("lr=0.1,99",)), r"The cell lr=99 can't be trained: `lr` is 99"),
    ],
)
def test_what_does_not_fit_is_said(definition: SweepDefinition, sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        definition.cells(ClassifySpec())


def test_a_shared_setting_that_does_not_exist_is_said() -> None:
    with pytest.raises(SpecError, match="`epoch` is not a setting here; did you mean `epochs`"):
        SweepDefinition(changes=("epoch=2",)).start(ClassifySpec())


def test_a_grid_becomes_a_list_and_a_list_a_grid() -> None:
    axes = ("lr=0.1,0.001", "model.width=[64,32],16")
    rows = rows_of_axes(axes)
    assert rows == (
        "lr=0.1 model.width=64,32",
        "lr=0.1 model.width=16",
        "lr=0.001 model.width=64,32",
        "lr=0.001 model.width=16",
    )
    assert axes_of_rows(rows) == axes
    assert rows_of_axes(()) == ()


def test_a_line_is_read_as_it_was_written() -> None:
    settings = {"lr": "0.1", "model.width": "64,32"}
    assert settings_of(row_text(settings)) == settings
    assert axis_text("model.width", ["64,32", "16"]) == "model.width=[64,32],16"


def test_the_command_line_says_the_same() -> None:
    start = GRID.start(preset("classify-basic").spec)
    assert sweep_command(start, GRID.varied(start), GRID.lines(start)) == (
        "python -m l335 sweep classify-basic --set epochs=2 "
        "--grid lr=0.1,0.001 --grid batch_size=4,64 --grid seed=0..2"
    )
    assert sweep_command(start, {}, LIST.lines(start)) == (
        "python -m l335 sweep classify-basic --set epochs=2 "
        "--cell 'lr=0.1 batch_size=4' --cell 'lr=0.001 batch_size=64'"
    )
    assert sweep_command(start, {}, []) == "python -m l335 train classify-basic --set epochs=2"
