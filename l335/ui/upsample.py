"""The fitted network painted at another size, beside filters, with scores and a download."""

from __future__ import annotations

import json
import re
from typing import Any

import streamlit as st

from l335.analyses.enlargement import (
    FIGURES,
    Enlargement,
    best_methods,
    enlargement,
    figure_text,
    figures_of,
    finding,
    noise_warning,
)
from l335.analyses.looks import MAX_ENLARGED_SIDE, UpsampleLook, look_from_dict
from l335.core.errors import SpecError
from l335.labs.pictures import FITTED_TO
from l335.results.views import JobView, RunView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.ui.compression import best_place
from l335.ui.jobs import ask_for, wait_for
from l335.ui.links import base_path
from l335.ui.sharing import held_on, held_words
from l335.ui.upsample_viewer import upsample_viewer

FACTORS = range(1, 9)
DEFAULT_FACTOR = 4
BY_FACTOR, BY_SIZE = "Factor", "Width × height"
SHOWN = ("network", "bicubic", "lanczos", "nearest", "original")
"""Figures of the table, with their digits."""


def upsample(lab: Lab, run: RunView) -> None:
    """Draw the choice of a size and, once asked for, the pictures, their scores and the file."""
    spec = run.spec
    assert isinstance(spec, FitImageSpec)
    st.subheader("Upsample", anchor=False)
    if not run.has_checkpoint:
        st.caption("The picture can be enlarged once the run has stored its first checkpoint.")
        return
    st.caption(
        "The network knows a colour for every point, not only for the pixels it was fitted to: "
        "ask it at more points and the picture grows. Filters enlarge the same pixels without it."
    )
    warning = noise_warning(spec)
    if warning:
        st.warning(warning, icon=":material/grain:")
    params = _params(run, spec)
    plan = _plan(spec, params)
    label = f"Make {_size(plan.whole)} pixels" if plan else "Make the picture"
    icon = ":material/zoom_out_map:"
    is_clicked = st.button(label, key=f"upsample.{run.uid}", icon=icon, disabled=plan is None)
    if is_clicked:
        st.session_state[f"upsampled.{run.uid}"] = params
    asked = st.session_state.get(f"upsampled.{run.uid}")
    if asked is not None:
        made = ask_for(lab, run.uid, "upsample", asked, again=is_clicked)
        if made is None:
            return
        uid = made
    else:  # after a reload the newest one is there again
        newest = lab.analyses.newest(run.uid, "upsample")
        if newest is None or newest.state == "failed" or "bits" not in newest.params:
            return
        uid = newest.uid
    wait_for(lab, uid, "Painting the pictures", lambda job: _show(lab, run, job))


