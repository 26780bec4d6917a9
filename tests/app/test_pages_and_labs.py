"""What is trained on a page counts in the ready lab of the same experiment, and the other way."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from l335.core.settings import Settings
from l335.labs import LabPreset, lab_called
from l335.labs.experiments import EXPERIMENTS
from l335.service import Lab
from l335.spec import with_changes
from l335.spec.identity import settings_text
from l335.spec.presets import preset
from l335.spec.sweeps import Cell
from tests.app.visit import Visit


class Same(NamedTuple):
    """One experiment twice: settings of the lab, and the page's address with the same ones."""

    lab: LabPreset
    page: str
    query: dict[str, str | list[str]]
    start: str


SIGMA = lab_called("sigma").changed({"size": 64, "steps": 50, "seeds": 3})
RULES = lab_called("initialisers").changed(
    {"size": 32, "steps": 50, "seeds": 4, "rules": "default,xavier_uniform,wide_biases"}
)
DESIGNS = lab_called("design-choices").changed(
    {
        "sizes": "32,64",
        "seeds": 2,
        "depths": "1,5",
        "widths": "64",
        "losses": "l1",
        "optimizers": "sgd",
        "steps": 50,
        "sigma": 3,
    }
)
NETS = lab_called("basic-against-cnn").changed({"seeds": 1})
SAME = {
    "sigma": Same(
        SIGMA,
        "sigma",
        {"sigma.size": "64", "sigma.steps": "50", "sigma.draws": "3"},
        "sigma.start",
    ),
    "initialisers": Same(
        RULES,
        "initialisers",
        {
            "studio.size": "32",
            "studio.steps": "50",
            "studio.seeds": "4",
            "studio.rules": [
                "PyTorch's default",
                "Xavier uniform",
                "Kaiming normal, biases uniform in ±1, last weights × 0.1, "
                "output at the mean colour",
            ],
        },
        "studio.start",
    ),
    "designs": Same(
        DESIGNS,
        "designs",
        {
            "designs.sizes": ["32", "64"],
            "designs.seeds": "2",
            "designs.depth": ["1", "5"],
            "designs.width": ["64"],
            "designs.loss": ["L1"],
            "designs.optimizer": ["SGD"],
            "designs.steps": "50",
            "designs.sigma": "3",
        },
        "designs.start",
    ),
    "convolution": Same(NETS, "convolution", {"length.shift": "Full"}, "shift.start"),
}


def texts(cells: list[Cell]) -> list[str]:
    return sorted(settings_text(cell.spec) for cell in cells)


def queued(lab: Lab) -> list[str]:
    return sorted(settings_text(run.spec) for run in lab.runs(limit=1000))


@pytest.mark.parametrize("name", SAME)
def test_a_page_and_its_lab_are_made_of_the_same_runs(
    visit: Visit, empty_lab: Lab, name: str
) -> None:
    same = SAME[name]
    cells = same.lab.cells(empty_lab.images.called)
    visit.open(same.page, **same.query)
    visit.at.button(key=same.start).click()
    visit.run()
    assert queued(empty_lab) == texts(cells)
    sweep = empty_lab.sweeps.one(empty_lab.sweeps.start_lab(same.lab))
    assert {run.uid for run in sweep.runs} == {run.uid for run in empty_lab.runs(limit=1000)}


@pytest.mark.parametrize("name", ["sigma", "initialisers", "designs"])
def test_what_a_lab_has_trained_is_here_on_its_page(
    visit: Visit, empty_lab: Lab, name: str
) -> None:
    same = SAME[name]
    empty_lab.sweeps.start_lab(same.lab)
    visit.open(same.page, **same.query)
    number = len(same.lab.cells(empty_lab.images.called))
    assert f"All {number} runs of these settings are here." in visit.text
    assert not visit.is_enabled("Nothing to train")


def test_the_experiments_take_their_nets_from_the_lab() -> None:
    for length in ("quick", "full"):
        runs = EXPERIMENTS[0].runs(quick=length == "quick")
        first = next(iter(runs.values()))
        changes = {name: getattr(first, name) for name in ("epochs", "train_size", "lr")}
        cells = NETS.changed(changes).arms(lambda name: pytest.fail(name))
        assert cells == runs


def test_a_picture_by_another_name_is_the_same_picture(tmp_path: Path) -> None:
    lab = Lab.open(Settings(data_dir=tmp_path))
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    image = lab.images.add(file.getvalue(), "Holiday: the lake.png")
    spec = with_changes(preset("fit-image").spec, image_size=16, steps=20, **image.settings)
    uid = lab.submit(spec)
    other = with_changes(spec, image_name="Lake")
    assert lab.find_run(other).uid == uid
    assert [run.uid for run in lab.find_runs([other])] == [uid]
    lab.sweeps.start([Cell("Lake", other)], title="Lake", definition={})
    assert lab.count_runs() == 1
    lab.submit(with_changes(other, seed=1))
    assert len(lab.siblings(uid)) == 2
    lab.close()
