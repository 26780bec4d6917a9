"""``l335 prune``: what of the data folder nobody needs, and how to free it."""

from __future__ import annotations

from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings
from l335.core.wording import count

MEGABYTE = 1e6


@click.command()
@click.option("--yes", is_flag=True, help="Free it; without this it is only shown.")
@data_dir_option
def prune(yes: bool, data_dir: Path | None) -> None:
    """Show what was deleted and what nothing names; with --yes, free it.

    Runs and sweeps deleted more than an hour ago go for good, with their files; so do files no
    run, picture or analysis names, and what killed processes have left half written. A deleted
    run that belongs to a listed sweep stays. Runs may train meanwhile.
    """
    from l335.service import Lab
    from l335.service.prune import dispensable, free

    settings = load_settings(data_dir=data_dir)
    lab = Lab.open(settings)
    found = dispensable(settings, lab.store, lab.blobs)
    if found.is_empty():
        click.echo(f"There is nothing to free in {settings.data_dir}.")
        return
    click.echo(
        f"{count(len(found.runs), 'deleted run')} with {count(found.num_rows, 'point')}, "
        f"{count(len(found.sweeps), 'deleted sweep')}"
    )
    click.echo(f"{count(len(found.files), 'file')} that nothing names: {_size(found.files)}")
    click.echo(f"{count(len(found.leftovers), 'leftover')}: {_size(found.leftovers)}")
    if not yes:
        click.echo("Nothing was freed. To free it: python -m l335 prune --yes")
        return
    num_bytes = free(settings, lab.store, lab.blobs, found)
    click.echo(
        f"Freed {num_bytes / MEGABYTE:,.1f} MB. The store's own file stays as long as it is; new "
        "runs fill what is free in it."
    )


def _size(files: dict[str, int] | dict[Path, int]) -> str:
    return f"{sum(files.values()) / MEGABYTE:,.1f} MB"
