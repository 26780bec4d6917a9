"""What the dashboard's process does around all sessions: it lets go of those of closed tabs.

Streamlit keeps the session of a closed tab for two minutes, for a browser that comes back, and
then until another tab connects: after a class, its descriptors and memory would stay for the night.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from streamlit import runtime

CHECK_SECONDS = 10.0


@asynccontextmanager
async def tidy_sessions() -> AsyncIterator[None]:
    """Close sessions of closed tabs for as long as the web process lives."""
    async with anyio.create_task_group() as group:
        group.start_soon(_keep_tidy)
        try:
            yield
        finally:
            group.cancel_scope.cancel()


async def _keep_tidy() -> None:
    while True:
        await anyio.sleep(CHECK_SECONDS)
        if runtime.exists():
            close_expired_sessions(runtime.get_instance())


def close_expired_sessions(instance: Any) -> int:
    """Close sessions whose tabs were closed over two minutes ago; returns how many.

    Streamlit 1.67 has no public way to its store of sessions, a ``TTLCache``; where a later one
    has another, nothing is closed here and all goes on as Streamlit does it.
    """
    storage = getattr(getattr(instance, "_session_mgr", None), "_session_storage", None)
    cache = getattr(storage, "_cache", None)
    if cache is None or not hasattr(cache, "expire"):
        return 0
    expired = cache.expire()
    for _, info in expired:
        info.session.shutdown()
    return len(expired)
