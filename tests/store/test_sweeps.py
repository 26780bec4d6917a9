from __future__ import annotations

import json

import pytest

from l335.core.errors import LabError, NotFound, SpecError
from l335.core.settings import Settings
from l335.labs import lab_called
from l335.service import Lab
from l335.spec import ClassifySpec, with_changes
from l335.spec.presets import preset
from l335.spec.sweeps import Cell, axis, grid, listed
from l335.store import Store, queue, runs
from l335.store.writer import Batch, Ending, commit
from tests.store.test_queue import claim, end

START = ClassifySpec(train_size=500, epochs=2)


@pytest.fixture
def lab(tmp_path):
    opened = Lab.open(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def start(lab: Lab, **axes: list[str]) -> str:
    return lab.sweeps.start(grid(START, axes), title="A sweep", definition={"axes": axes})


def order(store: Store) -> list[tuple[float, int]]:
    """Learning rate and batch size of what runs take up, one after the other."""
    taken = []
    while True:
        with store.write() as connection:
            run = queue.claim(connection, queue.register(connection))
        if run is None:
            return taken
        spec = json.loads(run.spec)
        taken.append((spec["lr"], spec["batch_size"]))
        end(store, run, Ending("completed"))


def test_a_grid_has_every_combination_and_changes_the_seed_last() -> None:
    axes = dict(axis(text) for text in ("seed=0..1", "lr=0.1,0.001", "batch_size=4,64"))
    cells = grid(START, axes)
    assert [(c.spec.seed, c.spec.lr, c.spec.batch_size) for c in cells] == [
        (seed, lr, batch) for seed in (0, 1) for lr in (0.1, 0.001) for batch in (4, 64)
    ]
    assert cells[0].name == "lr 0.1, batch_size 4"
    assert cells[0].settings == {"seed": "0", "lr": "0.1", "batch_size": "4"}


def test_a_value_with_commas_stands_in_brackets() -> None:
    assert axis("width=[256,128],512") == ("width", ["256,128", "512"])
    cells = grid(preset("fit-image").spec, dict([axis("width=[256,128],512")]))
    assert [cell.spec.width for cell in cells] == [(256, 128), 512]


@pytest.mark.parametrize("text", ["lr", "lr=", "=3", "lr=,", "width=[1,2", "seed=4..2"])
def test_an_axis_that_is_none_is_answered_with_how_to_write_one(text: str) -> None:
    with pytest.raises(LabError, match=r"write|bracket|count upwards"):
        axis(text)


def test_a_cell_that_does_not_fit_is_named_and_nothing_is_queued(lab: Lab) -> None:
    with pytest.raises(SpecError, match=r"The cell lr=99 can't be trained: `lr` is 99"):
        start(lab, lr=["0.1", "99"])
    assert lab.count_runs() == lab.sweeps.count() == 0


@pytest.mark.parametrize("number", [0, 501])
def test_a_sweep_has_1_to_500_runs(lab: Lab, number: int) -> None:
    with pytest.raises(SpecError, match=f"make {number} runs; a sweep has between 1 and 500"):
        listed(START, [{"seed": str(seed)} for seed in range(number)])
    with pytest.raises(SpecError, match=f"make {number} runs"):
        lab.sweeps.start([Cell("one", START)] * number, title="", definition={})


def test_a_sweep_of_500_runs_is_queued_whole(lab: Lab) -> None:
    uid = start(lab, seed=[str(seed) for seed in range(500)])
    sweep = lab.sweeps.one(uid)
    assert [cell.run.seed for cell in sweep.cells if cell.run] == list(range(500))
    assert sweep.cells[499].run is not None
    assert sweep.cells[499].run.queue_position == 500


def test_what_was_trained_is_not_trained_again(lab: Lab) -> None:
    first = start(lab, lr=["0.1", "0.01"])
    second = start(lab, lr=["0.01", "0.001"])
    assert lab.count_runs() == 3
    runs_of_both = [lab.sweeps.one(uid).runs for uid in (first, second)]
    assert runs_of_both[0][1].uid == runs_of_both[1][0].uid
    lab.stop(runs_of_both[0][0].uid)
    start(lab, lr=["0.1"])
    assert lab.count_runs() == 4, "a run that was stopped is no result"


def test_two_sweeps_take_turns_and_a_single_run_does_not_wait_for_them(lab: Lab) -> None:
    start(lab, lr=["0.1", "0.2", "0.3", "0.4"])
    for lr in (0.1, 0.2):
        run = claim(lab.store)
        assert json.loads(run.spec)["lr"] == lr
        end(lab.store, run, Ending("completed"))
    start(lab, batch_size=["7", "8"])
    lab.submit(START.model_copy(update={"lr": 0.9}))
    taken = order(lab.store)
    usual = (START.lr, START.batch_size)
    assert taken == [
        (0.3, usual[1]),
        (usual[0], 7),
        (0.9, usual[1]),
        (0.4, usual[1]),
        (usual[0], 8),
    ]


def test_places_in_the_queue_are_the_order_of_taking_up(lab: Lab) -> None:
    start(lab, lr=["0.1", "0.2", "0.3"])
    start(lab, batch_size=["7", "8"])
    waiting = sorted(lab.runs(), key=lambda run: run.queue_position or 0)
    expected = [(run.spec.lr, run.spec.batch_size) for run in waiting]
    assert order(lab.store) == expected


def test_a_sweep_is_stopped_and_what_was_stopped_or_failed_or_deleted_runs_again(lab: Lab) -> None:
    uid = start(lab, lr=["0.1", "0.2", "0.3", "0.4"])
    done, failed = claim(lab.store), claim(lab.store)
    end(lab.store, done, Ending("completed"))
    end(lab.store, failed, Ending("failed", "diverged", "The loss became nan."))
    lab.sweeps.stop(uid)
    lab.delete(lab.sweeps.one(uid).runs[3].uid)
    states = [cell.run and cell.run.state for cell in lab.sweeps.one(uid).cells]
    assert states == ["completed", "failed", "cancelled", None]
    assert lab.sweeps.one(uid).is_over
    assert lab.sweeps.listing()[0].states == {"completed": 1, "failed": 1, "cancelled": 2}
    assert lab.sweeps.rerun_failed(uid) == 3
    assert [run.state for run in lab.sweeps.one(uid).runs] == [
        "completed",
        "queued",
        "queued",
        "queued",
    ]


def test_a_paused_sweep_goes_on(lab: Lab) -> None:
    uid = start(lab, lr=["0.1", "0.2"])
    lab.sweeps.pause(uid)
    assert {run.state for run in lab.sweeps.one(uid).runs} == {"paused"}
    lab.sweeps.resume(uid)
    assert {run.state for run in lab.sweeps.one(uid).runs} == {"queued"}


@pytest.mark.parametrize("again", ["resume", "rerun_failed"])
def test_a_sweep_that_goes_on_takes_turns_as_a_new_one_does(lab: Lab, again: str) -> None:
    uid = start(lab, lr=["0.1", "0.2", "0.3", "0.4"])
    (lab.sweeps.pause if again == "resume" else lab.sweeps.stop)(uid)
    getattr(lab.sweeps, again)(uid)
    lab.submit(START.model_copy(update={"lr": 0.9}))
    assert [lr for lr, _ in order(lab.store)] == [0.1, 0.9, 0.2, 0.3, 0.4]


def test_runs_submitted_together_are_all_or_none_and_take_turns(lab: Lab) -> None:
    several = [START.model_copy(update={"lr": rate}) for rate in (0.1, 0.2, 0.3)]
    unknown = with_changes(preset("fit-image").spec, image="0" * 64)
    with pytest.raises(SpecError, match="not stored here"):
        lab.submit_all([*several, unknown])
    assert lab.count_runs() == 0
    lab.submit_all(several)
    lab.submit(START.model_copy(update={"lr": 0.9}))
    assert [lr for lr, _ in order(lab.store)] == [0.1, 0.9, 0.2, 0.3]


def test_a_deleted_sweep_leaves_its_runs_and_comes_back(lab: Lab) -> None:
    uid = start(lab, lr=["0.1"])
    lab.sweeps.delete(uid)
    assert lab.sweeps.count() == 0
    assert lab.count_runs() == 1
    lab.sweeps.restore(uid)
    assert [line.uid for line in lab.sweeps.listing()] == [uid]
    with pytest.raises(NotFound, match="There is no sweep `nothing`"):
        lab.sweeps.one("nothing")


def test_a_probe_is_not_listed_and_stands_for_no_run(lab: Lab) -> None:
    with lab.store.write() as connection:
        runs.add(connection, START, "cpu", 1, purpose="probe")
    assert lab.count_runs() == 0
    assert lab.runs() == []
    assert lab.find_run(START) is None
    assert lab.find_runs([START]) == [None]
    run = claim(lab.store)
    with lab.store.write() as connection:
        commit(connection, [Batch(run.id, run.attempt, ending=Ending("completed"))])


def test_a_lab_keeps_its_settings_with_its_sweep(lab: Lab) -> None:
    rates = lab_called("learning-rates").changed({"rates": "0.5,0.25", "seeds": 2, "epochs": 1})
    sweep = lab.sweeps.one(lab.sweeps.start_lab(rates))
    assert sweep.lab == "learning-rates"
    assert sweep.definition["rates"] == [0.5, 0.25]
    assert [arm.name for arm in lab.sweeps.arms(sweep)] == ["lr 0.5", "lr 0.25"]
    assert [len(arm.runs) for arm in lab.sweeps.arms(sweep)] == [2, 2]
    assert lab.sweeps.listing(lab="batch-sizes") == []
    assert lab.sweeps.start_lab(rates) == sweep.uid
    lab.sweeps.stop(sweep.uid)
    assert lab.sweeps.start_lab(rates) != sweep.uid, "what was stopped is started again"


@pytest.mark.parametrize("name", ["sky", "Sky", "grass"])
def test_a_bundled_image_is_found_by_its_name(lab: Lab, name: str) -> None:
    found = lab.images.called(name)
    assert found.name.lower().startswith(name.lower())
    assert lab.images.called(found.sha256) == found


def test_an_unknown_image_is_answered_with_those_there_are(lab: Lab) -> None:
    with pytest.raises(SpecError, match=r"There is no image `skyy` here; bundled ones are moun"):
        lab.images.called("skyy")
