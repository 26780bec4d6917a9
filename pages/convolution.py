"""Two ready experiments on what a net gains from knowing which pixels are neighbours."""

import streamlit as st

from l335.labs.experiments import EXPERIMENTS
from l335.service.current import current_lab
from l335.ui.convolution import CONTROLS, experiment_panel

lab = current_lab()

CONTROLS.heading("What convolution buys")
st.markdown(
    "The basic net and the CNN have the same number of parameters, to within 434. What the CNN has "
    "beyond that is a guess about pictures: neighbours belong together, and a pattern means the "
    "same wherever it lies. Two experiments put that guess to the test."
)
for experiment in EXPERIMENTS:
    experiment_panel(lab, experiment)
