"""``l335 backup`` and ``l335 restore``: a data folder as one file, and back."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings

NUM_NAMED = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace FILE where it exists.")
@data_dir_option
def backup(file: Path, overwrite: bool, data_dir: Path | None) -> None:
    """Write all runs, their pictures and checkpoints to FILE, a zip; runs may train meanwhile.

    FILE appears when it is whole. Exit code 1 says that it lacks files which are missing or
    damaged in the data folder already.
    """
    from l335.store.backup import back_up

    made = back_up(load_settings(data_dir=data_dir).data_dir, file, overwrite=overwrite)
    size = file.stat().st_size / 1e6
    click.echo(f"{file}: {made.runs:,} runs, {made.files:,} files, {size:,.1f} MB.")
    if made.lacking:
        names = ", ".join(sha256[:12] for sha256 in made.lacking[:NUM_NAMED])
        click.echo(
            f"{len(made.lacking)} files that the store names are missing or damaged, and so not "
            f"in the backup: {names}. `python -m l335 doctor` says what they are.",
            err=True,
        )
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_dir_option
def restore(file: Path, data_dir: Path | None) -> None:
    """Make a data folder from a backup; the folder must be empty and not in use.

    Runs that were training when the backup was made go on from their last checkpoint.
    """
    from l335.store.restore import restore as restored

    folder = load_settings(data_dir=data_dir).data_dir
    made = restored(file, folder)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(made.made_at))
    click.echo(f"{folder}: {made.runs:,} runs and {made.files:,} files, as of {when}.")
