"""``l335 lab``: a ready lab of the practical, trained in the background and summed up."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table as RichTable

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder, run_facts
from l335.core.errors import LabError
from l335.core.hardware import hardware
from l335.core.tables import Table
from l335.labs import LabPreset, lab_called, labs
from l335.labs.results import scores_of

if TYPE_CHECKING:
    from l335.results.views import SweepView
    from l335.service import Lab

INTERRUPTED_EXIT_CODE = 130


@click.command()
@click.argument("name", required=False)
@click.option("--quick", is_flag=True, help="Cut short, to end within three minutes on two cores.")
@click.option("--seeds", help="Runs of each setting that differ in the seed alone.")
@click.option(
    "--set", "settings_given", metavar="KEY=VALUE", multiple=True, help="Change a setting."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write settings, scores, table and findings as one JSON object.",
)
@data_dir_option
def lab(
    name: str | None,
    quick: bool,
    seeds: str | None,
    settings_given: tuple[str, ...],
    json_file: Path | None,
    data_dir: Path | None,
) -> None:
    """Run the ready lab NAME and say what came out; without NAME, list the labs.

    What was trained before with the same settings is not trained again.
    """
    if name is None:
        _list_labs()
        return
    preset = chosen(name, quick, seeds, settings_given)
    if json_file is not None:
        require_folder(json_file)
    from l335.cli.watch import wait
    from l335.service import Lab

    opened = Lab.open(load_settings(data_dir=data_dir))
    if quick:
        click.echo(f"Quick mode: {preset.quick_cuts}", err=True)
    started = time.monotonic()
    sweep = wait(opened, opened.sweeps.start_lab(preset))
    seconds = time.monotonic() - started
    facts = lab_facts(opened, preset, sweep) | {"quick": quick, "seconds": round(seconds, 1)}
    if json_file is not None:
        json_file.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    _print(preset, facts)
    finish(sweep)


def finish(sweep: SweepView) -> None:
    """End the program: with a sentence where runs failed, with 130 where they were stopped.

    Raises:
        LabError: A run has failed; the text says how many and why the first.
    """
    failed = [run for run in sweep.runs if run.state == "failed"]
    if failed:
        raise LabError(
            f"{len(failed)} of {len(sweep.runs)} runs failed. The first: {failed[0].error_text}"
        )
    if any(run.state != "completed" for run in sweep.runs):
        sys.exit(INTERRUPTED_EXIT_CODE)


def chosen(name: str, quick: bool, seeds: str | None, given: tuple[str, ...]) -> LabPreset:
    """A lab with the settings of a command line.

    Raises:
        LabError: The lab or a setting is unknown, or a value does not fit.
    """
    preset = lab_called(name)
    if quick:
        preset = preset.quick()
    changes: dict[str, object] = {} if seeds is None else {"seeds": seeds}
    for setting in given:
        key, equals, value = setting.partition("=")
        if not equals:
            raise LabError(f"`{setting}` is not a setting; write key=value, such as epochs=3.")
        changes[key.strip()] = value.strip()
    return preset.changed(changes)


def lab_facts(opened: Lab, preset: LabPreset, sweep: SweepView) -> dict[str, Any]:
    """What a lab was and what it showed, ready for JSON."""
    arms = opened.sweeps.arms(sweep)
    table = preset.table(arms)
    return {
        "lab": sweep.lab,
        "sweep": sweep.uid,
        "settings": preset.model_dump(mode="json"),
        "scores": scores_of(arms, preset.metrics),
        "table": {"head": table.head, "rows": table.rows, "caption": table.caption},
        "finding": preset.finding(arms),
        "runs": [{"name": cell.name, **run_facts(cell.run)} for cell in sweep.cells if cell.run],
        "hardware": hardware(),
    }


def _list_labs() -> None:
    table = RichTable("lab", "what it asks")
    for name, preset in labs().items():
        table.add_row(name, preset.question)
    Console().print(table)


def _print(preset: LabPreset, facts: dict[str, Any]) -> None:
    console = Console(highlight=False)
    console.print(rich_table(Table(**facts["table"])))
    console.print(facts["table"]["caption"], style="dim")
    console.print("\nWhat these results show", style="bold")
    for sentence in facts["finding"]:
        console.print(f"- {sentence}", markup=False)
    console.print(f"\n{preset.title}: {facts['seconds']:.0f} s. Sweep {facts['sweep']}.")


def rich_table(table: Table) -> RichTable:
    """A table for the terminal."""
    shown = RichTable()
    for place, title in enumerate(table.head):
        shown.add_column(title, justify="left" if place < table.num_names else "right")
    for row in table.rows:
        shown.add_row(*row)
    return shown
