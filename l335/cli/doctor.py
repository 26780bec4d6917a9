"""``l335 doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings
from l335.core.settings import Settings


@click.command()
@click.option("--mend", is_flag=True, help="Make lost and damaged files of runs anew where it can.")
@click.option(
    "--backup",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --mend: a backup to take them from.",
)
@data_dir_option
def doctor(mend: bool, backup: Path | None, data_dir: Path | None) -> None:
    """Check Python, torch, devices, threads, data, store, files and the browser for tests."""
    from l335.service.doctor import checks

    settings = load_settings(data_dir=data_dir)
    if mend:
        _mend(settings, backup)
    results = checks(settings)
    for check in results:
        mark = click.style("ok  ", fg="green") if check.ok else click.style("fix ", fg="red")
        click.echo(f"{mark} {check.name}: {check.detail}")
        if not check.ok:
            click.echo(f"     {check.remedy}")
    sys.exit(0 if all(check.ok for check in results) else 1)


def _mend(settings: Settings, backup: Path | None) -> None:
    from l335.service import Lab
    from l335.service.mending import mend

    lab = Lab.open(settings)
    done = mend(lab, backup)
    lab.close()
    click.echo(
        f"Mended: {done.copied} files from the backup, {done.bundled} bundled pictures; "
        f"{done.forgotten} analyses are made again when they are asked for. "
        f"{len(done.left)} files are lost."
    )
