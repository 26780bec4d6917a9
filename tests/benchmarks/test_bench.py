"""The engine's benchmark in its short form: its figures say little, its results must be right."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from l335.bench import live, notebook
from l335.bench.rows import Row, Spread, in_turns
from l335.bench.table import figure, markdown_table
from l335.cli.bench import bench
from l335.components.architectures.cnn import Cnn
from l335.components.architectures.mlp import Mlp
from l335.core.errors import LabError
from l335.core.settings import ROOT
from l335.engine.classify import build_classifier
from l335.engine.coordinate_network import build_network
from l335.engine.train import Resources, train
from l335.spec.from_text import with_settings
from l335.spec.presets import PRESETS
from tests.engine.conftest import Kept

MOUNTAINS = ROOT / "assets" / "images" / "mountains.png"


def with_weights_of(model: nn.Module, trained: nn.Module) -> nn.Module:
    """The notebook's network with the very weights of the engine's."""
    for to, source in zip(model.parameters(), trained.parameters(), strict=True):
        to.data.copy_(source.data)
    return model


@pytest.mark.parametrize(
    ("preset", "plain"), [("classify-basic", notebook.basic_net), ("classify-cnn", notebook.cnn)]
)
def test_the_notebook_and_the_engine_see_the_same_losses(preset: str, plain, prepared: Path):
    spec = with_settings(PRESETS[preset].spec, ["train_size=192", "epochs=1"])
    kept = Kept()
    train(spec, Resources("cpu", 1, prepared, lambda _: b""), kept, lambda: False)
    model = with_weights_of(plain(), build_classifier(spec))
    chosen = torch.randperm(60_000, generator=torch.Generator().manual_seed(0))[:192]
    order = chosen[torch.randperm(192, generator=torch.Generator().manual_seed(0))].tolist()
    loader = notebook.classification_loader(prepared, 192, spec.batch_size, order)
    losses = notebook.train_classifier(model, loader)
    assert kept.series("train/loss") == pytest.approx(losses, rel=1e-4)


def test_the_notebook_and_the_engine_fit_an_image_alike(prepared: Path):
    sized = PRESETS["fit-image"].spec.model_copy(update={"image_width": 512, "image_height": 512})
    spec = with_settings(
        sized, ["image_size=48", "crop=square", "batch_pixels=all", "steps=5", "encoding.sigma=10"]
    )
    kept = Kept()
    resources = Resources("cpu", 1, prepared, lambda _: MOUNTAINS.read_bytes())
    train(spec, resources, kept, lambda: False)
    network = build_network(spec, 0)
    model = with_weights_of(notebook.image_net(), network.layers)
    pixels = notebook.square_pixels(MOUNTAINS, 48)
    frequencies = network.encoding.get_buffer("frequencies")
    losses = notebook.train_image(model, frequencies, pixels, 5)
    assert kept.series("train/loss") == pytest.approx(losses, rel=1e-4)


def test_the_presets_are_the_notebook_networks():
    for preset, kind, plain in (
        ("classify-basic", Mlp, notebook.basic_net),
        ("classify-cnn", Cnn, notebook.cnn),
    ):
        assert isinstance(PRESETS[preset].spec.model, kind)
        count = sum(value.numel() for value in plain().parameters())
        assert count == PRESETS[preset].spec.num_parameters


def test_ways_are_measured_in_turns():
    calls: list[str] = []
    ways = {name: (lambda name=name: float(calls.append(name) or len(calls))) for name in "ab"}
    found = in_turns(ways, 3)
    assert "".join(calls) == "abbaab"
    assert found["a"] == Spread(4.0, 1.0, 5.0, 3)


def test_a_row_knows_its_ratio_and_its_share():
    seconds = Row("engine", "Work", "s", Spread(2, 1, 3, 3), baseline=Spread(6, 5, 7, 3), ceiling=1)
    assert (seconds.ratio, seconds.share) == (3, 0.5)
    rate = Row(
        "engine", "Work", "1/s", Spread(6, 5, 7, 3), True, baseline=Spread(2, 1, 3, 3), ceiling=12
    )
    assert (rate.ratio, rate.share) == (3, 0.5)
    [_, _, line] = markdown_table([rate]).splitlines()
    assert line.startswith("| Work | 6.00 (5.00 to 7.00) 1/s | 2.00 (1.00 to 3.00)")
    assert figure(12_345) == "12,300"


@pytest.mark.slow
def test_the_command_writes_its_table_and_its_json(tmp_path: Path, prepared: Path):
    file = tmp_path / "bench.json"
    done = subprocess.run(
        [sys.executable, "-m", "l335", "bench", "--short", "--busy", "--json", str(file)],
        cwd=ROOT,
        env=os.environ | {"L335_DATA_DIR": str(prepared)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(file.read_text())["rows"]
    assert len([row for row in rows if row["baseline_name"].startswith("notebook")]) == 6
    assert all(math.isfinite(row["ratio"]) and row["ratio"] > 0 for row in rows)
    table = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(table) == 2 + len(rows)


def test_figures_before_a_failure_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def failing(_short: bool, _say: object) -> Iterator[Row]:
        yield Row("live", "Work", "s", Spread(2, 1, 3, 3))
        raise LabError("A run of the benchmark failed.")

    monkeypatch.setattr(live, "live_rows", failing)
    file = tmp_path / "bench.json"
    words = ["--suite", "live", "--busy", "--json", str(file)]
    done = CliRunner().invoke(bench, words)
    assert isinstance(done.exception, LabError)
    assert "| Work | 2.00" in done.output
    assert [row["title"] for row in json.loads(file.read_text())["rows"]] == ["Work"]
