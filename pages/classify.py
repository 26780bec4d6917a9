"""Train a classifier on Fashion-MNIST, watch it learn, and look at what its filters see."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.explorer import explorer
from l335.ui.live_view import live_view
from l335.ui.training_page import (
    form_of_page,
    network_panel,
    open_started,
    run_heading,
    run_in_address,
    train_panel,
)
from l335.ui.verdict_panel import verdict_panel

TASK = "classify"

lab = current_lab()
run = run_in_address(lab, TASK)
form = form_of_page(lab, TASK, run)

with st.sidebar:
    state, started = train_panel(lab, form, {}, st.container())
if started:
    run = open_started(lab, TASK, started)

beside = run_heading(lab, run, "Classify Fashion-MNIST", form, state)
if not run:
    network_panel(state, form.held, is_open=True)
live_view(TASK, run, beside=beside, hint="Choose the settings on the left, then press Train.")
if run:
    # Curves first, then what they mean, then what is inside, then the arithmetic.
    verdict_panel(lab, run, form.held)
    explorer(lab, run)
    network_panel(state, form.held, is_open=False)
