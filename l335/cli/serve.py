"""``l335 serve``: the dashboard and its runner. ``l335 runner``: the runner alone."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import click

from l335.cli.options import data_dir_option, load_settings
from l335.core.errors import LabError
from l335.core.settings import ROOT, Settings
from l335.store.locks import DASHBOARD_LOCK, is_held

SHUTDOWN_SECONDS = 3


@click.command()
@click.option("--host", help="Address to listen on [L335_HOST; default: 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [L335_PORT; default: 8501].")
@click.option("--base-path", help="Path to be served under, such as /lab [L335_BASE_PATH].")
@data_dir_option
def serve(host: str | None, port: int | None, base_path: str | None, data_dir: Path | None) -> None:
    """Start the dashboard; runs train in the background and survive its restart."""
    import uvicorn

    from l335.service import Lab

    settings = load_settings(host=host, port=port, base_path=base_path, data_dir=data_dir)
    _check_port(settings)
    Lab.open(settings).close()  # where the store can't be used, here is who can be told
    export(settings)
    os.chdir(ROOT)  # Streamlit reads .streamlit/config.toml from the working directory
    shown = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0") else settings.host  # noqa: S104
    address = f"http://{shown}:{settings.port}{settings.base_path}"
    click.echo(f"L335 Lab: {address}  (data in {settings.data_dir})")
    click.echo(_standing(settings))
    uvicorn.run(
        "app:app",
        app_dir=str(ROOT),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def _standing(settings: Settings) -> str:
    """What of this data folder is at work already, and what Ctrl+C will stop."""
    from l335.runner.launch import runner_note

    note = runner_note(settings)
    runner_id = f" (process {note['pid']})" if note else ""
    if is_held(settings.data_dir / DASHBOARD_LOCK, by_anyone=True):
        return (
            "Another dashboard, lab or sweep already works on this data folder, so this one joins "
            f"it: the same runs, trained by the runner that is there{runner_id} with the slots, "
            "threads and device it was started with. Ctrl+C stops this dashboard alone; the runs "
            "go on."
        )
    if note:
        return (
            f"A runner{runner_id} already works on this data folder and trains the runs, with the "
            "slots, threads and device it was started with. Ctrl+C stops the dashboard."
        )
    return "Stop with Ctrl+C; unfinished runs go on at the next start."


@click.command()
@data_dir_option
def runner(data_dir: Path | None) -> None:
    """Run queued trainings without a dashboard (the dashboard starts one by itself)."""
    from l335.runner.main import main

    settings = load_settings(data_dir=data_dir)
    export(settings)
    main(settings)


def export(settings: Settings) -> None:
    """Hand settings on to the dashboard and the runner, which read the environment."""
    for name, value in settings.model_dump().items():
        os.environ[f"L335_{name.upper()}"] = str(value)


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise LabError(
                f"Can't listen on {settings.host}:{settings.port} ({error.strerror}). "
                f"Is the dashboard already running? Else choose another port: --port "
                f"{settings.port + 1}."
            ) from None
