"""A report with everything behind it as one zip: page, figures, data, specifications, weights."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from l335.core.errors import LabError
from l335.core.moments import iso
from l335.core.tables import cell_text
from l335.data.images import SUFFIXES
from l335.export.report import html, markdown
from l335.export.report.document import Document
from l335.export.report.settings import seeds_of
from l335.export.report.sources import Source
from l335.export.scripts import script_of
from l335.export.standalone import picture_name
from l335.export.standalone.weights import exported_weights
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec

FIGURES = "figures"
METRICS_HEAD = ["run", "setting", "seed", "metric", "step", "epoch", "value", "seconds"]
SCORES_HEAD = ["run", "setting", "seed", "metric", "last", "last_step", "best", "best_step"]
RUNS_HEAD = [
    "run",
    "uid",
    "setting",
    "seed",
    "num_seeds",
    "state",
    "steps",
    "parameters",
    "device",
    "threads",
    "precision",
    "started",
    "train_seconds",
]
README = """\
Made by L335 Lab.

report.html       the report; opens in a browser without a network, prints to A4
report.md         the same as Markdown, with its pictures in figures/
figures/          every figure: charts as PNG and SVG, pictures as they are
data/metrics.csv  every recorded point: run, setting, seed, metric, step, epoch, value, seconds
data/scores.csv   the last and the best value of each metric of each run
data/runs.csv     the runs with device, threads, date and training time
runs/RUN/         of each run spec.json (settings), weights.safetensors (float32, named
                  model.PARAMETER), and script.py, which trains the same in plain
                  PyTorch; `python script.py --load weights.safetensors` judges the weights instead;
                  of an image run pictures/ with what it was fitted to, its last reconstruction and
                  the error, pixel by pixel as PNG once it was finished

    import pandas; pandas.read_csv("data/metrics.csv")
    import safetensors.torch; safetensors.torch.load_file("runs/run-01/weights.safetensors")
"""


def write_archive(file: IO[bytes], lab: Lab, sources: Sequence[Source], document: Document) -> None:
    """Write the zip; the weights of one run at a time are held in memory.

    Args:
        file: Opened for writing.
        lab: The lab.
        sources: What the report is about, with folders for their runs.
        document: The report.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("report.html", html.page(document))
        write_markdown(archive, document, "report.md", ("png", "svg"))
        _write_csv(archive, "data/metrics.csv", METRICS_HEAD, _metric_rows(sources))
        _write_csv(archive, "data/scores.csv", SCORES_HEAD, _score_rows(sources))
        _write_csv(archive, "data/runs.csv", RUNS_HEAD, _run_rows(sources))
        for source in sources:
            for run in source.runs:
                _write_run(archive, lab, f"runs/{source.folders[run.uid]}", run)


def write_markdown(
    archive: zipfile.ZipFile,
    document: Document,
    name: str,
    formats: tuple[Any, ...] = ("png",),
) -> None:
    """Write the report as Markdown with its figures into a zip."""
    archive.writestr(name, markdown.text(document, FIGURES))
    for figure in markdown.figure_files(document, formats):
        archive.writestr(f"{FIGURES}/{figure.name}", figure.data)


def _write_csv(
    archive: zipfile.ZipFile, name: str, head: list[str], rows: Iterable[list[Any]]
) -> None:
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as member, io.TextIOWrapper(member, "utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _metric_rows(sources: Sequence[Source]) -> Iterator[list[Any]]:
    for source, name, run in _each_run(sources):
        series = source.read(run.uid)
        for key, points in sorted(series.items()):
            start = [source.folders[run.uid], name, run.seed, key]
            for step, value, wall in zip(points.step, points.value, points.wall, strict=True):
                epoch = f"{run.spec.epochs_at(step):.6g}"
                yield [*start, step, epoch, _number(value), f"{wall:.6f}"]


def _score_rows(sources: Sequence[Source]) -> Iterator[list[Any]]:
    for source, name, run in _each_run(sources):
        for key, entry in sorted(run.summary.items()):
            figures = [
                _number(entry.get("last")),
                entry.get("last_step", ""),
                _number(entry.get("best")),
                entry.get("best_step", ""),
            ]
            yield [source.folders[run.uid], name, run.seed, key, *figures]


def _run_rows(sources: Sequence[Source]) -> Iterator[list[Any]]:
    for source, name, run in _each_run(sources):
        yield [
            source.folders[run.uid],
            run.uid,
            name,
            run.seed,
            len(seeds_of(run)),
            run.state,
            run.step,
            run.num_parameters,
            run.device,
            run.threads,
            run.precision,
            iso(run.created_at),
            f"{run.train_seconds:.3f}",
        ]


def _each_run(sources: Sequence[Source]) -> Iterator[tuple[Source, str, RunView]]:
    for source in sources:
        for arm in source.arms:
            for run in arm.runs:
                yield source, cell_text(arm.name), run


def _number(value: float | None) -> str:
    return "nan" if value is None else repr(value)


def _write_run(archive: zipfile.ZipFile, lab: Lab, folder: str, run: RunView) -> None:
    spec = json.dumps(run.spec.model_dump(mode="json"), indent=2)
    archive.writestr(f"{folder}/spec.json", f"{spec}\n")
    try:
        text = script_of(run)
    except LabError as error:
        archive.writestr(f"{folder}/script-missing.txt", f"{error}\n")
    else:
        archive.writestr(f"{folder}/script.py", text)
        if isinstance(run.spec, FitImageSpec):
            # The script looks for its image beside it.
            archive.writestr(f"{folder}/{picture_name(run.spec)}", lab.blob(run.spec.image))
    for name, picture in lab.previews(run.uid).items():
        file_name = f"{folder}/pictures/{name}{SUFFIXES[picture.media_type]}"
        # Pictures do not get smaller by compression.
        entry = zipfile.ZipInfo(file_name, time.localtime()[:6])
        archive.writestr(entry, lab.blob(picture.sha256), zipfile.ZIP_STORED)
    try:
        checkpoint = lab.checkpoint(run.uid)
    except LabError as error:
        archive.writestr(f"{folder}/weights-missing.txt", f"{error}\n")
        return
    # Weights do not get smaller by compression.
    weights = zipfile.ZipInfo(f"{folder}/weights.safetensors", time.localtime()[:6])
    archive.writestr(weights, exported_weights(checkpoint), zipfile.ZIP_STORED)
