"""The explorer: one component to look inside a classification run, over its recorded course.

Everything it shows comes from routes of our own and is kept in the browser, so that moving the
slider asks the server for nothing and the page never runs again.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from l335.results.views import RunView
from l335.service import Lab
from l335.ui.image_picker import MAX_UPLOAD_MEGABYTES, take_upload
from l335.ui.links import base_path
from l335.ui.pictures import thumbnail_url

HERE = Path(__file__).parent
PARTS = [
    "../live_view/numbers.js",
    "../asking.js",
    "dom.js",
    "source.js",
    "scrubber.js",
    "recorded.js",
    "picture.js",
    "maps.js",
    "unit.js",
    "confusion.js",
    "charts.js",
    "layers.js",
    "mount.js",
]
CHOSEN = "classify.image"
MAX_OWN_PICTURES = 8

_mount = st.components.v2.component(
    "l335_explorer",
    html='<div class="explorer"></div>',
    css=(HERE / "style.css").read_text(),
    js="\n".join((HERE / part).read_text() for part in PARTS),
)


def explorer(lab: Lab, run: RunView) -> None:
    """Draw the section "Looking inside" of a run, with a place to upload a picture."""
    st.subheader("Looking inside", anchor=False)
    inside = st.container()
    with st.expander("A picture of your own"):
        take_upload(
            lab,
            CHOSEN,
            key="inside",
            label="Choose, drop or paste",
            help=f"PNG, JPEG or WebP, up to {MAX_UPLOAD_MEGABYTES} MB. It stays on this machine.",
        )
        st.caption(
            "It is made grey, 28 × 28 pixels, and inverted where its border is the brighter part: "
            "the garments the network knows are light on black."
        )
    own = [image for image in lab.images.all() if not image.bundled][:MAX_OWN_PICTURES]
    pictures = [
        {"sha256": image.sha256, "name": image.name, "url": thumbnail_url(image.sha256, 56)}
        for image in own
    ]
    with inside:
        _mount(
            key="explorer",
            data={
                "uid": run.uid,
                "state": run.state,
                "prefix": base_path(),
                "images": pictures,
                "chosen": st.session_state.get(CHOSEN),
            },
        )
