"""Runs, sweeps or labs as a report to hand in."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.report_page import report_page

lab = current_lab()

st.header("Report", anchor=False)
st.markdown(
    "Everything the practical asks for, in its order: hyperparameters, the arithmetic of the "
    "parameters, curves, tables with mean and deviation, verdicts, feature maps or enlarged "
    "pictures, and the machine it was made on. What is not there yet, the report says."
)
report_page(lab)
