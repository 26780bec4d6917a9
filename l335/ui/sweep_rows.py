"""What is known of each cell of a sweep, as rows of a table: single cells, or over seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from l335.core.metrics import describe
from l335.core.tables import csv_text
from l335.results.views import CellView, RunView, SweepView
from l335.spec.fields import dotted_fields
from l335.spec.from_text import full_name
from l335.statistics.paired import deviation
from l335.ui import links

METRICS = {
    "classify": ("test/accuracy", "train/accuracy", "test/loss", "train/loss"),
    "fit-image": (
        *("test/psnr_db", "train/psnr_db", "test/ssim_valid", "train/ssim_valid"),
        *("test/ssim", "train/ssim"),  # of earlier runs
        *("original/psnr_db", "train/loss"),
    ),
}
"""Figures of a sweep's table, the first being what its runs are judged by."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """A setting that was given to cells.

    Attributes:
        key: As it was written: a dotted name or its last part; empty for the names of a ready
            lab's settings.
        title: Its name for people.
        values: Every value it takes, as text, in the order in which each comes first.
    """

    key: str
    title: str
    values: tuple[str, ...]

    @cached_property
    def numbers(self) -> list[float] | None:
        """The values as numbers; None where one is a word."""
        try:
            found = [float(value) for value in self.values]
        except ValueError:
            return None
        return found if all(map(math.isfinite, found)) else None

    def value(self, cell: CellView) -> str | None:
        """What a cell sets; None where it leaves this setting alone."""
        return cell.settings.get(self.key) if self.key else cell.name


def axes_of(sweep: SweepView) -> list[Axis]:
    """The settings of a sweep's cells; seeds, which tell runs of one setting apart, come last."""
    keys = dict.fromkeys(key for cell in sweep.cells for key in cell.settings)
    # Cells of a ready lab hold no settings but the seed; their names say what they are.
    first = [""] if not set(keys) - {"seed"} and len({c.name for c in sweep.cells}) > 1 else []
    ordered = [*first, *sorted(keys, key=lambda key: key == "seed")]
    titles = _titles(sweep, ordered)
    axes = []
    for key in ordered:
        axis = Axis(key, titles[key], ())
        values = dict.fromkeys(value for cell in sweep.cells if (value := axis.value(cell)))
        axes.append(Axis(key, titles[key], tuple(values)))
    return axes


def _titles(sweep: SweepView, keys: Sequence[str]) -> dict[str, str]:
    titles = {key: key or "Setting" for key in keys}
    missing = {key for key in keys if key}
    kinds_seen = set()
    for run in sweep.runs:
        kinds = tuple(getattr(value, "kind", None) for value in run.spec.__dict__.values())
        if kinds in kinds_seen:
            continue
        kinds_seen.add(kinds)
        known = dict(dotted_fields(run.spec))
        for key in list(missing):
            if (name := full_name(run.spec, key)) in known:
                titles[key] = str(known[name].title or key)
                missing.discard(key)
        if not missing:
            break
    return titles


def metrics_of(sweep: SweepView) -> list[str]:
    """Figures that at least one of its runs has recorded; the first always."""
    runs = sweep.runs
    keys = METRICS[runs[0].task if runs else "classify"]
    recorded = {key for run in runs for key in run.summary}
    return [key for key in keys if key == keys[0] or key in recorded]


def scale_of(metric: str) -> float:
    """Factor that turns a stored figure into the one that is shown."""
    return 100.0 if describe(metric).percent else 1.0


def last(run: RunView, metric: str) -> float | None:
    """The last figure of a run as it is shown; None without one, and of a run that failed."""
    value = None if run.state == "failed" else run.summary.get(metric, {}).get("last")
    if value is None:
        return None
    return scale_of(metric) * float(value)


def cell_rows(sweep: SweepView, axes: Sequence[Axis], metrics: Sequence[str]) -> list[Row]:
    """One row for each cell, in order; keys are those of axes and metrics, and words."""
    rows = []
    for cell in sweep.cells:
        run = cell.run
        row: Row = {"cell": cell.place + 1}
        row |= {f"axis:{axis.key}": _axis_value(axis, cell) for axis in axes}
        row["state"] = run.state if run else cell.missing
        row["step"] = run.step if run else None
        row["progress"] = _share(run) if run else None
        row |= {metric: last(run, metric) if run else None for metric in metrics}
        row["seconds"] = run.train_seconds if run and run.step else None
        row["error"] = run.error_text if run and run.state == "failed" else cell.problem
        row["run"] = run_address(run) if run else None
        rows.append(row)
    return rows


def _axis_value(axis: Axis, cell: CellView) -> float | str | None:
    value = axis.value(cell)
    return float(value) if value and axis.numbers is not None else value


def _share(run: RunView) -> float:
    return 1.0 if run.state == "completed" else min(1.0, run.step / max(1, run.total_steps))


def run_address(run: RunView) -> str:
    """Where a run is shown, also where the dashboard is served under a path."""
    return f"{links.base_path()}/runs?run={run.uid}"


def groups_of(sweep: SweepView) -> list[list[CellView]]:
    """Cells that differ in nothing but the seed, in the order in which each setting comes first."""
    groups: dict[tuple[object, ...], list[CellView]] = {}
    for cell in sweep.cells:
        settings = tuple((key, value) for key, value in cell.settings.items() if key != "seed")
        groups.setdefault((cell.name, settings), []).append(cell)
    return list(groups.values())


def setting_rows(sweep: SweepView, axes: Sequence[Axis], metrics: Sequence[str]) -> list[Row]:
    """One row for each setting: figures of its completed runs as mean and deviation over seeds."""
    rows = []
    for cells in groups_of(sweep):
        runs = [cell.run for cell in cells if cell.run is not None]
        completed = [run for run in runs if run.state == "completed"]
        failed = [run for run in runs if run.state == "failed"]
        row: Row = {
            f"axis:{axis.key}": _axis_value(axis, cells[0]) for axis in axes if axis.key != "seed"
        }
        row |= {"runs": len(cells), "completed": len(completed), "failed": len(failed)}
        for metric in metrics:
            values = [value for run in completed if (value := last(run, metric)) is not None]
            row[metric] = statistics.fmean(values) if values else None
            row[f"{metric}±"] = deviation(values)
        seconds = [run.train_seconds for run in completed]
        row["seconds"] = statistics.fmean(seconds) if seconds else None
        row["error"] = failed[0].error_text if failed else ""
        rows.append(row)
    return rows


def sweep_csv(sweep: SweepView) -> str:
    """One line for each cell: its settings, state, figures as they are stored, and its run."""
    axes, metrics = axes_of(sweep), metrics_of(sweep)
    named = [axis.key or "setting" for axis in axes]
    lines: list[list[object]] = [
        ["cell", *named, "state", "step", *metrics, "seconds", "error", "run"]
    ]
    for cell in sweep.cells:
        run = cell.run
        settings = [axis.value(cell) or "" for axis in axes]
        none = [cell.missing, "", *[""] * len(metrics), "", cell.problem, ""]
        facts = _facts(run, metrics) if run else none
        lines.append([cell.place + 1, *settings, *facts])
    return csv_text(lines)


def _facts(run: RunView, metrics: Iterable[str]) -> list[object]:
    figures = [run.summary.get(metric, {}).get("last") for metric in metrics]
    shown = ["" if value is None else value for value in figures]
    return [run.state, run.step, *shown, f"{run.train_seconds:.6g}", run.error_text, run.uid]
