"""A script in a process of its own ends with the figures of the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load

from l335.core.settings import ASSETS
from l335.engine.train import Resources, train
from l335.export.standalone import picture_name, script
from l335.export.standalone.weights import exported_weights
from l335.spec import FitImageSpec, Spec
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from tests.engine.conftest import Kept

PICTURE = ASSETS / "images" / "mountains.png"
TOLERANCE = 1e-4
THREADS = 1  # two would wait for each other on cores that others use too

QUICK = {
    "classify-basic": ["epochs=1", "train_size=6000"],
    "classify-cnn": ["epochs=1", "train_size=600", "lr=0.01"],
    "fit-image": ["steps=100", "image_size=64"],
    "fit-image-siren": ["steps=60", "image_size=48", "width=64", "first_omega_0=60"],
    "fit-image-finer": ["steps=60", "image_size=48", "width=64"],
}
"""The presets, shortened."""

SLOW = {
    "changed-images": [
        "classify-cnn", "epochs=2", "train_size=500", "batch_size=48", "shift=2", "flip=true",
        "permute_pixels=true", "schedule=one_cycle", "initialiser=orthogonal", "batch_norm=true",
        "dropout=0.1", "label_smoothing=0.1", "optimizer=adamw", "seed=3",
    ],
    "deep-net": [
        "classify-basic", "epochs=3", "train_size=700", "depth=4", "width=64,48,32,16",
        "activation=leaky_relu", "validation=150", "label_noise=0.2",
        "optimizer=rmsprop", "weight_decay=0.01", "schedule=cosine",
        "initialiser=xavier_normal", "initialiser.bias=zero", "initialiser.gain=1.5",
    ],
    "stacked-seeds-on-a-grid": [
        "fit-image", "image_size=96", "steps=40", "num_seeds=3", "held_out=grid", "hold_back=2",
        "encoding=positional", "output_bias=mean_colour", "output_gain=0.1", "seed=5",
        "initialiser=kaiming_normal", "optimizer=sgd", "nesterov=true", "lr=0.1",
        "batch_pixels=300",
    ],
    "stacked-seeds-one-by-one": [
        "fit-image", "image_size=64", "steps=20", "num_seeds=2", "batch_pixels=2000",
    ],
    "separate-hash-grids": [
        "fit-image", "image_size=64", "steps=30", "encoding=hash_grid", "num_seeds=2", "lr=0.01",
        "held_out=random", "schedule=cosine", "loss=l1", "width=32",
    ],
    "siren": [
        "fit-image", "image_size=64", "steps=30", "encoding=none", "activation=sine",
        "initialiser=siren", "output=linear", "crop=square", "held_out=random", "seed=2",
    ],
    "stacked-finer": [
        "fit-image-finer", "image_size=48", "steps=30", "width=48,32", "depth=2", "num_seeds=2",
        "first_omega_0=20", "bias_bound=5", "held_out=grid", "output_bias=mean_colour",
    ],
    "lbfgs": [
        "fit-image", "image_size=48", "steps=8", "optimizer=lbfgs", "lr=1", "batch_pixels=all",
        "loss=huber", "output=relu", "output_bias=mean_colour", "crop=box",
        "crop_box=10,20,301,200", "width=32,16,8", "encoding=basic",
    ],
}  # fmt: skip
"""A preset and many settings at once."""


@dataclass
class Both:
    """A run of the engine and its script, with files in one folder."""

    figures: dict[str, float]
    checkpoint: bytes
    folder: Path
    arguments: list[str]

    def by_script(self, *words: str) -> dict[str, float]:
        """The figures of the script in a process of its own."""
        found = self.folder / "found.json"
        line = [sys.executable, "script.py", *self.arguments, *words, "--json", str(found)]
        done = subprocess.run(line, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        figures: dict[str, float] = json.loads(found.read_text())
        for name, value in figures.items():  # its last line
            assert f"{name} {value:.6f}" in done.stdout.splitlines()[-1]
        return figures


def with_image(preset: str, settings: list[str]) -> Spec:
    spec: Spec = PRESETS[preset].spec
    if isinstance(spec, FitImageSpec):
        with Image.open(PICTURE) as image:
            size = {"image_width": image.width, "image_height": image.height}
        spec = spec.model_copy(update={**size, "image_name": "Mountains"})
    return with_settings(spec, settings)


def trained(spec: Spec, prepared: Path, folder: Path) -> Both:
    kept = Kept()
    resources = Resources("cpu", THREADS, prepared, lambda _: PICTURE.read_bytes())
    assert train(spec, resources, kept, lambda: False).finished
    figures = {key: value for (key, _), value in sorted(kept.rows.items(), key=lambda r: r[0][1])}
    (folder / "script.py").write_text(script(spec, threads=THREADS))
    arguments = ["--data", str(prepared)]
    if isinstance(spec, FitImageSpec):
        (folder / picture_name(spec)).write_bytes(PICTURE.read_bytes())
        arguments = []
    return Both(figures, kept.checkpoints[-1][1], folder, arguments)


def assert_same(both: Both, found: dict[str, float]) -> None:
    wanted = {
        key
        for key in both.figures
        if key.rpartition("/")[2] in {"accuracy", "psnr_db", "ssim_valid"}
    }
    assert wanted <= set(found)
    for name, value in found.items():
        assert value == pytest.approx(both.figures[name], abs=TOLERANCE), name


@pytest.mark.parametrize("preset", QUICK)
def test_presets(preset: str, prepared: Path, tmp_path: Path):
    both = trained(with_image(preset, QUICK[preset]), prepared, tmp_path)
    assert_same(both, both.by_script())


@pytest.mark.slow
@pytest.mark.parametrize("mix", SLOW)
def test_many_settings_at_once(mix: str, prepared: Path, tmp_path: Path):
    preset, *settings = SLOW[mix]
    both = trained(with_image(preset, settings), prepared, tmp_path)
    assert_same(both, both.by_script())


@pytest.mark.parametrize("preset", ["classify-cnn", "fit-image"])
def test_saved_weights_open_in_the_script(preset: str, prepared: Path, tmp_path: Path):
    small = ["epochs=1", "train_size=200", "batch_norm=true"]
    if preset == "fit-image":
        small = ["steps=20", "image_size=48", "num_seeds=2"]
    both = trained(with_image(preset, small), prepared, tmp_path)
    exported = exported_weights(both.checkpoint)
    assert {name.partition(".")[0] for name in load(exported)} == {"model"}
    (tmp_path / "weights.safetensors").write_bytes(exported)
    picture = ["--picture", "painted.png"] if preset == "fit-image" else []
    assert_same(both, both.by_script("--load", "weights.safetensors", *picture))
    if picture:
        with Image.open(tmp_path / "painted.png") as painted:
            assert painted.size == (48, 36)


def test_weights_of_another_network_are_refused_with_a_sentence(prepared: Path, tmp_path: Path):
    wide, narrow = (with_image("fit-image", ["steps=1", f"width={width}"]) for width in (16, 8))
    both = trained(wide, prepared, tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(exported_weights(both.checkpoint))
    (tmp_path / "script.py").write_text(script(narrow))
    line = [sys.executable, "script.py", "--load", "weights.safetensors"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "weights.safetensors holds the weights of another network" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_image_is_refused_with_its_size(tmp_path: Path):
    spec = with_image("fit-image", ["steps=1"])
    (tmp_path / "script.py").write_text(script(spec))
    Image.new("RGB", (20, 10)).save(tmp_path / "other.png")
    line = [sys.executable, "script.py", "--image", "other.png"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "other.png has 20 x 10 pixels; the run's image has 768 x 576 pixels." in done.stderr
