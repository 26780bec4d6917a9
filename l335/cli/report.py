"""``l335 report``: runs, sweeps or labs as a page, as Markdown, or as a zip of everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import Progress

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder
from l335.core.errors import LabError

if TYPE_CHECKING:
    from l335.export.report.looks import Files, Wanted
    from l335.export.report.sources import Source
    from l335.service import Lab


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--lab", "labs", metavar="NAME", multiple=True, help="The newest sweep of a lab.")
@click.option("--sweep", "sweeps", metavar="UID", multiple=True, help="A sweep by its uid.")
@click.option(
    "--text",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your own text, as Markdown.",
)
@click.option("--title", default="", help="Title of the report.")
@click.option("--author", default="", help="Who hands it in.")
@click.option("--without-looks", is_flag=True, help="Leave out feature maps that must be made.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write: .html, .md (figures beside it), or .zip with data and weights.",
)
@data_dir_option
def report(
    runs: tuple[str, ...],
    labs: tuple[str, ...],
    sweeps: tuple[str, ...],
    text: Path | None,
    title: str,
    author: str,
    without_looks: bool,
    out: Path,
    data_dir: Path | None,
) -> None:
    """Write a report on runs, sweeps or labs; the ending of the file decides what it is.

    RUN is a run's name as `runs` shows it, or enough of its beginning. Feature maps and enlarged
    pictures that nobody has asked for yet are made here.
    """
    from l335.export.report.build import document
    from l335.export.report.looks import Looks
    from l335.export.report.sources import newest_sweep, of_runs, of_sweep, with_folders
    from l335.export.report.writing import check_suffix, write_file
    from l335.service import Lab

    require_folder(out)
    check_suffix(out)
    own = _read(text)
    lab = Lab.open(load_settings(data_dir=data_dir))
    sources = [of_sweep(lab, newest_sweep(lab, name)) for name in labs]
    sources += [of_sweep(lab, lab.sweeps.called(uid)) for uid in sweeps]
    if runs or not sources:
        sources += of_runs(lab, [lab.run_called(name) for name in runs])
    sources = with_folders(sources)
    looks = Looks(lab, {} if without_looks else _made(lab, sources))
    made = document(lab, sources, text=own, title=title, author=author, looks=looks)
    write_file(lab, sources, made, out)
    size = out.stat().st_size / 1e6
    click.echo(f"{out}: {len(made.sections)} sections, {size:.1f} MB")


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise LabError(f"{path} is no text in UTF-8. Save it as UTF-8 and try again.") from None


def _made(lab: Lab, sources: list[Source]) -> dict[tuple[str, str], Files]:
    """What looks show that nobody has asked for yet, made in this process."""
    from l335.export.report.looks import lacking

    found: dict[tuple[str, str], Files] = {}
    wanted = lacking(lab, sources)
    if not wanted:
        return found
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Feature maps and enlarged pictures", total=len(wanted))
        for look in wanted:
            try:
                found[look.run.uid, look.kind] = _look(lab, look)
            except LabError as error:
                click.echo(f"Left out of the report: {error}", err=True)
            progress.advance(task)
    return found


def _look(lab: Lab, look: Wanted) -> Files:
    from l335.analyses.compute import run_job
    from l335.engine.resources import local_resources
    from l335.export.report.looks import File

    params: dict[str, Any] = dict(look.params)
    if look.kind == "feature_maps":
        # Only the last snapshot is shown.
        kept = [one for one in lab.snapshots(look.run.uid) if one.weights is not None]
        if not kept:
            raise LabError(f"{look.run.title} has recorded no weights; train it once more.")
        params["snapshots"] = [(one.step, one.weights.sha256) for one in kept[-1:] if one.weights]
    resources = local_resources(lab.settings, lab.settings.device, lab.blob)
    checkpoint = lab.checkpoint(look.run.uid)
    products = run_job(look.kind, look.run.spec, params, checkpoint, resources, lambda share: None)
    return {made.name: File(made.data, made.meta) for made in products}
