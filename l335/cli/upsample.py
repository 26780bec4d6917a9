"""``l335 upsample``: the fitted image from a denser grid."""

from __future__ import annotations

import re
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder

DEFAULT_FACTOR = 4.0


def _size(context: click.Context, option: click.Parameter, text: str | None) -> list[int] | None:
    """Width and height of ``WxH``."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if found is None:
        raise click.BadParameter(f"{text} is no size; write width x height, such as 1920x1080.")
    return [int(side) for side in found.groups()]


@click.command()
@click.argument("run")
@click.option("--factor", type=float, help="1 to 8 times denser; 4 where no size is given.")
@click.option(
    "--size",
    callback=_size,
    metavar="WxH",
    help="Pixels in place of a factor, such as 1920x1080; up to 8192 a side.",
)
@click.option("--bits", type=int, default=8, show_default=True, help="Of each colour, 8 or 16.")
@click.option(
    "--margin",
    type=float,
    default=0.0,
    show_default=True,
    help="Band painted beyond the picture on each side, as a share of that side, 0 to 0.5.",
)
@click.option(
    "--place", type=int, default=0, show_default=True, help="Which network of a run of several."
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
    factor: float | None,
    size: list[int] | None,
    bits: int,
    margin: float,
    place: int,
    out: Path,
    data_dir: Path | None,
) -> None:
    """Write the image of a finished or stopped run at FACTOR times its resolution, or at a size.

    RUN is the run's name as `runs` shows it, or enough of its beginning.
    """
    from l335.analyses.compute import run_job
    from l335.engine.resources import local_resources
    from l335.service import Lab

    settings = load_settings(data_dir=data_dir)
    require_folder(out)
    lab = Lab.open(settings)
    view = lab.run_called(run)
    checkpoint = lab.checkpoint(view.uid)
    if factor is None and size is None:
        factor = DEFAULT_FACTOR
    if factor is not None and factor.is_integer():
        factor = int(factor)  # so that a refusal names what was typed
    width, height = size or (None, None)
    params = {"factor": factor, "width": width, "height": height}
    params |= {"bits": bits, "margin": margin, "place": place}
    resources = local_resources(settings, settings.device, lab.blob)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Upsampling", total=1.0)
        products = run_job(
            "upsample",
            view.spec,
            params,
            checkpoint,
            resources,
            lambda share: progress.update(task, completed=share),
        )
    picture = next(product for product in products if product.name == "upsampled")
    out.write_bytes(picture.data)
    facts = picture.meta
    click.echo(f"{out}: {facts['width']} x {facts['height']} pixels, {facts['bits']} bits")
