"""Two to eight runs side by side: what differs, what it changed, and by how much for sure."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui.compare import choice, figures, images, pictures, seeds, settings, verdicts
from l335.ui.comparison import names_of_settings
from l335.ui.live_view import live_view

lab = current_lab()
st.header("Compare", anchor=False)
runs = choice.chosen_runs(lab)
tasks = {run.task for run in runs}

if len(runs) < 2:
    choice.what_to_do(lab, runs)
else:
    settings.settings_that_differ(runs)
    if tasks == {"classify"} or tasks == {"fit-image"}:
        first, *others = runs
        st.subheader("Curves", anchor=False)
        live_view(first.task, first, beside=others, names=names_of_settings(runs))
        figures.figures(lab, runs)
        seeds.differences_over_seeds(lab, runs)
    else:
        st.info(
            "These runs are of both halves of the lab, so only settings and figures are shown: a "
            "PSNR in dB and an accuracy in per cent have no common curve and no difference.",
            icon=":material/info:",
        )
        figures.figures(lab, runs)
    if tasks == {"classify"}:
        verdicts.verdicts(lab, runs)
        images.disagreeing_images(lab, runs)
    if tasks == {"fit-image"}:
        pictures.pictures_side_by_side(lab, runs)
