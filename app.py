"""Entry point of the dashboard: `streamlit run app.py`, or any ASGI server on `app:app`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # an ASGI server may have been started in another folder
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from l335.core.settings import Settings  # noqa: E402
from l335.export.report.html import script_sources  # noqa: E402
from l335.ui.failure import show_failure  # noqa: E402
from l335.ui.links import serve_under  # noqa: E402
from l335.ui.sessions import tidy_sessions  # noqa: E402
from l335.ui.uploads import UploadLimit  # noqa: E402
from l335.web.hosts import HostNames  # noqa: E402
from l335.web.index_page import IndexPage  # noqa: E402
from l335.web.lifespan import kept_runner  # noqa: E402
from l335.web.no_page import NoPage, failed  # noqa: E402
from l335.web.routes import routes  # noqa: E402
from l335.web.safety import SafetyHeaders  # noqa: E402

settings = Settings()
path = serve_under(settings)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """From the start of the process to its end."""
    async with kept_runner(), tidy_sessions():
        yield


app = st.App(
    ROOT / "l335/ui/main.py",
    lifespan=lifespan,
    routes=routes(path),
    middleware=[
        Middleware(SafetyHeaders),
        Middleware(HostNames, settings=settings),
        # A report is shown in a frame within a page, under the page's policy.
        Middleware(IndexPage, prefix=path, scripts=script_sources()),
        Middleware(UploadLimit),
    ],
    exception_handlers={404: NoPage(path), Exception: failed},
    on_script_error=show_failure,
)
