"""``l335 bench``: how fast this machine trains and answers, beside a baseline and a ceiling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder

if TYPE_CHECKING:
    from l335.bench.rows import Row, Rows, Say
    from l335.core.settings import Settings


@click.command()
@click.option(
    "--suite",
    type=click.Choice(["engine", "live", "all"]),
    default="engine",
    show_default=True,
    help="What to measure: training, the dashboard, or both.",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where to train.")
@click.option(
    "--turns",
    type=click.IntRange(1, 99),
    default=5,
    show_default=True,
    help="How often each rate of training is taken.",
)
@click.option("--short", is_flag=True, help="A check that it works; its figures say little.")
@click.option("--busy", is_flag=True, help="Measure although other programs are running.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every figure, the machine and the versions as one JSON object.",
)
@data_dir_option
def bench(
    suite: str,
    device: str | None,
    turns: int,
    short: bool,
    busy: bool,
    json_file: Path | None,
    data_dir: Path | None,
) -> None:
    """Measure the speed of training and of the dashboard; print one table in Markdown.

    Each figure is taken in turns with its baseline, the loop that a notebook would have, and set
    against what the machine could do at best. Training takes some ten minutes, the dashboard half
    an hour.
    """
    settings = load_settings(data_dir=data_dir, device=device)
    if json_file is not None:
        require_folder(json_file)
    from l335.bench import live
    from l335.bench.quiet import wait_for_quiet
    from l335.core.hardware import hardware

    def say(text: str) -> None:
        click.echo(text, err=True)

    if not busy:
        wait_for_quiet(say)
    for name, words in hardware().items():
        click.echo(f"{name}: {words}")
    rows: list[Row] = []
    facts: dict[str, object] = {"hardware": hardware()}
    try:
        if suite in ("engine", "all"):
            rows += _engine_rows(settings, turns, short, say, facts)
        if suite in ("live", "all"):
            rows += live.live_rows(short, say)
    finally:  # where a part fails, the figures before it are not lost
        _write(rows, facts, json_file)


def _engine_rows(
    settings: Settings, turns: int, short: bool, say: Say, facts: dict[str, object]
) -> Rows:
    from l335.bench import engine
    from l335.bench.quiet import OtherWork
    from l335.engine.resources import local_resources

    # The dashboard's processes are not all children of this one, so only here it can be told.
    other = OtherWork()
    resources = local_resources(settings, settings.device, lambda _: engine.IMAGE.read_bytes())
    click.echo(f"Precision of products: {resources.precision}")
    yield from engine.engine_rows(resources, turns, short, say)
    facts["other_cores"] = other.cores()
    click.echo(f"Other programs kept {facts['other_cores']:.2f} cores busy meanwhile.")


def _write(rows: list[Row], facts: dict[str, object], json_file: Path | None) -> None:
    from l335.bench.table import markdown_table

    if rows:
        click.echo(f"\n{markdown_table(rows)}")
    if json_file is not None:
        facts["rows"] = [row.facts() for row in rows]
        json_file.write_text(json.dumps(facts, indent=2) + "\n")
