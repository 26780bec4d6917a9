"""Where the pages are, for navigation and for links between them."""

from __future__ import annotations

import streamlit as st

from l335.settings import ROOT

PAGES = ROOT / "pages"
CONVOLUTION = PAGES / "convolution.py"
INITIALISERS = PAGES / "initialisers.py"
SIGMA = PAGES / "sigma.py"
DESIGNS = PAGES / "designs.py"
HOME, RUNS, SWEEPS = PAGES / "home.py", PAGES / "runs.py", PAGES / "sweeps.py"
OF_TASK = {"classify": PAGES / "classify.py", "fit-image": PAGES / "fit_image.py"}


def base_path() -> str:
    """The path the dashboard is served under, empty or such as ``/lab``."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
