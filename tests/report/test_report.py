"""Reports on real runs: every deliverable, and files that open in what people use."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pandas
import pytest
from PIL import Image
from safetensors.numpy import load_file

from l335.core.errors import LabError, NotFound
from l335.core.metrics import BASELINE_DASH, GUESSING
from l335.export.report.build import document, section_titles
from l335.export.report.document import Chart, Missing, Pictures, TableBlock
from l335.export.report.drawing import drawn
from l335.export.report.interactive import figure_json
from l335.export.report.looks import Looks, lacking, request
from l335.export.report.sources import newest_sweep, of_runs, of_sweep, with_folders
from l335.export.report.writing import write_file
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import spec_from_dict
from l335.spec.from_text import with_settings
from l335.spec.sweeps import Cell
from l335.store import runs
from l335.ui.live_view.panels import CLASSIFY
from tests.dashboard import BASIC, Trained
from tests.installation import eventually


def write(lab: Lab, runs: list[RunView], path: Path, text: str = "") -> None:
    """A report file, as the command line writes it."""
    sources = with_folders(of_runs(lab, runs))
    write_file(lab, sources, document(lab, sources, text=text), path)


def made(trained: Trained, *uids: str, **more: object):
    lab = trained.lab
    sources = with_folders(of_runs(lab, [lab.run(uid) for uid in uids]))
    return document(lab, sources, **more)


def section(report, title: str):
    [found] = [each for each in report.sections if each.title == title]
    return found


def words(report, title: str) -> str:
    return repr(section(report, title).blocks)


@pytest.fixture(scope="module")
def looked_at(trained: Trained) -> Trained:
    """The lab once the looks of a report on all its runs are made."""
    lab = trained.lab
    sources = of_runs(lab, [lab.run(uid) for uid in (trained.basic, trained.cnn, trained.fit)])
    asked = request(lab, lacking(lab, sources))
    assert len(asked) == 2, "the maps of the CNN, the enlarged picture of the fit"
    eventually(
        lambda: all(lab.analyses.one(uid).state == "done" for uid in asked), 120, "the looks"
    )
    assert lacking(lab, sources) == []
    return trained


def test_a_classification_has_every_deliverable_in_order(looked_at: Trained) -> None:
    report = made(looked_at, looked_at.basic, looked_at.cnn)
    assert [each.title for each in report.sections] == [
        "Hyperparameters",
        "Parameters",
        "Accuracy against epochs",
        "Results by setting",
        "Training time",
        "Under-, well- or over-fitted",
        "Why it came out so",
        "Feature maps",
        "Comparison",
        "How figures are measured",
        "Hardware, versions, seeds, dates",
        "How to repeat it",
    ]
    basic = looked_at.lab.run(looked_at.basic)
    assert "784 × 512 + 512" in words(report, "Parameters")
    assert "401,920 + 262,656 + 5,130" in words(report, "Parameters")
    assert "'Optimiser: Momentum', '0.9'" in words(report, "Hyperparameters")
    charts = [b for b in section(report, "Accuracy against epochs").blocks if isinstance(b, Chart)]
    assert [chart.y_title for chart in charts] == ["Accuracy, %", "Cross-entropy"]
    assert len(charts[0].curves) == 4, "train and test of both nets"
    last = charts[0].curves[0].y[-1]
    assert last == pytest.approx(100 * basic.summary["test/accuracy"]["last"], abs=1e-3)
    [maps] = [b for b in section(report, "Feature maps").blocks if isinstance(b, Pictures)]
    assert [picture.name.partition(":")[0] for picture in maps.pictures[1:]] == [
        "conv1",
        "conv2",
        "conv3",
    ]
    assert "labelled Ankle boot" in maps.caption
    assert "has no convolution, hence no feature maps" in words(report, "Feature maps")
    measured = words(report, "How figures are measured")
    assert "Test accuracy: Share of right answers over all 10,000 test images" in measured
    assert "PSNR" not in measured
    assert "torch" in words(report, "Hardware, versions, seeds, dates")
    assert "python -m l335 train classify-basic" in words(report, "How to repeat it")


def test_no_figure_of_a_report_holds_the_text_of_a_formula(looked_at: Trained) -> None:
    report = made(looked_at, looked_at.basic, looked_at.cnn, looked_at.fit)
    charts = [figure for _, figure in report.figures() if isinstance(figure, Chart)]
    assert any(chart.y_log for chart in charts)
    for chart in charts:
        shown = re.findall(r"<text[^>]*>([^<]*)</text>", drawn(chart, "svg").decode())
        assert not [text for text in shown if "$" in text or "\\" in text], chart.title


def test_curves_and_lines_are_drawn_as_on_the_pages(looked_at: Trained) -> None:
    report = made(looked_at, looked_at.basic)
    charts = [b for b in section(report, "Accuracy against epochs").blocks if isinstance(b, Chart)]
    for chart, panel, key in zip(charts, CLASSIFY.panels, GUESSING, strict=True):
        on_page = {trace.name.lower(): trace.dash for trace in panel.traces}
        in_report = {curve.name.rpartition(", ")[2]: curve.dash for curve in chart.curves}
        assert in_report == {"test": "solid", "train": "dash"}
        assert on_page == {**in_report, "validation": "dashdot"}
        [line], [baseline] = chart.lines, panel.baselines
        assert line.name == baseline.name == GUESSING[key][0]
        scale = 100 if key == "accuracy" else 1
        assert line.y == pytest.approx(scale * baseline.value)
        drawn_as = json.loads(figure_json(chart))["data"]
        [level] = [trace for trace in drawn_as if trace.get("name") == line.name]
        assert level["line"]["dash"] == BASELINE_DASH


def test_an_image_fit_has_every_deliverable_in_order(looked_at: Trained) -> None:
    report = made(looked_at, looked_at.fit, text="I saw a sky.", author="Ada", title="My sky")
    assert [each.title for each in report.sections] == [
        "In own words",
        "Settings",
        "Parameters",
        "Reconstructions",
        "PSNR against steps",
        "Results by setting",
        "Enlarged, beside filters",
        "Comparison",
        "How figures are measured",
        "Hardware, versions, seeds, dates",
        "How to repeat it",
    ]
    assert report.byline.startswith("Ada, ")
    run = looked_at.lab.run(looked_at.fit)
    shown = f"{run.summary['train/psnr_db']['last']:.2f} dB"
    fits = [b for b in section(report, "Reconstructions").blocks if isinstance(b, Pictures)]
    assert [len(group.pictures) for group in fits] == [1, 1]
    assert shown in fits[1].pictures[0].name
    chart = section(report, "PSNR against steps").blocks[0]
    assert isinstance(chart, Chart)
    mean = run.summary["train/mean_colour_psnr_db"]["last"]
    assert [line.y for line in chart.lines] == [mean]
    assert f"mean colour: {mean:.2f} dB" in chart.lines[0].name
    enlarged = section(report, "Enlarged, beside filters").blocks
    [pictures] = [block for block in enlarged if isinstance(block, Pictures)]
    assert [p.name for p in pictures.pictures[:4]] == ["Nearest", "Bicubic", "Lanczos", "Network"]
    assert any(isinstance(block, TableBlock) for block in enlarged)
    assert "no original to score against" in repr(enlarged[-1])


def test_empty_sections_say_what_is_missing(trained: Trained) -> None:
    lab = trained.lab
    with lab.store.write() as connection:  # at one moment, so that no runner has begun with it
        uid = runs.add(connection, BASIC.model_copy(update={"seed": 99, "epochs": 50}), "cpu", 1)
        runs.wish(connection, uid, "cancel")
    source = with_folders(of_runs(lab, [lab.run(uid)]))
    report = document(lab, source)
    missing = {each.title for each in report.sections if each.is_missing}
    assert {"Results by setting", "Feature maps"} <= missing
    assert "No run has been completed yet." in words(report, "Results by setting")
    unlooked = document(lab, with_folders(of_runs(lab, [lab.run(trained.cnn)])), looks=Nothing(lab))
    [said] = section(unlooked, "Feature maps").blocks
    assert isinstance(said, Missing)
    assert "press “Add feature maps”" in said.words


class Nothing(Looks):
    """A lab where nobody has looked at anything."""

    def of(self, run, kind):
        return None


def test_sections_can_be_left_out(trained: Trained) -> None:
    lab = trained.lab
    sources = with_folders(of_runs(lab, [lab.run(trained.fit)]))
    titles = section_titles(sources)
    kept = document(lab, sources, left_out=titles[1:]).sections
    assert [each.title for each in kept] == titles[:1]


def test_both_halves_are_parts_of_one_report(trained: Trained) -> None:
    report = made(trained, trained.basic, trained.fit)
    parts = [each.title for each in report.sections if each.level == 1]
    assert len(parts) == 3
    assert parts[-1] == "Appendix"


def test_a_sweep_is_reported_by_setting_with_deviation_and_intervals(trained: Trained) -> None:
    lab = trained.lab
    cells = [
        Cell(f"lr {lr}", with_settings(BASIC, [f"lr={lr}", f"seed={seed}", "train_size=200"]))
        for seed in (0, 1)
        for lr in ("0.01", "0.001")
    ]
    uid = lab.sweeps.start(cells, title="Two rates", definition={})
    eventually(lambda: lab.sweeps.one(uid).is_over, 180, "the sweep to end")
    assert lab.sweeps.called(uid[:8]).uid == uid
    sources = with_folders([of_sweep(lab, lab.sweeps.one(uid))])
    report = document(lab, sources)
    assert report.title == "Two rates"
    [table] = section(report, "Results by setting").blocks
    assert [row[0] for row in table.table.rows] == ["lr 0.01", "lr 0.001"]
    assert all(row[2] == "2" and "±" in row[4] for row in table.table.rows)
    chart = section(report, "Accuracy against epochs").blocks[0]
    assert all(len(curve.low) == len(curve.x) for curve in chart.curves), "bands over seeds"
    assert "95 % interval" in words(report, "Comparison") or "level" in words(report, "Comparison")
    assert "('Setting', 'Learning rate')" in words(report, "Hyperparameters")


def test_what_is_not_there_is_said_in_words(trained: Trained) -> None:
    with pytest.raises(LabError, match="Choose a run, a sweep or a lab"):
        of_runs(trained.lab, [])
    with pytest.raises(NotFound, match="There is no sweep `abc`"):
        trained.lab.sweeps.called("abc")
    with pytest.raises(NotFound, match="“Batch sizes” was not started yet"):
        newest_sweep(trained.lab, "batch-sizes")
    with pytest.raises(LabError, match="ends with no kind of report"):
        write(trained.lab, [trained.lab.run(trained.fit)], Path("report.docx"))


def test_the_zip_opens_in_what_people_use(looked_at: Trained, tmp_path: Path) -> None:
    lab = looked_at.lab
    target = tmp_path / "report.zip"
    runs = [lab.run(uid) for uid in (looked_at.basic, looked_at.cnn, looked_at.fit)]
    write(lab, runs, target, text="*Mine.*")
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert all(re.fullmatch(r"[\w./-]+", name) and ".." not in name for name in names)
        archive.extractall(tmp_path)
    points = pandas.read_csv(tmp_path / "data/metrics.csv")
    assert list(points.columns) == [
        "run", "setting", "seed", "metric", "step", "epoch", "value", "seconds"
    ]  # fmt: skip
    assert points.dtypes[["seed", "step"]].tolist() == ["int64", "int64"]
    assert points.dtypes[["epoch", "value", "seconds"]].tolist() == ["float64"] * 3
    chosen = points[(points.run == "run-01") & (points.metric == "test/accuracy")]
    assert chosen.value.iloc[-1] == runs[0].summary["test/accuracy"]["last"]
    scores = pandas.read_csv(tmp_path / "data/scores.csv").set_index(["run", "metric"])
    assert (
        scores.loc[("run-03", "train/psnr_db"), "best"]
        == (runs[2].summary["train/psnr_db"]["best"])
    )
    listed = pandas.read_csv(tmp_path / "data/runs.csv")
    assert listed.uid.tolist() == [run.uid for run in runs]
    for run, name in zip(runs, listed.run, strict=True):
        folder = tmp_path / "runs" / name
        assert spec_from_dict(json.loads((folder / "spec.json").read_text())) == run.spec
        weights = load_file(folder / "weights.safetensors")
        assert {str(value.dtype) for value in weights.values()} == {"float32"}
        assert sum(v.size for k, v in weights.items() if "encoding" not in k) == run.num_parameters
    script = tmp_path / "runs" / listed.run.iloc[2]
    compile((script / "script.py").read_text(), "script.py", "exec")
    with Image.open(script / "sky.png") as image:
        image.load()
    for file in (tmp_path / "figures").glob("*.*g"):
        if file.suffix != ".svg":
            with Image.open(file) as image:
                image.load()
    assert (tmp_path / "report.md").read_text().count("![") == len(
        [file for file in (tmp_path / "figures").iterdir() if file.suffix != ".svg"]
    )


def test_the_page_of_a_run_is_small_and_a_failed_write_leaves_the_old_file(
    looked_at: Trained, tmp_path: Path
) -> None:
    lab = looked_at.lab
    runs = [lab.run(uid) for uid in (looked_at.basic, looked_at.cnn, looked_at.fit)]
    target = tmp_path / "report.html"
    write(lab, runs, target)
    assert 4e6 < target.stat().st_size < 15e6
    before = target.read_bytes()
    with pytest.raises(LabError, match="at most"):
        write(lab, runs, target, text="a" * 60_000)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_markdown_has_its_figures_beside_it(looked_at: Trained, tmp_path: Path) -> None:
    target = tmp_path / "my report.md"
    for _ in range(2):
        write(looked_at.lab, [looked_at.lab.run(looked_at.fit)], target)
        text = target.read_text()
        named = re.findall(r"\]\((my%20report_figures/[^)]+)\)", text)
        assert len(named) > 8
        found = {file.name for file in (tmp_path / "my report_figures").iterdir()}
        assert found == {name.partition("/")[2] for name in named}
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "my report.md",
        "my report_figures",
    ]
