"""Train a classifier on Fashion-MNIST, watch it learn, and look at what its filters see."""

import streamlit as st

from l335.ui.feature_maps import feature_maps
from l335.ui.live_view import live_view
from l335.ui.network_table import network_table
from l335.ui.training_page import (
    form_of_page,
    open_started,
    run_heading,
    run_in_address,
    train_panel,
)
from l335.web.current import current_lab

TASK = "classify"

lab = current_lab()
run = run_in_address(lab, TASK)
form = form_of_page(lab, TASK, run)

with st.sidebar:
    state, started = train_panel(lab, form, {}, st.container())
if started:
    run = open_started(lab, started)

run_heading(lab, run, "Classify Fashion-MNIST")
before, live, after = st.container(), st.container(), st.container()

with live:
    live_view(TASK, run, hint="Choose the settings on the left, then press Train.")

# Without a run the network is what there is to look at; later the curves come first.
with after if run else before:
    if run and (run.is_over or run.state == "paused"):
        feature_maps(lab, run)
    with st.expander("The network of the settings on the left", expanded=run is None):
        if state.spec:
            network_table(state.spec)
        else:
            st.caption("The arithmetic appears as soon as the settings fit together.")