def _params(run: RunView, spec: FitImageSpec) -> dict[str, Any]:
    """Draw the settings; the fields of the look they stand for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = _asked_size(run, spec)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bits = st.segmented_control(
            "Bits per colour",
            [8, 16],
            default=8,
            required=True,
            key=f"bits.{run.uid}",
            help="16 bits hold 65,536 levels of each colour, for further editing; the screen "
            "shows 8.",
        )
        margin = st.number_input(
            "Margin, in % of a side",
            0,
            50,
            0,
            step=5,
            key=f"margin.{run.uid}",
            help="A band around the frame, where the network was never trained.",
            width=190,
        )
        place = 0
        if spec.num_seeds > 1:
            place = st.selectbox(
                "Seed",
                range(spec.num_seeds),
                index=best_place(run),
                format_func=lambda one: str(spec.seeds[one]),
                key=f"place.{run.uid}",
                width=120,
            )
    return {**size, "bits": int(bits or 8), "margin": margin / 100, "place": place}


def _asked_size(run: RunView, spec: FitImageSpec) -> dict[str, Any]:
    way = st.segmented_control(
        "Size by",
        [BY_FACTOR, BY_SIZE],
        default=BY_FACTOR,
        required=True,
        key=f"size_by.{run.uid}",
    )
    if way == BY_SIZE:
        return _typed_size(run, spec)
    factor = st.segmented_control(
        "Factor",
        list(FACTORS),
        default=spec.hold_back if spec.hold_back > 1 else DEFAULT_FACTOR,
        required=True,
        format_func=lambda number: f"{number}×",
        key=f"factor.{run.uid}",
    )
    return {"factor": int(factor or 1)}


def _typed_size(run: RunView, spec: FitImageSpec) -> dict[str, Any]:
    names = {side: f"{side}.{run.uid}" for side in ("width", "height")}
    keeps = f"keep_shape.{run.uid}"
    ratio = spec.fitted_size[1] / spec.fitted_size[0]

    def follow(side: str) -> None:
        if not st.session_state[keeps]:
            return
        value = st.session_state[names[side]]
        other, fitting = ("height", value * ratio) if side == "width" else ("width", value / ratio)
        st.session_state[names[other]] = min(MAX_ENLARGED_SIDE, max(1, round(fitting)))

    size: dict[str, Any] = {}
    for (side, key), fitted in zip(names.items(), spec.fitted_size, strict=True):
        st.session_state.setdefault(key, DEFAULT_FACTOR * fitted)
        size[side] = st.number_input(
            f"{side.capitalize()}, in pixels",
            1,
            MAX_ENLARGED_SIDE,
            key=key,
            width=170,
            on_change=follow,
            args=(side,),
        )
    st.toggle("Keep the shape", value=True, key=keeps, help="Width and height follow each other.")
    return size


def _plan(spec: FitImageSpec, params: dict[str, Any]) -> Enlargement | None:
    """The sizes; says so and is None where they are too large."""
    look = look_from_dict({**params, "kind": "upsample"})
    assert isinstance(look, UpsampleLook)
    try:
        return enlargement(spec, look)
    except SpecError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _show(lab: Lab, run: RunView, job: JobView) -> None:
    spec = run.spec
    assert isinstance(spec, FitImageSpec)
    picture = job.products["upsampled"]
    whole = (int(picture.meta["width"]), int(picture.meta["height"]))
    bits = int(picture.meta["bits"])
    factor = picture.meta["factor"]
    label = f"{factor:g}x" if factor else "x".join(str(side) for side in whole)
    # A function: the file may be large, and is read only when it is wanted.
    st.download_button(
        f"Download {_size(whole)} PNG, {bits} bits",
        data=lambda: lab.blob(picture.sha256),
        file_name=file_name(spec.image_name, label),
        mime="image/png",
        key=f"download.{job.uid}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    left, above = picture.meta["band"]
    upsample_viewer(job.uid, _panes(job), whole, (int(left), int(above)))
    scores = json.loads(lab.blob(job.products["scores"].sha256))
    st.markdown(score_table(scores))
    if said := finding(scores["methods"]):
        st.markdown(said)
    st.caption(_explained(scores))
    if spec.hold_back == 1:
        _offer_hold_back(run)


def _panes(job: JobView) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": name.capitalize(),
            "url": f"{base_path()}/api/artifacts/{job.products[f'shown/{name}'].uid}",
        }
        for name in SHOWN
        if f"shown/{name}" in job.products
    ]


def score_table(scores: dict[str, Any]) -> str:
    """The figures of every way to enlarge, the best of each in bold; Markdown."""
    methods = scores["methods"]
    has_original = scores["hold_back"] > 1
    figures = figures_of(methods, has_original=has_original)
    lines = [
        f"| | {' | '.join(FIGURES[name].title for name in figures)} |",
        f"|:--|{'--:|' * len(figures)}",
    ]
    best = {name: best_methods(methods, name) for name in figures}
    if any(row.get("is_consistent") for row in methods.values()):
        best["consistency_psnr_db"] = []
    for method, row in methods.items():
        cells = []
        for name in figures:
            text = figure_text(row, name)
            cells.append(f"**{text}**" if text == "exact" or method in best[name] else text)
        lines.append(f"| {method.capitalize()} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _explained(scores: dict[str, Any]) -> str:
    back = (
        "Consistency: the enlarged picture averaged down again, against the image that was "
        "fitted; a dash stands where the picture is smaller than that."
    )
    if scores["hold_back"] == 1:
        return back
    size = _size(scores["original_size"])
    return (
        f"PSNR and SSIM: enlarged {scores['hold_back']} times, to {size} pixels, against the "
        f"original, which no method has seen. {back} The best are in bold."
    )


def _offer_hold_back(run: RunView) -> None:
    assert isinstance(run.spec, FitImageSpec)
    st.caption(
        f"There is no original to score against: {FITTED_TO[run.spec.held_out]}. Fit the image "
        "averaged down, and its enlargement can be compared with it."
    )
    if not held_on(run.task).is_free("hold_back"):
        return
    st.button(
        "Hold back an original, 4×",
        key=f"hold_back.{run.uid}",
        icon=":material/tune:",
        help="Opens the form with `hold_back=4`; everything else stays.",
        on_click=_open_form,
        args=(run.uid,),
    )


def _open_form(uid: str) -> None:
    st.query_params.from_dict({"from": uid, "set": "hold_back=4"} | held_words())


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]:,} × {size[1]:,}"


def file_name(image_name: str, label: str) -> str:
    """Name of the downloaded file, such as ``mountains-4x.png``.

    Args:
        image_name: Name of the image that was fitted.
        label: What tells this picture of it from others, such as ``4x`` or ``640x480``.
    """
    stem = image_name.rpartition(".")[0] or image_name
    safe = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    return f"{safe or 'image'}-{label}.png"
