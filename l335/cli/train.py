"""``l335 train``: one run in this process, with progress, kept in the store like any other."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l335.cli.options import data_dir_option, load_settings
from l335.cli.run_list import require_folder, run_facts
from l335.core.errors import LabError, RunFailed
from l335.core.settings import ASSETS
from l335.spec import FitImageSpec, Spec, with_changes
from l335.spec.from_text import with_settings
from l335.spec.presets import preset as find_preset

if TYPE_CHECKING:
    from l335.service import Lab

DEFAULT_IMAGE = ASSETS / "images" / "mountains.png"
INTERRUPTED_EXIT_CODE = 130


@click.command()
@click.argument("preset")
@click.option(
    "--set", "settings_given", metavar="KEY=VALUE", multiple=True, help="Change a setting."
)
@click.option(
    "--image",
    metavar="FILE",
    help="Image to fit (PNG, JPEG, WebP), or the name or address of one that is stored "
    "[default: the bundled mountains].",
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where to train.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what came out as one JSON object.",
)
@data_dir_option
def train(
    preset: str,
    settings_given: tuple[str, ...],
    image: str | None,
    device: str | None,
    json_file: Path | None,
    data_dir: Path | None,
) -> None:
    """Train PRESET: classify-basic, classify-cnn or fit-image.

    Settings are dotted names: --set epochs=1 --set encoding.sigma=10
    """
    settings = load_settings(data_dir=data_dir, device=device)
    start = find_preset(preset).spec
    if json_file is not None:
        require_folder(json_file)
    if image is not None and not isinstance(start, FitImageSpec):
        raise LabError(f"`--image` goes with fit-image; {preset} trains on Fashion-MNIST.")
    from l335.service import Lab

    lab = Lab.open(settings)
    # The image comes first: whether a setting fits may depend on its size.
    uid = _train(lab, with_settings(with_image(lab, start, image), list(settings_given)))
    view = lab.run(uid)
    facts = run_facts(view)
    if json_file is not None:
        json_file.write_text(json.dumps(facts, indent=2) + "\n")
    if view.state == "failed":
        raise LabError(view.error_text)
    click.echo(f"Run {uid}: {facts['steps_per_second'] or 0:,.1f} steps per second.")
    if view.state != "completed":
        sys.exit(INTERRUPTED_EXIT_CODE)


def with_image(lab: Lab, spec: Spec, given: str | None) -> Spec:
    """The fit of an image: a file, or one that is stored already, by its name or address.

    Args:
        lab: Where it is stored.
        spec: What is trained; a classifier has no image and comes back as it is.
        given: What stands behind ``--image``; None for the bundled mountains.

    Raises:
        LabError: There is neither such a file nor such a stored image, or it is refused.
    """
    if not isinstance(spec, FitImageSpec):
        return spec
    path = DEFAULT_IMAGE if given is None else Path(given)
    if os.path.isfile(path):  # a name too long for a file is no file
        stored = lab.images.add(path.read_bytes(), path.name)
        if stored.notice:
            click.echo(stored.notice, err=True)
    else:
        try:
            stored = lab.images.called(str(given))
        except LabError as error:
            raise LabError(f"The file {given} does not exist. {error}") from None
    return with_changes(spec, **stored.settings)


def _train(lab: Lab, spec: Spec) -> str:
    """Train in this process; the run's name. Ctrl+C stops after the step and keeps the weights."""
    from l335.cli.progress import ProgressRecorder
    from l335.engine.resources import local_resources
    from l335.engine.train import train as train_engine

    resources = local_resources(lab.settings, lab.settings.device, lab.blob)
    stop_asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stop_asked.append(received))
    with (
        lab.attempt(spec, resources.device, resources.threads, resources.precision) as attempt,
        ProgressRecorder(attempt.recorder, spec) as recorder,
    ):
        try:
            outcome = train_engine(
                spec, resources, recorder, lambda: bool(stop_asked) or attempt.should_stop()
            )
        except RunFailed as failure:
            attempt.fail(failure.code, str(failure))
        else:
            attempt.finish(outcome.finished)
    return attempt.uid
