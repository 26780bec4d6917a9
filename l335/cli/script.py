"""``l335 script``: a run as a script in plain PyTorch."""

from __future__ import annotations

from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder
from l335.core.errors import LabError
from l335.spec import FitImageSpec


@click.command()
@click.argument("run")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; without it the script is printed.",
)
@data_dir_option
def script(run: str, out: Path | None, data_dir: Path | None) -> None:
    """Write a run as a script in plain PyTorch that imports nothing of the lab.

    RUN is the run's name as `runs` shows it, or enough of its beginning. With --out, the image
    of an image fit is written beside the script, where the script looks for it.
    """
    from l335.export.scripts import script_of
    from l335.export.standalone import picture_name
    from l335.service import Lab

    if out is not None:
        require_folder(out)
    lab = Lab.open(load_settings(data_dir=data_dir))
    view = lab.run_called(run)
    text = script_of(view)
    if out is None:
        click.echo(text, nl=False)
        if isinstance(view.spec, FitImageSpec):
            name = picture_name(view.spec)
            click.echo(f"It looks for its image in {name}, which --out FILE writes.", err=True)
        return
    if isinstance(view.spec, FitImageSpec):
        _write_picture(out.with_name(picture_name(view.spec)), lab.blob(view.spec.image))
    out.write_text(text)
    click.echo(str(out))


def _write_picture(path: Path, data: bytes) -> None:
    if path.exists() and path.read_bytes() != data:
        raise LabError(
            f"{path} exists and is another file; the script needs its image there. Choose another "
            "folder, or move that file away."
        )
    path.write_bytes(data)
    click.echo(str(path))
