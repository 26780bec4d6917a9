"""``l335 upsample``: the fitted image from a denser grid."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import find_run, require_folder


@click.command()
@click.argument("run")
@click.option("--factor", type=int, default=4, show_default=True, help="1 to 8 times denser.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="PNG file to write.",
)
@data_dir_option
def upsample(run: str, factor: int, out: Path, data_dir: Path | None) -> None:
    """Write the image of a finished or stopped run at FACTOR times its resolution.

    RUN is the run's name as `runs` shows it, or enough of its beginning.
    """
    from l335.engine.looks import run_job
    from l335.engine.resources import local_resources
    from l335.lab import Lab

    settings = load_settings(data_dir=data_dir)
    require_folder(out)
    lab = Lab.open(settings)
    view = find_run(lab, run)
    checkpoint = lab.checkpoint(view.uid)
    resources = local_resources(settings, settings.device, lab.blob)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Upsampling {factor}x", total=1.0)
        [product] = run_job(
            "upsample",
            view.spec,
            {"factor": factor},
            checkpoint,
            resources,
            lambda share: progress.update(task, completed=share),
        )
    out.write_bytes(product.data)
    click.echo(f"{out}: {product.meta['width']} x {product.meta['height']} pixels")
