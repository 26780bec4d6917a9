"""``l335 upsample``: the fitted image at another size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import find_run, require_folder

DEFAULT_FACTOR = 4


def _size(context: click.Context, option: click.Parameter, text: str | None) -> dict[str, int]:
    """``WxH`` as the two fields of a look."""
    if text is None:
        return {}
    found = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if found is None:
        raise click.BadParameter(f"{text} is no size; write width x height, such as 1920x1080.")
    return {"width": int(found[1]), "height": int(found[2])}


@click.command()
@click.argument("run")
@click.option("--factor", type=int, help=f"1 to 8 times denser; {DEFAULT_FACTOR} if left out.")
@click.option(
    "--size",
    callback=_size,
    metavar="WxH",
    help="Pixels in place of a factor, such as 1920x1080; up to 8192 a side.",
)
@click.option("--bits", type=int, default=8, show_default=True, help="8 or 16 for each colour.")
@click.option(
    "--margin",
    type=float,
    default=0.0,
    show_default=True,
    help="Band painted around the frame, as a share of its side; 0 to 0.5.",
)
@click.option(
    "--place", type=int, default=0, show_default=True, help="Which of several seeds, from 0."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="PNG file to write.",
)
@data_dir_option
def upsample(
    run: str,
    factor: int | None,
    size: dict[str, int],
    out: Path,
    data_dir: Path | None,
    **options: Any,
) -> None:
    """Write the image of a finished or stopped run at another size.

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
    if factor is None and not size:
        factor = DEFAULT_FACTOR
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Upsampling", total=1.0)
        products = run_job(
            "upsample",
            view.spec,
            {"factor": factor, **size, **options},
            checkpoint,
            resources,
            lambda share: progress.update(task, completed=share),
        )
    [picture] = [product for product in products if product.name == "upsampled"]
    out.write_bytes(picture.data)
    click.echo(f"{out}: {picture.meta['width']} x {picture.meta['height']} pixels")
