"""``l335 doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings


@click.command()
@data_dir_option
def doctor(data_dir: Path | None) -> None:
    """Check Python, torch, devices, threads, data, store and the browser for tests."""
    from l335.doctor import checks

    results = checks(load_settings(data_dir=data_dir))
    for check in results:
        mark = click.style("ok  ", fg="green") if check.ok else click.style("fix ", fg="red")
        click.echo(f"{mark} {check.name}: {check.detail}")
        if not check.ok:
            click.echo(f"     {check.remedy}")
    sys.exit(0 if all(check.ok for check in results) else 1)
