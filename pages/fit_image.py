"""Fit a coordinate network to a picture, watch it sharpen, and take it home enlarged."""

import streamlit as st

from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.ui.compression import compression
from l335.ui.course import course
from l335.ui.crop_tool import crop_tool, follow_form
from l335.ui.image_picker import image_picker
from l335.ui.live_view import live_view
from l335.ui.pictures import picture_url
from l335.ui.training_page import (
    form_of_page,
    network_panel,
    open_started,
    run_heading,
    run_in_address,
    train_panel,
)
from l335.ui.upsample import upsample

TASK = "fit-image"

lab = current_lab()
run = run_in_address(lab, TASK)
form = form_of_page(lab, TASK, run)
assert isinstance(form.start, FitImageSpec)
follow_form(form)

with st.sidebar:
    top = st.container()
    image = image_picker(lab, form.held, fallback=form.start.image)
    fixed = {
        "image": image.sha256 if image else "",
        "image_name": image.short_name if image else "",
        "image_width": image.width if image else 0,
        "image_height": image.height if image else 0,
        **crop_tool(image, form),
    }
    state, started = train_panel(lab, form, fixed, top)
if started:
    run = open_started(lab, TASK, started)

beside = run_heading(lab, run, "Fit an image", form, state)
spec = run.spec if run else state.spec
assert spec is None or isinstance(spec, FitImageSpec)
original = picture_url(spec.image, box=spec.stored_box) if spec and spec.image else None
live_view(
    TASK,
    run,
    beside=beside,
    aspect=spec.fitted_size if spec else (1, 1),
    original=original,
    hint="Choose a picture and the settings on the left, then press Train.",
)
if run:
    course(run, original)
if run and (run.is_over or run.state == "paused"):
    upsample(lab, run)
    compression(lab, run)
network_panel(state, form.held, is_open=False)
