"""Where the pages are, for navigation and for links between them."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from l335.settings import ROOT

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


def base_path() -> str:
    """The path the dashboard is served under, empty or such as ``/lab``."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def is_lecture() -> bool:
    """Whether the address is that of the lecture view."""
    return urlsplit(st.context.url or "").path.rstrip("/").endswith("/lecture")
