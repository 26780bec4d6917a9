"""Where the pages are, for navigation and for links between them."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st
from streamlit import config

from l335.core.settings import ROOT, Settings

PAGES = ROOT / "pages"
LABS, LECTURE = PAGES / "labs.py", PAGES / "lecture.py"
CONVOLUTION = PAGES / "convolution.py"
INITIALISERS = PAGES / "initialisers.py"
SIGMA = PAGES / "sigma.py"
DESIGNS = PAGES / "designs.py"
COMPARE = PAGES / "compare.py"
HOME, RUNS, SWEEPS = PAGES / "home.py", PAGES / "runs.py", PAGES / "sweeps.py"
REPORT = PAGES / "report.py"
OF_TASK = {"classify": PAGES / "classify.py", "fit-image": PAGES / "fit_image.py"}


def serve_under(settings: Settings) -> str:
    """Make Streamlit serve under the path that is set, before it serves; returns that path.

    Where none is set, Streamlit's own configuration counts.
    """
    if settings.base_path:
        # `st.set_option` refuses options of the server. Without this, Streamlit knows its path
        # from its configuration file and the command line of `streamlit run` alone.
        config.set_option("server.baseUrlPath", settings.base_path.strip("/"))
    return base_path()


def base_path() -> str:
    """The path the dashboard is served under, empty or such as ``/lab``."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def keep_address() -> None:
    """Show in the browser's address what a link within one page led to.

    Streamlit 1.67 tells the script of such a link, but leaves the address as it was, so that the
    next click would lose its parameters. An address that is right already is left alone.
    """
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    st.query_params.from_dict(query)


def is_lecture() -> bool:
    """Whether the address is that of the lecture view."""
    return urlsplit(st.context.url or "").path.rstrip("/").endswith("/lecture")
