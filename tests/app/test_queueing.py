"""Whatever starts several runs queues all or none, and a single run need not wait for them all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from l335.core.settings import ROOT
from l335.service import Lab
from l335.spec import ClassifySpec
from tests.app.visit import TIMEOUT_SECONDS, Visit

ALONE = ClassifySpec(train_size=500, epochs=3)
STARTS = {
    "initialisers": "studio.start",
    "sigma": "sigma.start",
    "designs": "designs.start",
    "convolution": "permuted.start",
}
QUEUES_ONE = {"submit", "resume"}


@pytest.mark.parametrize("page", STARTS)
def test_a_single_run_comes_second_behind_a_page_of_many(
    visit: Visit, empty_lab: Lab, page: str
) -> None:
    visit.open(page)
    visit.at.button(key=STARTS[page]).click()
    visit.run()
    number = empty_lab.count_runs()
    assert number > 3
    alone = empty_lab.run(empty_lab.submit(ALONE))
    assert alone.queue_position == 2
    waiting = [run.queue_position or 0 for run in empty_lab.runs(limit=number + 1)]
    assert sorted(waiting) == list(range(1, number + 2))


def _refused_third() -> None:
    from l335.service.current import current_lab
    from l335.spec import ClassifySpec, with_changes
    from l335.spec.presets import preset
    from l335.ui.sweep import submit_all

    unknown = with_changes(preset("fit-image").spec, image="0" * 64)
    submit_all(current_lab(), [ClassifySpec(seed=1), ClassifySpec(seed=2), unknown])


def test_a_page_whose_third_run_is_refused_queues_none(empty_lab: Lab) -> None:
    at = AppTest.from_function(_refused_third, default_timeout=TIMEOUT_SECONDS).run()
    assert not at.exception
    assert "not stored here" in at.error[0].value
    assert empty_lab.count_runs() == 0


def _loops(tree: ast.Module) -> Iterator[ast.AST]:
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return (each for each in ast.walk(tree) if isinstance(each, (ast.For, *comprehensions)))


@pytest.mark.parametrize("folder", ["l335/ui", "l335/cli", "pages"])
def test_no_page_and_no_command_queues_runs_one_by_one(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted(Path(ROOT, folder).rglob("*.py"))
        for loop in _loops(ast.parse(path.read_text()))
        for call in ast.walk(loop)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in QUEUES_ONE
    ]
    assert not found, "one transaction takes them all: lab.submit_all, lab.sweeps.start"
