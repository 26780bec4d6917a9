"""The course of an image fit: one slider over its recorded steps, and all that moves with it.

Everything it shows comes from routes of our own and is kept in the browser, so that moving the
slider asks the server for nothing and the page never runs again. Slider, tiles and polling are
the explorer's.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from l335.results.views import RunView
from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.ui.links import base_path

HERE = Path(__file__).parent
SHARED = HERE.parent / "explorer"
PARTS = [
    HERE.parent / "live_view" / "numbers.js",
    HERE.parent / "asking.js",
    SHARED / "dom.js",
    SHARED / "source.js",
    SHARED / "scrubber.js",
    SHARED / "recorded.js",
    SHARED / "maps.js",
    HERE / "pictures.js",
    HERE / "spectrum.js",
    HERE / "heat_map.js",
    HERE / "neurons.js",
    HERE / "film.js",
    HERE / "mount.js",
]

_mount = st.components.v2.component(
    "l335_course",
    html='<div class="explorer course"></div>',
    css=(SHARED / "style.css").read_text() + (HERE / "style.css").read_text(),
    js="\n".join(part.read_text() for part in PARTS),
)


def course(run: RunView, original: str | None) -> None:
    """Draw the section "Coarse before fine?" of a run that fits an image.

    Args:
        run: The run; it may still wait or train.
        original: Address of the picture it is fitted to, for as long as the run has none.
    """
    spec = run.spec
    assert isinstance(spec, FitImageSpec)
    if kept := current_lab().previews(run.uid).get("original"):
        original = f"{base_path()}/api/artifacts/{kept.uid}"
    st.subheader("Coarse before fine?", anchor=False)
    _mount(
        key="course",
        data={
            "uid": run.uid,
            "state": run.state,
            "prefix": base_path(),
            "original": original,
            "seeds": list(spec.seeds),
            "size": list(spec.fitted_size),
        },
    )
