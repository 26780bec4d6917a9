"""Every command the lab prints for a run is executed, and reaches the same figures."""

from __future__ import annotations

import io
import shlex
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from l335.cli import cli
from l335.components.architectures.cnn import Cnn
from l335.export.command_line import command_line, sweep_command
from l335.export.report.document import Code, Text
from l335.export.report.settings import repeat_blocks
from l335.export.report.sources import of_sweep
from l335.labs import labs
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import ClassifySpec, FitImageSpec, RunSpec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from tests.dashboard import train_here, use
from tests.installation import prepare

SMALL_NET = ["image_size=24", "steps=6", "width=16,8", "depth=2", "encoding=gaussian"]
SMALL_FIT = [*SMALL_NET, "encoding.num_frequencies=8"]

FITS = {
    "bundled": (SMALL_FIT, "Creek"),
    "uploaded": (SMALL_FIT, "own"),
    "uploaded under the name of a bundled one": (SMALL_FIT, "Sky"),
    "part of a picture": ([*SMALL_FIT, "crop=box", "crop_box=3,2,30,20"], "own"),
    "square": ([*SMALL_FIT, "crop=square"], "Creek"),
    "sigma of another draw": (
        [*SMALL_FIT, "held_out=grid", "sigma=1.2345678", "encoding.draw=2", "seed=2"],
        "Grass",
    ),
    "original held back": ([*SMALL_FIT, "hold_back=2", "held_out=random"], "own"),
    "several seeds": ([*SMALL_FIT, "num_seeds=2", "initialiser=zeros", "batch_pixels=all"], "own"),
    "other parts": (
        ["image_size=16", "steps=3", "width=8", "encoding=none", "activation=sine",
         "initialiser=siren", "output=linear", "loss=huber", "optimizer=lbfgs",
         "batch_pixels=all", "schedule=cosine"],
        "own",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("printed"))


@pytest.fixture
def lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    use(folder, monkeypatch)
    return current_lab()


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (32, 48, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def executed(line: str) -> str:
    """The run a printed command has made."""
    python, m, package, *words = shlex.split(line)
    assert (python, m, package) == ("python", "-m", "l335")
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output.split("Run ")[1].split(":")[0]


def has_same_figures(lab: Lab, spec: RunSpec) -> None:
    first = lab.run(train_here(lab, spec))
    again = lab.run(executed(command_line(first.spec)))
    assert again.spec == first.spec
    assert again.summary == first.summary


@pytest.mark.slow
@pytest.mark.parametrize("case", FITS)
def test_the_command_of_a_fit_reaches_its_figures(lab: Lab, case: str) -> None:
    settings, name = FITS[case]
    if name == "own":
        image = lab.images.add(picture(), "own.png")
    elif case.endswith("bundled one"):
        image = lab.images.add(picture(seed=1), name)
    else:
        image = lab.images.called(name)
    start = with_changes(FitImageSpec(), **image.settings)
    has_same_figures(lab, with_settings(start, settings))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [[], ["lr=0.00001", "flip=true", "schedule=one_cycle"]])
def test_the_command_of_a_classifier_reaches_its_figures(lab: Lab, settings: list[str]) -> None:
    for start in (ClassifySpec(), ClassifySpec(model=Cnn(channels=(4, 2, 4), hidden=8))):
        has_same_figures(lab, with_settings(start, ["train_size=60", "epochs=1", *settings]))


def test_the_command_of_a_picture_names_that_very_picture(lab: Lab) -> None:
    for image in lab.images.all():
        if not image.bundled:
            continue
        spec = with_changes(FitImageSpec(), **image.settings)
        [file] = [word for word in shlex.split(command_line(spec)) if "assets" in word]
        assert lab.images.add(Path(file).read_bytes(), "again").sha256 == image.sha256
    alike = FitImageSpec().with_image("ab" * 32, "Sky", 100, 100)
    assert "--image abababababab" in command_line(alike)


@pytest.mark.parametrize("name", labs())
def test_commands_of_a_lab_lead_to_its_very_runs(lab: Lab, name: str) -> None:
    """Every command of a report, and what it says to add for another seed, is read as typed."""
    preset = labs()[name].model_validate({}).changed({"seeds": 2})
    specs = {cell.spec for cell in preset.cells(lab.images.called)}
    view = lab.sweeps.one(lab.sweeps.start_lab(preset))
    blocks = repeat_blocks([of_sweep(lab, view)])
    codes = [block for block in blocks if isinstance(block, Code)]
    shown = {as_typed(lab, line) for code in codes for line in code.text.splitlines()}
    assert shown <= specs
    if "several" in name or not all(getattr(spec, "num_seeds", 1) == 1 for spec in specs):
        return
    others = set()
    for text, code in pairwise(blocks):
        if isinstance(text, Text) and isinstance(code, Code):
            words = text.words.removeprefix("For another seed add ").removesuffix(":")
            again = words.replace("NUMBER", "1")
            others |= {as_typed(lab, f"{line} {again}") for line in code.text.splitlines()}
    assert others <= specs
    assert others.isdisjoint(shown)
    assert len(others) == len(shown)


def as_typed(lab: Lab, line: str) -> RunSpec:
    """The specification behind a ``train`` command."""
    from l335.cli.train import with_image

    _, _, _, command, preset, *words = shlex.split(line)
    assert command == "train"
    options = list(zip(words[::2], words[1::2], strict=True))
    image = dict(options).get("--image")
    start = with_image(lab, PRESETS[preset].spec, image)
    return with_settings(start, [value for option, value in options if option == "--set"])


def test_a_sweep_of_a_part_of_a_picture_is_accepted(lab: Lab) -> None:
    own = lab.images.add(picture(), "own.png")
    start = with_changes(FitImageSpec(), **own.settings)
    part = with_changes(start, crop="box", crop_box=(3, 2, 30, 20))
    line = sweep_command(part, {"lr": ["0.1", "0.01"]}, [])
    _, _, _, _, _, *words = shlex.split(line)
    settings = [value for option, value in zip(words[::2], words[1::2], strict=True)
                if option == "--set"]  # fmt: skip
    assert with_settings(start, settings) == part
    assert ["--image", own.sha256[:12]] == words[:2]
