"""The script every page visit starts with: frame, navigation, and the page itself."""

from __future__ import annotations

import streamlit as st

from l335.settings import ASSETS
from l335.ui import links
from l335.ui.way_back import way_back

SIDEBAR_PIXELS = 340

st.set_page_config(
    page_title="L335 Lab",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PIXELS,
)
st.logo(str(ASSETS / "logo.svg"), size="large")

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
            st.Page(
                links.LABS,
                title="Labs",
                url_path="labs",
                help="A ready lab for each task of the practical.",
            ),
            st.Page(
                links.RUNS,
                title="Runs",
                url_path="runs",
                help="Every run with its state, settings and best figures.",
            ),
            st.Page(
                links.SWEEPS,
                title="Sweeps",
                url_path="sweeps",
                help="A grid or a list of settings trained at once, as a table and in pictures.",
            ),
            st.Page(
                links.COMPARE,
                title="Compare",
                url_path="compare",
                help="Two to eight runs: what differs, what it changed, and by how much for sure.",
            ),
            st.Page(
                links.REPORT,
                title="Report",
                url_path="report",
                help="Runs, sweeps or labs as a report to hand in.",
            ),
            LECTURE,
        ],
        "Classify": [
            st.Page(
                links.OF_TASK["classify"],
                title="Classification",
                url_path="classify",
                help="Train a network on Fashion-MNIST and look at its feature maps.",
            ),
            st.Page(
                links.CONVOLUTION,
                title="Convolution",
                url_path="convolution",
                help="Two ready experiments on what convolution buys.",
            ),
        ],
        "Images": [
            st.Page(
                links.OF_TASK["fit-image"],
                title="Fit an image",
                url_path="fit-image",
                help="Fit a coordinate network to a picture and enlarge it.",
            ),
            st.Page(
                links.INITIALISERS,
                title="Initialisers",
                url_path="initialisers",
                help="Train many seeds of each initialiser and see which of them learn.",
            ),
            st.Page(
                links.SIGMA,
                title="Sigma",
                url_path="sigma",
                help="Sweep sigma over pictures, with held-out pixels and spectra.",
            ),
            st.Page(
                links.DESIGNS,
                title="Designs",
                url_path="designs",
                help="Depth, width, loss and optimiser over pictures and resolutions.",
            ),
        ],
    },
    # A projector shows the lecture view without a frame.
    position="hidden" if links.is_lecture() else "top",
)
page.run()
way_back()  # below the page, where it takes no room from it
