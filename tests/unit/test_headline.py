"""A run is judged by what it was not trained on, wherever anything was held out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from l335.cli import run_list
from l335.core.records import Row
from l335.core.settings import Settings
from l335.export.report.build import document
from l335.export.report.sources import of_runs
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec, with_changes
from l335.spec.presets import preset
from l335.store import runs
from l335.store.writer import Batch, Ending, commit
from l335.ui.compare.figures import SHOWN
from l335.ui.live_view.panels import FIT_IMAGE
from l335.ui.sweep_rows import METRICS

WHOLE = with_changes(preset("fit-image").spec, image_size=16, steps=20)
HELD_OUT = with_changes(WHOLE, held_out="grid")
TRAINED_ON, NEVER_SEEN = 41.99, 13.7


@pytest.fixture
def lab(tmp_path):
    opened = Lab.open(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def fitted(lab: Lab, spec: FitImageSpec) -> RunView:
    """A completed fit that has learnt its pixels and not those between."""
    sky = lab.images.called("sky")
    spec = with_changes(spec, **sky.settings)
    rows = [Row("train/psnr_db", 20, TRAINED_ON, 1.0)]
    if spec.held_out != "none":
        rows.append(Row("test/psnr_db", 20, NEVER_SEEN, 1.0))
    with lab.store.write() as connection:
        uid = runs.add(connection, spec, "cpu", 1)
        connection.exec_driver_sql("UPDATE run SET state = 'running', attempt = 1")
        number = runs.run_id(connection, uid)
        assert not commit(connection, [Batch(number, 1, rows, ending=Ending("completed"))]).stale
    return lab.run(uid)


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (ClassifySpec(), "test/accuracy"),
        (WHOLE, "train/psnr_db"),
        (HELD_OUT, "test/psnr_db"),
        (with_changes(WHOLE, held_out="random"), "test/psnr_db"),
    ],
)
def test_each_sort_of_run_has_its_headline(spec: ClassifySpec | FitImageSpec, key: str) -> None:
    assert spec.headline == key


def test_the_terminal_names_what_was_held_out_first(lab: Lab) -> None:
    run = fitted(lab, HELD_OUT)
    folder = ["--data-dir", str(lab.settings.data_dir)]
    listed = CliRunner().invoke(run_list.runs, folder).output
    assert "13.70 dB held out" in listed
    assert "41.99" not in listed
    shown = CliRunner().invoke(run_list.show, [run.uid, *folder]).output
    assert shown.index("Held-out PSNR: 13.70 dB") < shown.index("PSNR: 41.99 dB")
    facts = json.loads(CliRunner().invoke(run_list.show, [run.uid, "--json", *folder]).output)
    assert list(facts["best"]) == ["test/psnr_db", "train/psnr_db"]


def test_a_fit_of_every_pixel_is_listed_by_those(lab: Lab) -> None:
    fitted(lab, WHOLE)
    folder = ["--data-dir", str(lab.settings.data_dir)]
    assert "41.99 dB  " in CliRunner().invoke(run_list.runs, folder).output.replace("held out", "")


def test_a_report_ranks_and_draws_what_was_held_out_first(lab: Lab) -> None:
    made = [fitted(lab, HELD_OUT), fitted(lab, with_changes(HELD_OUT, lr=0.01))]
    [source] = of_runs(lab, made)
    assert source.headline == "test/psnr_db"
    head = source.table().head
    assert head.index("Held-out PSNR, dB") < head.index("PSNR, dB")
    sections = {each.title: each for each in document(lab, [source]).sections}
    titles = [chart.title for chart in sections["PSNR against steps"].blocks]
    assert titles[:2] == ["PSNR of the held-out pixels", "PSNR of the pixels trained on"]


@pytest.mark.parametrize(
    "keys", [METRICS["fit-image"], SHOWN["fit-image"], [f.key for f in FIT_IMAGE.figures]]
)
def test_tables_of_sweeps_and_comparisons_and_the_live_view_begin_with_it(
    keys: tuple[str, ...],
) -> None:
    assert keys[0] == "test/psnr_db"
    assert keys.index("test/psnr_db") < keys.index("train/psnr_db")


def test_a_sweeps_chart_takes_the_best_by_what_was_held_out(lab: Lab) -> None:
    from l335.ui.sweep_view import chart_runs

    run = fitted(lab, HELD_OUT)
    many = [
        replace(
            run,
            uid=f"{place:032x}",
            created_at=datetime.now(UTC),
            summary={
                "train/psnr_db": {"last": 50.0 - place, "best": 50.0 - place},
                "test/psnr_db": {"last": float(place), "best": float(place)},
            },
        )
        for place in range(100)
    ]
    assert chart_runs(many)[0].uid == many[-1].uid
