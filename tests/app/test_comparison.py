"""Several runs on one page, forms that start from a changed run, and runs that go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from l335.components.architectures.cnn import Cnn
from l335.components.optimizers.adam import Adam
from l335.results.groups import group_by_setting, names_apart
from l335.service import Lab
from l335.spec import ClassifySpec
from l335.ui.comparison import title_of
from tests.app.visit import Visit
from tests.dashboard import BASIC, Trained


def test_settings_are_named_by_what_tells_them_apart() -> None:
    base = ClassifySpec()
    slower = base.model_copy(update={"lr": 0.0001})
    cnn = base.model_copy(update={"model": Cnn()})
    assert names_apart([base, slower]) == ["lr 0.001", "lr 0.0001"]
    assert names_apart([base, cnn]) == ["Basic net", "CNN"]
    assert names_apart([base, slower, cnn]) == [
        "Basic net, lr 0.001",
        "Basic net, lr 0.0001",
        "CNN, lr 0.001",
    ]
    permuted = cnn.model_copy(update={"permute_pixels": True})
    assert names_apart([base, cnn, permuted]) == ["Basic net", "CNN", "CNN, permuted pixels"]
    assert names_apart([cnn, permuted]) == ["no permuted pixels", "permuted pixels"]
    longer = base.model_copy(update={"epochs": 9, "optimizer": Adam()})
    assert names_apart([base, longer])[1] == "Adam, 9 epochs"


def test_seeds_of_a_setting_belong_together(full_lab: Trained) -> None:
    run = full_lab.lab.run(full_lab.basic)
    other = replace(run, uid="a" * 32, spec=run.spec.model_copy(update={"seed": 8}), seed=8)
    cnn = full_lab.lab.run(full_lab.cnn)
    groups = group_by_setting([run, cnn, other])
    assert [group.runs for group in groups] == [[run, other], [cnn]]
    assert groups[0].name.startswith("Basic net, lr 0.001")
    assert title_of([run, other]) == f"{run.title}, 2 seeds"
    assert title_of([]) == "Curves"


def test_the_address_names_the_runs_beside(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", run=full_lab.basic, **{"with": full_lab.cnn})
    [picker] = [each for each in visit.at.multiselect if each.label == "Draw in the same charts"]
    assert picker.value == [full_lab.cnn]
    assert picker.options[0].startswith("CNN, lr 0.01")
    picker.set_value([])
    visit.run()
    assert "with" not in visit.at.query_params


@pytest.mark.parametrize("uid", ["0" * 32, "<b>", "../x"])
def test_a_run_beside_that_is_not_there_is_answered(
    visit: Visit, full_lab: Trained, uid: str
) -> None:
    visit.open("classify", run=full_lab.basic, **{"with": uid})
    assert "There is no run" in visit.at.warning[0].value


def test_a_changed_setting_is_said_and_taken_back(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", **{"from": full_lab.basic, "set": "lr=0.01"})
    assert visit.widget(".lr").value == 0.01
    assert visit.widget(".seed").value == BASIC.seed
    assert "Learning rate 0.001 → **0.01**" in visit.text
    visit.click("Undo the change")
    assert visit.widget(".lr").value == BASIC.lr
    assert not visit.has_button("Undo the change")


@pytest.mark.parametrize(
    ("change", "words"),
    [("lr=99", "`lr` is 99"), ("learning=1", "`learning` is not a setting"), ("lr", "key=value")],
)
def test_a_change_that_cannot_be_is_answered(
    visit: Visit, full_lab: Trained, change: str, words: str
) -> None:
    visit.open("classify", **{"from": full_lab.basic, "set": change})
    assert words in visit.errors[0]
    assert visit.widget(".lr").value == BASIC.lr


def test_a_run_trained_from_a_change_is_shown_beside_its_source(
    visit: Visit, full_lab: Trained
) -> None:
    visit.open("classify", **{"from": full_lab.basic, "set": "lr=0.02"})
    visit.click("Train")
    uid = visit.run_uid
    assert visit.at.query_params["with"] == [full_lab.basic] or (
        visit.at.query_params["with"] == full_lab.basic
    )
    assert full_lab.lab.run(uid).spec == BASIC.model_copy(update={"lr": 0.02})
    full_lab.lab.delete(uid)


def test_seeds_beside_train(visit: Visit, empty_lab: Lab) -> None:
    visit.open("classify").set("num_seeds", 3).set("classify.0.seed", 4)
    visit.click("Train")
    assert sorted(run.seed for run in empty_lab.runs()) == [4, 5, 6]
    assert empty_lab.run(visit.run_uid).seed == 4


def test_too_many_further_epochs_are_answered(visit: Visit, full_lab: Trained) -> None:
    visit.open("classify", run=full_lab.basic)
    visit.set(f"more.{full_lab.basic}", 5000).click("Train on")
    assert "1,000" in visit.errors[0]
    assert full_lab.lab.run(full_lab.basic).state == "completed"


def test_ticked_runs_are_offered_in_one_chart(visit: Visit, full_lab: Trained) -> None:
    visit.open("runs")
    for uid in (full_lab.basic, full_lab.cnn):
        visit.at.checkbox(key=f"tick.{uid}").check()
    visit.run()
    assert "Show 2 runs in one chart" in [link.label for link in visit.at.page_link]
    visit.at.checkbox(key=f"tick.{full_lab.fit}").check()
    visit.run()
    assert "Only runs of the same kind share a chart." in visit.text
