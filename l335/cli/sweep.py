"""``l335 sweep``: a grid or a list of settings over a preset, trained in the background."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
from rich.console import Console

from l335.cli.lab import finish, rich_table
from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder, run_facts
from l335.core.errors import LabError
from l335.labs.results import scores_table
from l335.spec import FitImageSpec, Spec
from l335.spec.from_text import with_settings
from l335.spec.presets import preset as find_preset
from l335.spec.sweep_definition import SweepDefinition
from l335.spec.sweeps import Cell, axis, grid, listed

KEYS = {
    "classify": ("test/accuracy", "train/accuracy"),
    "fit-image": ("test/psnr_db", "train/psnr_db"),
}


@click.command()
@click.argument("preset")
@click.option(
    "--grid",
    "axes_given",
    metavar="KEY=VALUE,VALUE",
    multiple=True,
    help="An axis; several make every combination. 0..4 counts; [8,16] is one value.",
)
@click.option(
    "--cell",
    "cells_given",
    metavar="'KEY=VALUE KEY=VALUE'",
    multiple=True,
    help="One run of a list, in place of a grid.",
)
@click.option(
    "--set", "settings_given", metavar="KEY=VALUE", multiple=True, help="The same for all runs."
)
@click.option(
    "--image",
    metavar="FILE",
    help="Image to fit, or the name or address of one that is stored "
    "[default: the bundled mountains].",
)
@click.option("--title", default="", help="Name of the sweep [default: its axes].")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every run as one JSON object.",
)
@data_dir_option
def sweep(
    preset: str,
    axes_given: tuple[str, ...],
    cells_given: tuple[str, ...],
    settings_given: tuple[str, ...],
    image: str | None,
    title: str,
    json_file: Path | None,
    data_dir: Path | None,
) -> None:
    """Train PRESET at every combination of --grid, or once for each --cell.

    For example: sweep classify-basic --grid lr=0.1,0.001 --grid batch_size=4,64 --grid seed=0..2
    """
    if json_file is not None:
        require_folder(json_file)
    start = find_preset(preset).spec
    if image is not None and not isinstance(start, FitImageSpec):
        raise LabError(f"`--image` goes with fit-image; {preset} trains on Fashion-MNIST.")
    from l335.cli.train import with_image
    from l335.cli.watch import wait
    from l335.service import Lab

    opened = Lab.open(load_settings(data_dir=data_dir))
    start = with_settings(with_image(opened, start, image), list(settings_given))
    cells = _cells(start, axes_given, cells_given)
    definition = SweepDefinition(
        preset=preset,
        image=start.image if isinstance(start, FitImageSpec) else "",
        changes=settings_given,
        axes=axes_given,
        rows=cells_given,
        title=title,
    )
    name = title or " × ".join(axes_given) or f"{len(cells)} settings"
    found = wait(opened, opened.sweeps.start(cells, title=name, definition=definition.query()))
    if json_file is not None:
        facts = [
            {"name": cell.name, "settings": cell.settings, **run_facts(cell.run)}
            for cell in found.cells
            if cell.run
        ]
        json_file.write_text(json.dumps({"sweep": found.uid, "cells": facts}, indent=2) + "\n")
    Console(highlight=False).print(
        rich_table(scores_table(opened.sweeps.arms(found), KEYS[start.task]))
    )
    click.echo(f"Sweep {found.uid}.")
    finish(found)


def _cells(start: Spec, axes: tuple[str, ...], rows: tuple[str, ...]) -> list[Cell]:
    if bool(axes) == bool(rows):
        raise LabError("Give one --grid or more, or one --cell or more; not both, not neither.")
    if rows:
        return listed(start, [_row(text) for text in rows])
    found: dict[str, list[str]] = {}
    for text in axes:
        key, values = axis(text)
        found.setdefault(key, []).extend(
            value for value in values if value not in found.get(key, ())
        )
    return grid(start, found)


def _row(text: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in shlex.split(text)]
    if not pairs or not all(key and equals for key, equals, _ in pairs):
        raise LabError(f"`{text}` is no cell; write settings with blanks between: 'lr=0.1 seed=1'.")
    return {key: value for key, _, value in pairs}
