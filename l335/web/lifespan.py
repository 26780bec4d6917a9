"""What happens when the dashboard's process starts and stops."""

from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread

from l335.datasets import prepare_fashion_mnist
from l335.descriptors import FEW, num_tabs, raise_limit
from l335.disk import Unusable
from l335.errors import LabError
from l335.runner.launch import DashboardPresence, ensure_runner
from l335.settings import Settings
from l335.web.current import current_lab
from l335.web.routes import packed_plotly

RUNNER_CHECK_SECONDS = 1.0
HEAVY_MODULES = ("numpy", "pandas", "pyarrow", "PIL.Image")

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Open the lab, keep the runner alive while the dashboard lives, let it go afterwards."""
    settings = Settings()
    limit = raise_limit()
    if limit < FEW:
        logger.warning(
            "This process may open %d files, which is enough for %d tabs; `doctor` says more.",
            limit,
            num_tabs(limit),
        )
    await to_thread.run_sync(current_lab)
    with DashboardPresence(settings):
        await to_thread.run_sync(ensure_runner, settings)
        async with anyio.create_task_group() as group:
            group.start_soon(_keep_runner_alive, settings)
            group.start_soon(to_thread.run_sync, _warm_up)
            group.start_soon(to_thread.run_sync, _prepare_data, settings)
            try:
                yield
            finally:
                group.cancel_scope.cancel()


def _warm_up() -> None:
    # Streamlit imports these at the first widget that might show a table: over a second in which
    # the first visitor would wait.
    for name in HEAVY_MODULES:
        importlib.import_module(name)
    packed_plotly()
    # What start-up has made lives as long as the process; collections needn't look at it.
    gc.collect()
    gc.freeze()


def _prepare_data(settings: Settings) -> None:
    # The first visitor would wait for this otherwise; whoever comes meanwhile still does.
    try:
        prepare_fashion_mnist(settings.data_dir)
        current_lab().images()
    except (LabError, OSError):
        logger.exception("The bundled data could not be unpacked")


async def _keep_runner_alive(settings: Settings) -> None:
    while True:
        await anyio.sleep(RUNNER_CHECK_SECONDS)
        try:
            if not await to_thread.run_sync(current_lab().runner_alive):
                await to_thread.run_sync(ensure_runner, settings)
        except Unusable as error:
            # A full or vanished disk may come back; the dashboard goes on and tries again.
            logger.warning("The runner could not be started; trying again. %s", error)
