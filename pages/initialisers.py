"""Initialisers over seeds: which of them learn the picture, and what died in those that do not."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.studio import CONTROLS, studio, study_settings

lab = current_lab()
with st.sidebar:
    study = study_settings(lab)

CONTROLS.heading("Initialiser studio")
st.markdown(
    "The same network is trained again and again, each time from other random weights. One lucky "
    "seed says nothing about an initialiser: look at all of them, and at the **mean colour**, "
    "which is what a network reaches without having learnt anything of the picture."
)
if study is None:
    st.info("Choose a picture and one initialiser or more on the left.", icon=":material/info:")
else:
    studio(lab, study)
