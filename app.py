"""Entry point of the dashboard: `streamlit run app.py`, or any ASGI server on `app:app`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # an ASGI server may have been started in another folder
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from l335.ui.failure import show_failure  # noqa: E402
from l335.ui.links import base_path  # noqa: E402
from l335.ui.sessions import lifespan  # noqa: E402
from l335.ui.uploads import UploadLimit  # noqa: E402
from l335.web.index_page import IndexPage  # noqa: E402
from l335.web.routes import routes  # noqa: E402

app = st.App(
    ROOT / "l335/ui/main.py",
    lifespan=lifespan,
    routes=routes(base_path()),
    middleware=[Middleware(IndexPage, prefix=base_path()), Middleware(UploadLimit)],
    on_script_error=show_failure,
)
