"""Choosing the picture to fit: a strip of thumbnails, and a place to drop one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from l335.errors import ImageRefused
from l335.lab import Lab
from l335.ui.image_picker.removal import offer_removal
from l335.ui.pictures import thumbnail_url
from l335.ui.restrictions import Restrictions
from l335.ui.sharing import locked_help
from l335.ui.uploads import Upload, let_go, take
from l335.ui.wording import plain
from l335.views import ImageView

HERE = Path(__file__).parent
CHOSEN = "fit-image.image"
MAX_UPLOAD_MEGABYTES = 20
MAX_SHOWN = 18

_mount = st.components.v2.component(
    "l335_image_picker",
    html="""
<div class="l335-strip" role="radiogroup" aria-label="Image">
</div>
""",
    css=(HERE / "style.css").read_text(),
    js=(HERE / "picker.js").read_text(),
)


def image_picker(lab: Lab, held: Restrictions, fallback: str = "") -> ImageView | None:
    """Draw the picker; the picture that is chosen.

    Args:
        lab: The lab.
        held: What the address locks and hides; only a free choice has strip and upload.
        fallback: The picture chosen at first, by SHA-256; the first of all where it is unknown.
    """
    strip = st.container()
    if held.is_free("image"):
        take_upload(
            lab,
            CHOSEN,
            key="upload",
            label="Or your own: choose, drop or paste",
            help="PNG, JPEG or WebP, up to 20 MB and 16 megapixels. It stays on this machine.",
        )
    images = lab.images()
    if not images:
        st.info("There is no image yet. Upload one.", icon=":material/info:")
        return None
    by_address = {image.sha256: image for image in images}
    chosen = st.session_state.get(CHOSEN, fallback)
    image = by_address.get(chosen, images[0])
    if held.is_hidden("image"):
        return image
    with strip:
        st.markdown("**Picture**")
        if held.is_free("image"):
            _strip(images, image)
        size = f"{image.width:,} × {image.height:,} pixels"
        st.caption(
            f"{plain(image.name)}: {size}. {image.notice}",
            help=locked_help(held, "image", None)["help"],
        )
        if held.is_free("image"):
            offer_removal(lab, image, CHOSEN)
    return image


def _strip(images: Sequence[ImageView], chosen: ImageView) -> None:
    shown = list(images[:MAX_SHOWN])
    if chosen not in shown:
        shown[-1] = chosen
    known = {image.sha256 for image in images}

    def choose() -> None:
        picked = st.session_state["image_strip"].picked
        if picked in known:
            st.session_state[CHOSEN] = picked

    cards = [
        {"sha256": one.sha256, "name": one.name, "url": thumbnail_url(one.sha256)} for one in shown
    ]
    _mount(
        key="image_strip",
        data={"chosen": chosen.sha256, "images": cards},
        on_picked_change=choose,
    )


def take_upload(lab: Lab, chosen: str, *, key: str, label: str, help: str) -> None:
    """Draw the place to drop a picture, and store what is dropped there.

    Args:
        lab: The lab.
        chosen: Key in the session state that is set to the SHA-256 of the stored picture.
        key: Key of the widget, which also begins those of what it remembers.
        label: Shown above it.
        help: Which files are taken.
    """
    waiting = f"{key}.waiting"

    def arrive() -> None:
        uploaded = st.session_state[key]
        # One that waited too long for its page to take it is gone.
        is_there = isinstance(uploaded, UploadedFile)
        st.session_state[waiting] = take(uploaded) if is_there else None
        st.session_state[f"{key}.refusal"] = ""

    st.file_uploader(
        label,
        type=["png", "jpg", "jpeg", "webp"],
        max_upload_size=MAX_UPLOAD_MEGABYTES,
        key=key,
        help=help,
        on_change=arrive,
    )
    upload: Upload | None = st.session_state.get(waiting)
    if upload is not None:
        # Another click may end the script at the spinner; the next one then takes the file up
        # again.
        try:
            with st.spinner("Checking the picture …"):
                image = lab.add_image(upload.data, upload.name)
        except ImageRefused as error:
            st.session_state[f"{key}.refusal"] = str(error)
        else:
            st.session_state[chosen] = image.sha256
        st.session_state[waiting] = None
        let_go(upload)
    if refusal := st.session_state.get(f"{key}.refusal"):
        st.error(refusal, icon=":material/error:")
