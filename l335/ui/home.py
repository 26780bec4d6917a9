"""The cards of the first page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from l335.data.datasets import test_image
from l335.service import Lab
from l335.service.current import current_lab
from l335.ui.pictures import grey_url, strip_url

COLUMNS, ROWS = 12, 2
STRIP_PIXELS = 200
NUM_PICTURES = 6


def entry_card(page: Path, title: str, text: str, action: str, art: str) -> None:
    """A card with a picture that leads to a page."""
    with st.container(border=True, height="stretch"):
        if art == "sheet":
            st.image(clothes(), alt="Test images of Fashion-MNIST", width="stretch")
        else:
            st.image(photographs(), alt="The bundled photographs", width="stretch")
        st.subheader(title, anchor=False)
        st.markdown(text)
        st.page_link(page, label=action, icon=":material/arrow_forward:")


@st.cache_data(show_spinner=False)
def clothes() -> str:
    """A sheet of test images, white on dark as the network gets them."""
    data_dir = current_lab().settings.data_dir
    rows = [
        np.hstack([test_image(data_dir, row * COLUMNS + column) for column in range(COLUMNS)])
        for row in range(ROWS)
    ]
    return grey_url(np.vstack(rows), 4)


@st.cache_data(show_spinner=False)
def photographs() -> str:
    """The bundled pictures side by side, of the shape of the sheet of clothes."""
    return strip_url(
        [image.sha256 for image in current_lab().images.all() if image.bundled][:NUM_PICTURES],
        STRIP_PIXELS,
    )


def runner_line(lab: Lab) -> None:
    """One quiet line on what trains the runs."""
    places = lab.settings.slots
    if lab.runner_alive():
        word = "run trains" if places == 1 else "runs train"
        st.caption(f":green[●] The runner is ready; up to {places} {word} at the same time.")
    else:
        st.caption(":orange[●] The runner is starting; runs wait in the queue until it is ready.")
