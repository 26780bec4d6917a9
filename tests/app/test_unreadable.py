"""A run another version has stored takes no page along, and can be deleted."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from sqlalchemy import update

from l335.service import Lab
from l335.spec import ClassifySpec, with_changes
from l335.spec.sweeps import grid
from l335.store.tables import run
from tests.app.visit import PAGES, Visit
from tests.web.conftest import Client

SPEC = ClassifySpec(train_size=500, epochs=2)
REASON = "warp is not a setting here"


@pytest.fixture
def spoilt(empty_lab: Lab) -> str:
    """The uid of a run that can't be read, beside one that can; both are cells of a sweep."""
    sweep = empty_lab.sweeps.start(
        grid(SPEC, {"lr": ["0.1", "0.01"]}), title="Two", definition={"preset": ["classify-basic"]}
    )
    uid = empty_lab.sweeps.one(sweep).cells[1].run.uid
    text = with_changes(SPEC, lr=0.01).model_dump_json()
    newer = f'{text.removesuffix("}")}, "warp": 9}}'
    with empty_lab.store.write() as connection:
        connection.execute(update(run).where(run.c.uid == uid).values(spec_json=newer))
    return uid


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_beside_it(page: str, spoilt: str, visit: Visit) -> None:
    assert not visit.open(page).errors


def test_the_list_says_why_and_deletes_it(spoilt: str, empty_lab: Lab, visit: Visit) -> None:
    visit.open("runs")
    assert REASON in visit.text.replace("`", "").replace("\\", "")
    assert "1 run on this page can't be read by this version." in visit.text
    visit.click("Delete")
    assert REASON not in visit.text.replace("`", "").replace("\\", "")
    assert len(empty_lab.listing()) == 1
    visit.click("Undo")
    assert len(empty_lab.listing()) == 2


def test_its_own_address_says_why_and_deletes_it(spoilt: str, empty_lab: Lab, visit: Visit) -> None:
    visit.open("runs", run=spoilt)
    assert REASON in visit.errors[0].replace("`", "").replace("\\", "")
    [top, _] = [button for button in visit.at.button if button.label == "Delete"]
    top.click()
    visit.run()
    assert len(empty_lab.listing()) == 1


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("classify", "run={bad}"),
        ("classify", "run={good}&with={bad}"),
        ("classify", "from={bad}"),
        ("fit_image", "run={bad}"),
        ("compare", "runs={good},{bad}"),
        ("report", "runs={good},{bad}"),
        ("sweeps", "from={bad}"),
    ],
)
def test_a_page_that_names_it_says_so_and_shows_the_rest(
    page: str, query: str, spoilt: str, empty_lab: Lab, visit: Visit
) -> None:
    good = empty_lab.runs()[0].uid
    asked = parse_qs(query.format(good=good, bad=spoilt))
    visit.open(page, **{name: values[0] for name, values in asked.items()})
    said = [one.value for one in [*visit.at.error, *visit.at.warning]]
    assert any(f"The run {spoilt[:8]} can't be read by this version" in one for one in said)
    # The frame's own sentence stands alone; a page that goes on has something below it.
    assert visit.at.button or visit.at.multiselect


def test_curves_of_the_others_in_its_chart_go_on(spoilt: str, empty_lab: Lab) -> None:
    good = empty_lab.runs()[0].uid
    response = Client().get(f"/api/metrics?after={good}:0,{spoilt}:0")
    assert response.status_code == 200
    first, second = response.json()["answers"]
    assert first["run"]["uid"] == good
    assert "can't be read by this version" in second["error"]


def test_its_sweep_shows_the_others(spoilt: str, empty_lab: Lab, visit: Visit) -> None:
    visit.open("sweeps", sweep=empty_lab.sweeps.listing()[0].uid)
    assert not visit.errors
    [table] = visit.at.dataframe
    assert [list(state) for state in table.value["state"]] == [["Queued"], ["Unreadable"]]
    assert f"The run {spoilt[:8]} can't be read by this version" in table.value["error"][1]
