"""An installation with finished runs, for tests of what the dashboard shows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from l335.components.architectures.cnn import Cnn
from l335.engine.resources import local_resources
from l335.engine.train import train
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec, RunSpec
from tests.installation import Installation, prepare

BASIC = ClassifySpec(train_size=600, epochs=2, seed=3)
CNN = ClassifySpec(model=Cnn(channels=4, hidden=16), train_size=300, epochs=1, lr=0.01)
FIT = FitImageSpec(image_size=32, steps=60, width=32, batch_pixels="all")


@dataclass(frozen=True)
class Trained:
    """A lab with a runner, and one finished run of each sort, by uid."""

    lab: Lab
    basic: str
    cnn: str
    fit: str


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    installation = Installation(prepare(tmp_path_factory.mktemp("trained")))
    installation.start()
    lab = installation.lab
    sky = next(image for image in lab.images.all() if image.name.startswith("Sky"))
    fit = FIT.model_copy(update={"image": sky.sha256, "image_name": "Sky"})
    uids = [lab.submit(spec) for spec in (BASIC, CNN, fit)]
    for uid in uids:
        assert installation.over(uid).state == "completed"
    yield Trained(lab, *uids)
    installation.close()


def train_here(lab: Lab, spec: RunSpec) -> str:
    """Train a new run in this process; its uid."""
    resources = local_resources(lab.settings, "cpu", lab.blob)
    with lab.attempt(spec, resources.device, resources.threads) as attempt:
        attempt.finish(train(spec, resources, attempt.recorder, attempt.should_stop).finished)
    return attempt.uid


def use(lab_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process a dashboard of a data folder."""
    values = {"data_dir": lab_folder, "slots": 2, "threads": 1, "device": "cpu"}
    for name, value in values.items():
        monkeypatch.setenv(f"L335_{name.upper()}", str(value))
