"""The script every page visit starts with: frame, navigation, and the page itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from l335.core.errors import LabError
from l335.core.settings import ASSETS
from l335.ui import links
from l335.ui.address import read_address, write_address
from l335.ui.failure import show_failure, show_refusal

SIDEBAR_PIXELS = 340

st.set_page_config(
    page_title="L335 Lab",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PIXELS,
)
st.logo(str(ASSETS / "logo.svg"), size="large")


def _entry(path: Path, title: str, help: str) -> st.Page:
    return st.Page(path, title=title, url_path=path.stem.replace("_", "-"), help=help)


LECTURE = st.Page(
    links.LECTURE,
    title="Lecture",
    url_path="lecture",
    visibility="hidden",
    help="One lab for the projector.",
)

page = st.navigation(
    {
        "": [
            st.Page(
                links.HOME,
                title="Home",
                default=True,
                help="What the lab is, where to start, and the latest runs.",
            ),
            _entry(links.LABS, "Labs", "A ready lab for each task of the practical."),
            _entry(links.RUNS, "Runs", "Every run with its state, settings and best figures."),
            _entry(
                links.SWEEPS,
                "Sweeps",
                "A grid or a list of settings trained at once, as a table and in pictures.",
            ),
            _entry(
                links.COMPARE,
                "Compare",
                "Two to eight runs: what differs, what it changed, and by how much for sure.",
            ),
            _entry(links.REPORT, "Report", "Runs, sweeps or labs as a report to hand in."),
            LECTURE,
        ],
        "Classify": [
            _entry(
                links.OF_TASK["classify"],
                "Classification",
                "Train a network on Fashion-MNIST and look at its feature maps.",
            ),
            _entry(
                links.CONVOLUTION, "Convolution", "Two ready experiments on what convolution buys."
            ),
        ],
        "Images": [
            _entry(
                links.OF_TASK["fit-image"],
                "Fit an image",
                "Fit a coordinate network to a picture and enlarge it.",
            ),
            _entry(
                links.INITIALISERS,
                "Initialisers",
                "Train many seeds of each initialiser and see which of them learn.",
            ),
            _entry(
                links.SIGMA, "Sigma", "Sweep sigma over pictures, with held-out pixels and spectra."
            ),
            _entry(
                links.DESIGNS,
                "Designs",
                "Depth, width, loss and optimiser over pictures and resolutions.",
            ),
        ],
    },
    # A projector shows the lecture view without a frame.
    position="hidden" if links.is_lecture() else "top",
)
read_address(page.url_path)
show_refusal()
try:
    page.run()
except LabError as error:
    show_failure(error)  # within the frame, from which other pages can be reached
write_address()
