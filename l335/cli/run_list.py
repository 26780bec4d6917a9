"""``l335 runs`` and ``l335 show``: what was trained and how it came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from l335.cli.options import data_dir_option, load_settings
from l335.errors import LabError, NotFound
from l335.metrics import HEADLINE, METRICS, spelt, unspelt

if TYPE_CHECKING:
    from l335.lab import Lab
    from l335.views import RunView

SHORT_UID = 8
STATE_NAMES = {"cancelled": "stopped"}


def find_run(lab: Lab, name: str) -> RunView:
    """The run of this name, or the only one whose name begins so.

    Raises:
        NotFound: No run or more than one fits.
    """
    known = [view for view in lab.runs(limit=lab.count_runs() or 1) if view.uid.startswith(name)]
    if len(known) == 1:
        return known[0]
    if known:
        raise NotFound(f"`{name}` begins the names of {len(known)} runs; give more of it.")
    raise NotFound(f"There is no run `{name}`. `python -m l335 runs` lists all runs.")


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@data_dir_option
def runs(limit: int, data_dir: Path | None) -> None:
    """List runs, newest first."""
    from l335.lab import Lab
    from l335.views import UnreadableRun

    lab = Lab.open(load_settings(data_dir=data_dir))
    found = lab.listing(limit)
    if not found:
        click.echo("No runs yet. Start one: python -m l335 train classify-basic --set epochs=1")
        return
    table = Table("run", "state", "step", "settings", "best")
    for view in found:
        if isinstance(view, UnreadableRun):
            table.add_row(view.uid[:SHORT_UID], "unreadable", "", escape(view.reason), "")
            continue
        state = STATE_NAMES.get(view.state, view.state)
        steps = f"{view.step:,} / {view.total_steps:,}"
        table.add_row(view.uid[:SHORT_UID], state, steps, view.title, _headline(view))
    Console().print(table)


def _headline(view: RunView) -> str:
    key = HEADLINE[view.task]
    entry = view.summary.get(key)
    return METRICS[key].show(entry["best"]) if entry and entry["best"] is not None else ""


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@data_dir_option
def show(run: str, as_json: bool, data_dir: Path | None) -> None:
    """Show one run: its settings, where it stands, and its figures."""
    from l335.lab import Lab

    view = find_run(Lab.open(load_settings(data_dir=data_dir)), run)
    facts = run_facts(view)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{view.uid}  {STATE_NAMES.get(view.state, view.state)}")
    click.echo(f"{view.title}: step {view.step:,} of {view.total_steps:,}")
    if view.error_text:
        click.echo(view.error_text)
    for key, best in facts["best"].items():
        metric = METRICS[key]
        value = unspelt(best["value"])
        if value is not None:
            click.echo(f"  {metric.title}: {metric.show(value)} at step {best['step']:,}")
    click.echo(json.dumps(facts["spec"], indent=2))


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
            for key, entry in view.summary.items()
            if key in METRICS  # statistics of single layers have no best
        },
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
