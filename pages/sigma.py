"""Sweep sigma over pictures: what their spectra hold, and what held-out pixels say."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.sigma_lab import CONTROLS, sigma_lab, sigma_settings

lab = current_lab()
with st.sidebar:
    sweep = sigma_settings(lab)

CONTROLS.heading("Sigma lab")
st.markdown(
    "Gaussian Fourier features show the network random waves; sigma says how fine they are. Too "
    "small, and the fit stays blurred. Too large, and it matches every pixel it was trained on "
    "while those between turn to noise: only held-out pixels tell. A sigma counts **cycles over "
    "the whole picture**, so the right one grows with the resolution."
)
if sweep is None:
    st.info("Choose one picture or more on the left.", icon=":material/info:")
else:
    sigma_lab(lab, sweep)
