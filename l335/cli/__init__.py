"""The command line: ``python -m l335 COMMAND``. One file per command."""

from __future__ import annotations

import sys
from collections import UserDict
from collections.abc import Iterator
from importlib import import_module

import click

from l335 import __version__
from l335.core.errors import LabError

BAD_INPUT_EXIT_CODE = 2

PLACES = {
    "serve": "serve",
    "train": "train",
    "lab": "lab",
    "sweep": "sweep",
    "upsample": "upsample",
    "runs": "run_list",
    "show": "run_list",
    "analyses": "analyses",
    "report": "report",
    "script": "script",
    "bench": "bench",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "backup",
    "prune": "prune",
    "runner": "serve",
}
"""Each command's module in this package."""


class Commands(UserDict[str, click.Command]):
    """The commands by name, each loaded when it is asked for: `show` needs no numpy."""

    def __getitem__(self, name: str) -> click.Command:
        command: click.Command = getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
        return command

    def __contains__(self, name: object) -> bool:
        return name in PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


@click.group(commands=Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="l335")
def cli() -> None:
    """L335 Lab: train, watch and compare networks on Fashion-MNIST and on your own images."""


def main() -> None:
    """Run the command line; bad input ends with a sentence and exit code 2, never a traceback."""
    try:
        cli.main(prog_name="l335", standalone_mode=True)
    except LabError as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT_EXIT_CODE)
