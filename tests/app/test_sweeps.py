"""The page of sweeps, without a browser and without a runner."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest

from l335.core.records import Row
from l335.labs import lab_called
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.spec.presets import preset
from l335.spec.sweep_definition import SweepDefinition
from l335.store.writer import Batch, Ending, commit
from tests.app.visit import Visit
from tests.dashboard import Trained
from tests.store.test_queue import claim, end

AXES = ["lr=0.1,0.001", "batch_size=4,64"]
MOST_SECONDS = 3.0  # three times what is promised: machines differ


def start(lab: Lab, **chosen: object) -> str:
    definition = SweepDefinition(**{"axes": tuple(AXES), **chosen})  # type: ignore[arg-type]
    cells = definition.cells(ClassifySpec(epochs=2, train_size=500))
    return lab.sweeps.start(cells, title="Mine", definition=definition.query())


def finish_all(lab: Lab, uid: str) -> None:
    """End every run as a runner would: one in ten fails."""
    batches = []
    for run in lab.sweeps.one(uid).runs:
        claimed = claim(lab.store)
        rows = [
            Row(f"{split}/accuracy", 20, 0.5 + run.seed % 7 / 20, 1.0)
            for split in ("train", "test")
        ]
        failed = Ending("failed", "diverged", "The loss became nan.")
        ending = failed if len(batches) % 10 == 9 else Ending("completed")
        facts = {"step": 20, "train_seconds": 1.5}
        batches.append(Batch(claimed.id, claimed.attempt, rows=rows, facts=facts, ending=ending))
    with lab.store.write() as connection:
        commit(connection, batches)


def choice(visit: Visit, key: str) -> Any:
    [found] = [widget for widget in visit.at.multiselect if (widget.key or "").endswith(key)]
    return found


def test_without_a_sweep_the_page_says_what_to_do(visit: Visit, empty_lab: Lab) -> None:
    assert "Open New sweep, choose what varies, and press Start" in visit.open("sweeps").text


def test_the_address_is_the_settings_and_says_what_they_come_to(
    visit: Visit, empty_lab: Lab
) -> None:
    visit.open("sweeps", axis=AXES, seeds="3", set="epochs=2")
    assert "2 × 2 × 3 seeds = 12 runs" in visit.text
    assert (
        "python -m l335 sweep classify-basic --set epochs=2 --grid lr=0.1,0.001 "
        "--grid batch_size=4,64 --grid seed=0..2"
    ) in visit.text
    visit.set("seeds", 2).set("values.lr", "0.1, 0.01, 0.001").set("changes", "epochs=1")
    assert "3 × 2 × 2 seeds = 12 runs" in visit.text
    address = visit.address
    assert address["axis"] == ["lr=0.1, 0.01, 0.001", "batch_size=4,64"]
    assert (address["seeds"], address["set"]) == (["2"], ["epochs=1"])


def test_a_field_that_is_chosen_starts_with_its_value(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sweeps", preset="classify-basic")
    choice(visit, "vary").set_value(["lr", "optimizer", "flip"])
    visit.run()
    assert visit.widget("values.lr").value == "0.001"
    assert choice(visit, "values.optimizer").value == ["sgd"]
    choice(visit, "values.optimizer").set_value(["sgd", "rmsprop"])
    choice(visit, "values.flip").set_value(["false", "true"])
    assert "1 × 2 × 2 = 4 runs" in visit.run().text
    offered = " ".join(choice(visit, "vary").options)
    assert "(optimizer.momentum)" in offered
    assert "(optimizer.smoothing)" in offered, "a setting of a kind that is one of the values"


def test_a_sweep_is_started_stopped_and_run_again(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sweeps", axis=AXES, set=["epochs=2", "train_size=500"]).click("Start 4 runs")
    [line] = empty_lab.sweeps.listing()
    assert line.title == "Basic net: learning rate, batch size"
    assert visit.at.query_params["sweep"] == line.uid
    assert line.states == {"queued": 4}
    visit.run().click("Stop all")
    assert empty_lab.sweeps.listing()[0].states == {"cancelled": 4}
    visit.run().click("Rerun 4 stopped")
    assert empty_lab.sweeps.listing()[0].states == {"queued": 4}
    visit.run().click("Pause")
    visit.run().click("Resume")
    assert empty_lab.sweeps.listing()[0].states == {"queued": 4}


def test_a_cell_that_does_not_fit_is_named(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sweeps", axis=["lr=0.1,99"])
    [error] = visit.errors
    assert "The cell lr=99 can't be trained" in error.replace("\\", "")
    assert not visit.is_enabled("Start")


def test_more_than_500_runs_are_refused_with_their_number(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sweeps", axis=AXES, seeds="126")
    [error] = visit.errors
    assert "These settings make 504 runs; a sweep has between 1 and 500" in error
    visit.set("seeds", 125)
    assert "2 × 2 × 125 seeds = 500 runs" in visit.text


def test_a_list_of_cells(visit: Visit, empty_lab: Lab) -> None:
    visit.open("sweeps", cell=["lr=0.1 batch_size=4", "lr=0.001 batch_size=64"], seeds="2")
    assert "2 settings × 2 seeds = 4 runs" in visit.text
    visit.at.text_area[0].set_value("lr=0.1 batch_size=4\nlr=0.3\n\nlr=0.2 nonsense=1")
    visit.run()
    assert any("nonsense" in error for error in visit.errors)
    visit.at.text_area[0].set_value("lr=0.1 batch_size=4\nlr=0.3")
    assert "2 settings × 2 seeds = 4 runs" in visit.run().text
    assert visit.address["cell"] == ["lr=0.1 batch_size=4", "lr=0.3"]


@pytest.mark.parametrize("mode", ["A list as a table", "A list as text"])
def test_a_grid_becomes_a_list_and_again_a_grid(visit: Visit, empty_lab: Lab, mode: str) -> None:
    visit.open("sweeps", axis=AXES)
    visit.at.segmented_control[0].set_value(mode)
    assert "4 settings" in visit.run().text or visit.is_enabled("Start 4 runs")
    assert visit.address["cell"][0] == "lr=0.1 batch_size=4"
    visit.at.segmented_control[0].set_value("Every combination")
    assert "2 × 2 = 4 runs" in visit.run().text


def test_a_sweep_starts_from_a_run(visit: Visit, full_lab: Trained) -> None:
    visit.open("sweeps", **{"from": full_lab.basic})
    assert "1 of them is trained or waiting already" in visit.text
    assert "--set train_size=600" in visit.text
    visit.open("sweeps", **{"from": full_lab.fit})
    assert "assets/images/sky.png" in visit.text


@pytest.mark.parametrize("query", [{"from": "0" * 32}, {"preset": "nothing"}, {"sweep": "x"}])
def test_an_address_that_leads_nowhere_is_answered(
    visit: Visit, empty_lab: Lab, query: dict[str, str]
) -> None:
    visit.open("sweeps", **query)
    [error] = visit.errors
    assert "There is no" in error


def test_a_deleted_sweep_comes_back(visit: Visit, empty_lab: Lab) -> None:
    uid = start(empty_lab)
    visit.open("sweeps", sweep=uid).click("Delete")
    assert empty_lab.sweeps.count() == 0
    assert "Deleted “Mine”." in visit.text
    visit.click("Undo")
    assert empty_lab.sweeps.count() == 1


def test_the_list_counts_states_and_marks_ready_labs(visit: Visit, empty_lab: Lab) -> None:
    uid = start(empty_lab)
    end(empty_lab.store, claim(empty_lab.store), Ending("failed", "diverged", "nan"))
    empty_lab.sweeps.start_lab(lab_called("learning-rates").quick())
    text = visit.open("sweeps").text
    assert "0 of 4 completed, 3 waiting, :red[1 failed]" in text
    assert "Ready lab" in text
    assert "2 sweeps in all." in text
    visit.open("sweeps", sweep=uid)
    assert visit.has_button("Rerun 1 failed")


@pytest.mark.slow
def test_a_page_of_500_runs_is_quick(
    visit: Visit, empty_lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = SweepDefinition(
        axes=("lr=0.1,0.03,0.01,0.003,0.001", "batch_size=4,8,16,32,64"), seeds=20
    )
    cells = definition.cells(preset("classify-basic").spec)
    uid = empty_lab.sweeps.start(cells, title="Large", definition=definition.query())
    finish_all(empty_lab, uid)
    for view in ("Table", "Parallel view", "Map"):
        visit.open("sweeps", sweep=uid)
        visit.at.session_state["sweep.view"] = view
        waits = []
        for _ in range(5):
            began = time.perf_counter()
            visit.run()
            waits.append(time.perf_counter() - began)
        middle = statistics.median(waits)
        with capsys.disabled():
            print(f"\nsweep of 500 runs, {view}: script median {middle:.3f} s (n = {len(waits)})")
        assert middle < MOST_SECONDS
    [bar] = visit.at.get("progress")
    assert bar.proto.text == "450 of 500 completed, :red[50 failed]"


def test_a_perfect_fit_is_drawn_at_its_end_and_called_infinite(
    visit: Visit, empty_lab: Lab
) -> None:
    uid = start(empty_lab)
    batches = []
    for number in range(4):
        claimed = claim(empty_lab.store)
        value = float("inf") if number == 2 else 0.5 + number / 10
        batch = Batch(claimed.id, claimed.attempt, rows=[Row("test/accuracy", 20, value, 1.0)])
        batch.facts, batch.ending = {"step": 20}, Ending("completed")
        batches.append(batch)
    with empty_lab.store.write() as connection:
        commit(connection, batches)
    for view in ("Parallel view", "Map"):
        visit.open("sweeps", sweep=uid)
        visit.at.session_state["sweep.view"] = view
        visit.run()
        assert "infinite" in visit.at.get("plotly_chart")[0].proto.spec
        assert not visit.errors
