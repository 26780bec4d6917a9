"""The command line: ``python -m l335 COMMAND``. One file per command."""

from __future__ import annotations

import sys

import click

from l335 import __version__
from l335.cli import bench, doctor, lab, report, run_list, script, serve, sweep, train, upsample
from l335.errors import LabError

BAD_INPUT_EXIT_CODE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="l335")
def cli() -> None:
    """L335 Lab: train, watch and compare networks on Fashion-MNIST and on your own images."""


for command in (
    serve.serve,
    train.train,
    lab.lab,
    sweep.sweep,
    upsample.upsample,
    run_list.runs,
    run_list.show,
    report.report,
    script.script,
    bench.bench,
    doctor.doctor,
    serve.runner,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; bad input ends with a sentence and exit code 2, never a traceback."""
    try:
        cli.main(prog_name="l335", standalone_mode=True)
    except LabError as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT_EXIT_CODE)
