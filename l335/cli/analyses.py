"""``l335 analyses``: what is worked on or waits, and how to cancel it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from l335.cli.options import data_dir_option, load_settings
from l335.core.moments import with_zone

if TYPE_CHECKING:
    from l335.results.views import JobView

SHORT_UID = 8


@click.command()
@click.option("--cancel", multiple=True, metavar="NAME", help="Cancel this one; more than once.")
@click.option("--cancel-all", is_flag=True, help="Cancel every one.")
@data_dir_option
def analyses(cancel: tuple[str, ...], cancel_all: bool, data_dir: Path | None) -> None:
    """List analyses of runs that are worked on or wait, in the order of their turns.

    Small ones never wait for large ones. NAME is an analysis' name in the list, or enough of its
    beginning. A cancelled one can be asked for again where it came from.
    """
    from l335.service import Lab

    lab = Lab.open(load_settings(data_dir=data_dir))
    found = lab.analyses.unfinished()
    chosen = found if cancel_all else [_named(found, name) for name in cancel]
    for job in chosen:
        lab.analyses.cancel(job.uid)
        click.echo(f"Cancelled {job.uid[:SHORT_UID]}, {job.kind} of run {job.run_uid[:SHORT_UID]}.")
    if chosen:
        return
    if not found:
        click.echo("No analysis is worked on or waits.")
        return
    rows = [("analysis", "run", "kind", "size", "state", "asked"), *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _cells(job: JobView) -> tuple[str, ...]:
    waits = f"{job.num_ahead} before it" if job.num_ahead else "next"
    return (
        job.uid[:SHORT_UID],
        job.run_uid[:SHORT_UID],
        job.kind,
        "large" if job.is_large else "small",
        f"{100 * job.share:.0f} % done" if job.state == "running" else waits,
        with_zone(job.asked_at),
    )


def _named(found: list[JobView], name: str) -> JobView:
    from l335.core.errors import NotFound

    fitting = [job for job in found if name and job.uid.startswith(name)]
    if len(fitting) != 1:
        raise NotFound(
            f"`{name[:40]}` begins the names of {len(fitting)} analyses that are not done; it must "
            "begin that of one. `python -m l335 analyses` lists them."
        )
    return fitting[0]
