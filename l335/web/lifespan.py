"""What happens when the dashboard's process starts and stops."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread

from l335.allocator import give_back_large_blocks
from l335.datasets import prepare_fashion_mnist
from l335.descriptors import FEW, num_tabs, raise_limit
from l335.errors import LabError
from l335.runner.launch import DashboardPresence, ensure_runner
from l335.settings import Settings
from l335.web.chart_library import packed_plotly
from l335.web.current import current_lab

RUNNER_CHECK_SECONDS = 1.0
HEAVY_MODULES = ("numpy", "pandas", "pyarrow", "PIL.Image")

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Open the lab, keep the runner alive while the dashboard lives, let it go afterwards."""
    settings = Settings()
    give_back_large_blocks()
    limit = raise_limit()
    if limit < FEW:
        logger.warning(
            "This process may open %d files, which is enough for %d tabs; `doctor` says more.",
            limit,
            num_tabs(limit),
        )
    with contextlib.ExitStack() as presence:
        keeper = _Keeper(settings, presence)
        await to_thread.run_sync(keeper.look)
        async with anyio.create_task_group() as group:
            group.start_soon(keeper.keep)
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
    except (LabError, OSError) as error:
        logger.warning("The bundled data could not be unpacked. %s", error)


class _Keeper:
    """Keeps this dashboard's presence and its runner; what is in the way may go by itself.

    Meanwhile pages and routes answer with the sentence that is logged here.

    Args:
        settings: Of the installation.
        presence: Takes the presence, once the lab can be opened.
    """

    def __init__(self, settings: Settings, presence: contextlib.ExitStack) -> None:
        self._settings, self._presence = settings, presence
        self._is_present = False
        self._said = ""

    def look(self) -> None:
        """Start a runner where none lives; says once why that can't be done."""
        try:
            lab = current_lab()
            if not self._is_present:
                self._presence.enter_context(DashboardPresence(self._settings))
                self._is_present = True
            if not lab.runner_alive():
                ensure_runner(self._settings)
            self._said = ""
        except LabError as error:
            if str(error) != self._said:
                logger.warning("No runner can be started; trying again. %s", error)
            self._said = str(error)

    async def keep(self) -> None:
        """Look again and again."""
        while True:
            await anyio.sleep(RUNNER_CHECK_SECONDS)
            await to_thread.run_sync(self.look)
