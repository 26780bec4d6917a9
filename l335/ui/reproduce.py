"""A run to take home: as a script in plain PyTorch, and its weights."""

from __future__ import annotations

import io
import zipfile

import streamlit as st

from l335.core.errors import LabError
from l335.export.scripts import script_of
from l335.export.standalone import file_stem, picture_name
from l335.export.standalone.weights import exported_weights
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import FitImageSpec


def reproduce(lab: Lab, run: RunView) -> None:
    """Draw the buttons that download a run as a script, and its weights; the code is folded."""
    st.subheader("The same in plain PyTorch", anchor=False)
    try:
        text = script_of(run)
    except LabError as error:
        st.caption(str(error))
        text = ""
    with st.container(horizontal=True):
        if text:
            _script_button(lab, run, text)
        if run.has_checkpoint:
            _weights_button(lab, run)
    if not text:
        return
    is_exact = run.precision in ("", "float32")
    same = (
        "On the same machine it ends with the same figures"
        if is_exact
        else f"It computes in float32, the run in {run.precision}, so its figures differ"
    )
    st.caption(
        f"The script imports nothing of the lab. {same}; "
        "`--load FILE` judges the weights instead of training."
    )
    with st.expander("Read the script"):
        st.code(text, language="python", height=600)


def _script_button(lab: Lab, run: RunView, text: str) -> None:
    stem, spec = file_stem(run.spec, run.uid), run.spec
    if isinstance(spec, FitImageSpec):
        st.download_button(
            "Script and image",
            lambda: script_and_image(f"{stem}.py", text, spec, lab.blob(spec.image)),
            file_name=f"{stem}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
        )
        return
    st.download_button(
        "Script",
        text,
        file_name=f"{stem}.py",
        mime="text/x-python",
        icon=":material/code:",
        on_click="ignore",
    )


def _weights_button(lab: Lab, run: RunView) -> None:
    st.download_button(
        "Weights",
        lambda: exported_weights(lab.checkpoint(run.uid)),
        file_name=f"{file_stem(run.spec, run.uid)}.safetensors",
        mime="application/octet-stream",
        icon=":material/save:",
        on_click="ignore",
        help="Of the newest checkpoint, float32, as safetensors named `model.<parameter>`.",
    )


def script_and_image(name: str, text: str, spec: FitImageSpec, image: bytes) -> bytes:
    """A zip with the script, the image where it looks for it, and how to run it."""
    picture = picture_name(spec)
    note = (
        f"python {name} fits a network to {picture} as the run did, and ends with its figures.\n"
        "It needs torch, numpy and pillow.\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
        archive.writestr(picture, image)
        archive.writestr("README.txt", note)
    return packed.getvalue()
