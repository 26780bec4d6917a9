"""The fitted network painted on a denser grid, and the picture to take home."""

from __future__ import annotations

import re

import streamlit as st

from l335.lab import Lab
from l335.spec import FitImageSpec
from l335.ui.jobs import wait_for
from l335.ui.pictures import fit_for_screen
from l335.ui.wording import plain
from l335.views import JobView, RunView

FACTORS = range(1, 9)


def upsample(lab: Lab, run: RunView) -> None:
    """Draw the choice of a factor and, once asked for, the picture with its download."""
    assert isinstance(run.spec, FitImageSpec)
    st.subheader("Upsample", anchor=False)
    if not run.has_checkpoint:
        st.caption("The picture can be enlarged once the run has stored its first checkpoint.")
        return
    width, height = run.spec.fitted_size
    st.caption(
        "The network knows a colour for every point, not only for the pixels it was fitted to: "
        "ask it at more points and the picture grows."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        factor = st.segmented_control(
            "Factor",
            list(FACTORS),
            default=4,
            required=True,
            format_func=lambda number: f"{number}×",
            key=f"factor.{run.uid}",
        )
        factor = int(factor or 1)
        label = f"Make {width * factor:,} × {height * factor:,} pixels"
        if st.button(label, key=f"upsample.{run.uid}", icon=":material/zoom_out_map:"):
            st.session_state[f"upsampled.{run.uid}"] = factor
    asked = st.session_state.get(f"upsampled.{run.uid}")
    if asked is None:
        return
    uid = lab.request(run.uid, "upsample", {"factor": int(asked)})
    wait_for(lab, uid, "Painting the picture", lambda job: _show(lab, run, job))


def _show(lab: Lab, run: RunView, job: JobView) -> None:
    assert isinstance(run.spec, FitImageSpec)
    picture = job.products["upsampled"]
    width, height, factor = (picture.meta[name] for name in ("width", "height", "factor"))
    name = plain(run.spec.image_name) or "Image"
    # A function: the file may be large, and is read only when it is wanted.
    st.download_button(
        f"Download {width:,} × {height:,} PNG",
        data=lambda: lab.blob(picture.sha256),
        file_name=file_name(run.spec.image_name, factor),
        mime="image/png",
        key=f"download.{job.uid}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    st.image(
        fit_for_screen(picture.sha256),
        caption=f"{name}, {factor}×: {width:,} × {height:,} pixels",
        alt=f"Reconstruction enlarged {factor} times",
        width="content",
    )


def file_name(image_name: str, factor: int) -> str:
    """Name of the downloaded file, such as ``mountains-4x.png``."""
    stem = image_name.rpartition(".")[0] or image_name
    safe = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    return f"{safe or 'image'}-{factor}x.png"
