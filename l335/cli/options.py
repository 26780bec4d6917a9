"""Options several commands share, and the lab they open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from l335.core.errors import LabError
from l335.core.settings import Settings

C = TypeVar("C", bound=Callable[..., Any])


def data_dir_option(command: C) -> C:
    """Add ``--data-dir`` to a command."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder for runs, images and data [L335_DATA_DIR; default: data/ in the project].",
    )(command)


def load_settings(**given: object) -> Settings:
    """Settings from the environment, with the options that were given on top.

    Raises:
        LabError: A setting is out of range; the text names it.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    if isinstance(chosen.get("data_dir"), Path):
        chosen["data_dir"] = Path(str(chosen["data_dir"])).resolve()
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            f"`L335_{str(details['loc'][0]).upper()}` is {details['input']!r}: "
            f"{details['msg'].removeprefix('Value error, ')}."
            for details in error.errors(include_url=False)
        ]
        raise LabError("\n".join(problems)) from None
