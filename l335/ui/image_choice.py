"""Choosing several pictures at once, and what is known of each before it is fitted."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from l335.components.component import nearest
from l335.labs.image_experiments import Detail, detail_of
from l335.results.views import ImageView
from l335.service import Lab
from l335.ui.image_picker import take_upload
from l335.ui.pictures import stored_picture
from l335.ui.sharing import Controls
from l335.ui.wording import plain


class Fitted(NamedTuple):
    """The central square of a picture as it will be fitted, [H, W, 3] in [0, 1]."""

    pixels: NDArray[np.float32]
    detail: Detail


def chosen_images(
    lab: Lab, controls: Controls, first: tuple[str, ...], most: int | None = None
) -> list[ImageView]:
    """Draw a choice of pictures with a place to drop one's own.

    Args:
        lab: The lab.
        controls: The page's; the choice is the one named ``images``.
        first: Names of the bundled pictures chosen at first, as far as their colon.
        most: How many can be chosen; any number where it is None.
    """
    key = controls.key
    choice = st.container()
    if controls.held.is_free("images"):
        take_upload(
            lab,
            f"{key}.uploaded",
            key=f"{key}.upload",
            label="Or your own: choose, drop or paste",
            help="PNG, JPEG or WebP, up to 20 MB and 16 megapixels. It stays on this machine.",
        )
    images = {image.sha256: image for image in lab.images.all()}
    names = _names_apart(images)
    _say_unknown(st.query_params.get_all(f"{key}.images"), names)
    uploaded = st.session_state.pop(f"{key}.uploaded", None)
    chosen = st.session_state.get(f"{key}.images")
    if uploaded in images and uploaded not in (chosen or []):
        if chosen is None:
            chosen = _named(images, first)
        st.session_state[f"{key}.images"] = [*chosen, uploaded][-(most or 99) :]
    with choice:
        picked = controls.draw(
            st.multiselect,
            "images",
            list(images),
            max_selections=most,
            default=None if f"{key}.images" in st.session_state else _named(images, first),
            format_func=names.__getitem__,
            placeholder="Choose pictures",
        )
    return [images[sha256] for sha256 in picked]


def _names_apart(images: dict[str, ImageView]) -> dict[str, str]:
    """Each picture's name; of two that share one, the address tells them apart."""
    short = {sha256: image.short_name for sha256, image in images.items()}
    count = Counter(short.values())
    return {
        sha256: name if count[name] == 1 else f"{name} ({sha256[:6]})"
        for sha256, name in short.items()
    }


def _say_unknown(asked: list[str], names: dict[str, str]) -> None:
    for name in asked:
        if name and name not in names.values():
            hint = nearest(name, list(names.values()))
            st.error(
                f"No picture named “{plain(name)}” is stored on this machine; {plain(hint)}",
                icon=":material/error:",
            )


def _named(images: dict[str, ImageView], first: tuple[str, ...]) -> list[str]:
    return [
        sha256
        for name in first
        for sha256, image in images.items()
        if image.bundled and image.short_name == name
    ]


@st.cache_data(max_entries=60, show_spinner=False)
def fitted_pixels(sha256: str, size: int) -> Fitted:
    """The central square of a stored picture, averaged down to ``size`` pixels a side."""
    picture = stored_picture(sha256)
    side = min(*picture.size, size)
    small = ImageOps.fit(picture, (side, side), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float32) / np.float32(255)
    return Fitted(pixels, detail_of(pixels))
