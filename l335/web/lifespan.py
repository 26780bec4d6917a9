"""What happens when the dashboard's process starts and stops."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread

from l335.runner.launch import DashboardPresence, ensure_runner
from l335.settings import Settings
from l335.web.current import current_lab

RUNNER_CHECK_SECONDS = 1.0

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Open the lab, keep the runner alive while the dashboard lives, let it go afterwards."""
    settings = Settings()
    await to_thread.run_sync(current_lab)
    with DashboardPresence(settings):
        await to_thread.run_sync(ensure_runner, settings)
        # What start-up has made lives as long as the process; collections needn't look at it.
        gc.collect()
        gc.freeze()
        async with anyio.create_task_group() as group:
            group.start_soon(_keep_runner_alive, settings)
            try:
                yield
            finally:
                group.cancel_scope.cancel()


async def _keep_runner_alive(settings: Settings) -> None:
    while True:
        await anyio.sleep(RUNNER_CHECK_SECONDS)
        try:
            if not await to_thread.run_sync(current_lab().runner_alive):
                await to_thread.run_sync(ensure_runner, settings)
        except OSError:
            # A full or vanished disk may come back; the dashboard goes on and tries again.
            logger.exception("The runner could not be started; trying again")
