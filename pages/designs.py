"""Compare design choices: depth, width, loss, optimiser over pictures and resolutions."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.design_settings import CONTROLS, design_settings
from l335.ui.designs import designs_lab

lab = current_lab()
with st.sidebar:
    grid = design_settings(lab)

CONTROLS.heading("Design choices")
st.markdown(
    "Which choice matters most: depth, width, loss or optimiser? Every design is trained on the "
    "same pictures and resolutions and judged by the **pixels it never saw**. Pictures differ by "
    "more decibels than designs do, so each design is compared with the base design on the same "
    "picture. Its resolutions are averaged first, so that each picture counts once."
)
if grid is None:
    st.info("Choose a picture and a resolution on the left.", icon=":material/info:")
else:
    designs_lab(lab, grid)
