"""``l335 runs`` and ``l335 show``: what was trained and how it came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from l335.cli.options import data_dir_option, load_settings
from l335.core.errors import LabError
from l335.core.metrics import METRICS, spelt, unspelt
from l335.core.moments import iso, with_zone

if TYPE_CHECKING:
    from l335.results.verdict import Verdict
    from l335.results.views import RunView, UnreadableRun

SHORT_UID = 8
STATE_NAMES = {"cancelled": "stopped"}


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@data_dir_option
def runs(limit: int, data_dir: Path | None) -> None:
    """List runs, newest first."""
    from l335.results.views import RunView
    from l335.service import Lab

    lab = Lab.open(load_settings(data_dir=data_dir))
    found = lab.listing(limit)
    if not found:
        click.echo("No runs yet. Start one: python -m l335 train classify-basic --set epochs=1")
        return
    # One line for each run however narrow the terminal, so that it can be searched and cut.
    rows = [("run", "submitted", "state", "step", "best"), *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = [view.title if isinstance(view, RunView) else view.reason for view in found]
    for row, settings in zip(rows, ["settings", *last], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join([*cells, settings.replace("\n", " ")]))


def _cells(view: RunView | UnreadableRun) -> tuple[str, ...]:
    from l335.results.views import RunView

    if not isinstance(view, RunView):
        return view.uid[:SHORT_UID], with_zone(view.created_at), "unreadable", "", ""
    state = STATE_NAMES.get(view.state, view.state)
    steps = f"{view.step:,} / {view.total_steps:,}"
    return view.uid[:SHORT_UID], with_zone(view.created_at), state, steps, _headline(view)


def _headline(view: RunView) -> str:
    key = view.headline
    entry = view.summary.get(key)
    if not entry or entry["best"] is None:
        return ""
    return f"{METRICS[key].show(entry['best'])}{view.of_what}"


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@data_dir_option
def show(run: str, as_json: bool, data_dir: Path | None) -> None:
    """Show one run: its settings, where it stands, and its figures.

    RUN is the run's name as `runs` shows it, or enough of its beginning.
    """
    from l335.service import Lab
    from l335.service.verdicts import verdict_on

    lab = Lab.open(load_settings(data_dir=data_dir))
    view = lab.run_called(run)
    facts = run_facts(view)
    verdict = verdict_on(lab, view) if view.step else None
    if as_json:
        facts["verdict"] = verdict.as_dict() if verdict else None
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{view.uid}  {STATE_NAMES.get(view.state, view.state)}")
    click.echo(f"{view.title}: step {view.step:,} of {view.total_steps:,}")
    click.echo(_times(view))
    if view.error_text:
        click.echo(view.error_text)
    for key, best in facts["best"].items():
        metric = METRICS[key]
        value = unspelt(best["value"])
        if value is not None:
            click.echo(f"  {metric.title}: {metric.show(value)} at step {best['step']:,}")
    if verdict:
        _say(verdict)
    click.echo(json.dumps(facts["spec"], indent=2))


def _say(verdict: Verdict) -> None:
    click.echo(" ".join(filter(None, [verdict.headline, verdict.explanation])))
    for remedy in verdict.remedies:
        changes = " ".join(f"--set {setting}" for setting in remedy.settings)
        click.echo(f"  To try: {remedy.text} ({changes})")


def _times(view: RunView) -> str:
    words = [f"Submitted {with_zone(view.created_at)}"]
    if view.started_at:
        words.append(f"started {with_zone(view.started_at)}")
    if view.finished_at:
        words.append(f"ended {with_zone(view.finished_at)}")
    return ", ".join(words)


def _in_order(view: RunView) -> list[tuple[str, dict[str, Any]]]:
    """The figures of a run, what it is judged by first."""
    return sorted(view.summary.items(), key=lambda one: one[0] != view.headline)


def run_facts(view: RunView) -> dict[str, Any]:
    """What is known of a run, ready for JSON."""
    seconds = 0.0
    if view.started_at and view.finished_at:
        seconds = (view.finished_at - view.started_at).total_seconds()
    return {
        "run": view.uid,
        "state": view.state,
        "spec": view.spec.model_dump(),
        "num_parameters": view.num_parameters,
        "metrics": {
            key: "nan" if entry["last"] is None else spelt(entry["last"])
            for key, entry in view.summary.items()
        },
        "best": {
            key: {"value": spelt(entry["best"]), "step": entry["best_step"]}
            for key, entry in _in_order(view)
            if key in METRICS  # statistics of single layers have no best
        },
        "submitted": iso(view.created_at),
        "started": iso(view.started_at),
        "ended": iso(view.finished_at),
        "seconds": round(seconds, 3),
        "train_seconds": round(view.train_seconds, 3),
        "steps_per_second": round(view.step / view.train_seconds, 2)
        if view.train_seconds
        else None,
        "step": view.step,
        "device": view.device,
        "threads": view.threads,
        "error": view.error_text,
    }


def require_folder(path: Path) -> None:
    """Refuse a file whose folder does not exist, before any work is done.

    Raises:
        LabError: The folder is missing.
    """
    if not path.parent.is_dir():
        raise LabError(f"The folder {path.parent} does not exist. Make it first.")
