"""A perfect fit has an infinite PSNR, which is its best; NaN and both infinities stay apart."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from l335.cli import cli
from l335.core.downsampling import kept_places, means_between
from l335.core.records import Row
from l335.export.recordings import recording_of, unpacked
from l335.export.report.build import document
from l335.export.report.looks import Looks
from l335.export.report.sources import of_runs, with_folders
from l335.export.report.writing import write_file
from l335.labs.results import arms_of, ranked, score_words, spread
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import ClassifySpec, FitImageSpec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.sweeps import grid
from l335.store import queue, runs
from l335.store.writer import Batch, commit, summarise
from tests.dashboard import train_here, use
from tests.installation import prepare
from tests.web.conftest import Client

PSNR = "train/psnr_db"
NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("perfect"))


@pytest.fixture
def lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    use(folder, monkeypatch)
    return current_lab()


def black_fit(lab: Lab) -> FitImageSpec:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    image = lab.images.add(buffer.getvalue(), "black.png")
    settings = "output=relu lr=0.01 steps=60 width=16 depth=1 encoding.num_frequencies=4"
    return with_settings(with_changes(FitImageSpec(), **image.settings), settings.split())


@pytest.fixture
def perfect(lab: Lab) -> str:
    spec = black_fit(lab)
    if found := lab.find_run(spec):
        return found.uid
    return train_here(lab, spec)


def test_the_store_keeps_it_as_the_best_at_its_first_step(lab: Lab, perfect: str) -> None:
    points = lab.series(perfect)[PSNR]
    first = points.step[points.value.index(INF)]
    assert 0 < first < 60
    entry = lab.run(perfect).summary[PSNR]
    assert entry == {"best": INF, "best_step": first, "last": INF, "last_step": 60}


def test_the_command_line_says_it_and_writes_strict_json(lab: Lab, perfect: str) -> None:
    run = CliRunner()
    listed = run.invoke(cli, ["runs"], env={"COLUMNS": "200"}).output
    assert "infinite" in listed
    step = lab.run(perfect).summary[PSNR]["best_step"]
    assert f"PSNR: infinite dB at step {step}" in run.invoke(cli, ["show", perfect]).output
    text = run.invoke(cli, ["show", perfect, "--json"]).output
    facts = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert facts["metrics"][PSNR] == "inf"
    assert facts["best"][PSNR] == {"value": "inf", "step": step}


def test_routes_and_tables_spell_it(perfect: str) -> None:
    client = Client()
    answer = client.get(f"/api/runs/{perfect}/metrics").json()
    assert "inf" in answer["series"][PSNR]["value"]
    assert answer["run"]["summary"][PSNR]["best"] == "inf"
    table = list(csv.DictReader(io.StringIO(client.get(f"/api/metrics.csv?runs={perfect}").text)))
    assert [row["value"] for row in table if row["metric"] == PSNR][-1] == "inf"


def test_the_report_says_it_and_its_tables_spell_it(lab: Lab, perfect: str, tmp_path: Path) -> None:
    sources = with_folders(of_runs(lab, [lab.run(perfect)]))
    made = document(lab, sources, text="", title="", author="", looks=Looks(lab, {}))
    write_file(lab, sources, made, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        scores = list(csv.DictReader(io.TextIOWrapper(packed.open("data/scores.csv"))))
        page = packed.read("report.md").decode()
    [score] = [row for row in scores if row["metric"] == PSNR]
    assert (score["last"], score["best"]) == ("inf", "inf")
    assert "infinite" in page


def test_not_a_number_is_neither_best_nor_infinite() -> None:
    rows = [Row(PSNR, step, value, 0.0) for step, value in enumerate([5.0, NAN, INF, -INF, INF])]
    summary = summarise({}, rows[:2])
    assert summary[PSNR] == {"best": 5.0, "best_step": 0, "last": None, "last_step": 1}
    summary = summarise(summary, rows[2:])
    assert summary[PSNR] == {"best": "inf", "best_step": 2, "last": "inf", "last_step": 4}
    losses = [Row("train/loss", step, value, 0.0) for step, value in enumerate([3.0, INF, NAN])]
    assert summarise({}, losses)["train/loss"]["best"] == 3.0


def test_the_three_come_back_from_the_store_as_they_were(lab: Lab) -> None:
    values = [1.0, NAN, INF, -INF, 0.0]
    with lab.store.write() as connection:
        uid = runs.add(connection, ClassifySpec(train_size=500, seed=9), "cpu", 1)
        run = queue.claim(connection, queue.register(connection), uid)
        rows = [Row("train/loss", step, value, 0.1) for step, value in enumerate(values, 1)]
        commit(connection, [Batch(run.id, run.attempt, rows=rows)])
    assert lab.series(uid)["train/loss"].value == [1.0, None, INF, -INF, 0.0]


def test_downsampling_loses_neither_an_extreme_nor_a_kind() -> None:
    values: list[float | None] = [math.sin(x / 40) for x in range(5000)]
    values[700:705] = [INF, INF, 9.0, None, -INF]
    values[3000] = -9.0
    places = kept_places(values, 100)
    assert len(places) <= 100
    kept = [values[place] for place in places]
    assert {INF, -INF, None, 9.0, -9.0} <= set(kept)
    means = means_between(values, places)
    for value, mean in zip(kept, means, strict=True):
        assert (mean is None) == (value is None or math.isinf(value))
        assert mean is None or math.isfinite(mean)


def test_a_recording_keeps_it(lab: Lab, perfect: str) -> None:
    spec = lab.run(perfect).spec
    uid = lab.sweeps.start(grid(spec, {"seed": ["0"]}), title="One", definition={})
    assert lab.sweeps.one(uid).runs[0].uid == perfect
    again = unpacked(recording_of(lab, uid).packed())
    [run] = again.sweep.runs
    assert run.summary[PSNR]["best"] == INF
    assert INF in again.series[perfect][PSNR].value


def test_a_lab_ranks_it_first(lab: Lab, perfect: str) -> None:
    spec = lab.run(perfect).spec
    other = with_changes(spec, lr=0.001)
    assert math.isfinite(lab.run(train_here(lab, other)).summary[PSNR]["last"])
    cells = grid(spec, {"lr": ["0.001", "0.01"]})
    sweep = lab.sweeps.one(lab.sweeps.start(cells, title="Two rates", definition={}))
    [first, second] = ranked(arms_of(sweep.cells, lab.series), PSNR)
    assert (first.name, second.name) == ("lr 0.01", "lr 0.001")
    assert spread(list(first.scores(PSNR).values()), PSNR) == "∞"
    assert spread([INF, 20.0], PSNR) == "∞"
    assert score_words([INF, 20.0], PSNR) == "infinite dB (mean of 2 seeds)"
