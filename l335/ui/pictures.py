"""Pictures made ready for the screen: small squares, and pixels large enough to see."""

from __future__ import annotations

import base64
import io
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from l335.web.current import current_lab

SHEET_PIXELS = 1400
MAX_SHOWN_PIXELS = 1600


@st.cache_data(max_entries=300, show_spinner=False)
def thumbnail_url(sha256: str, side: int = 160) -> str:
    """A stored picture as a small square, in a ``data:`` address."""
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
        small = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BOX)
    return _data_url(small)


def thumbnail_bytes(addresses: list[str], side: int) -> bytes:
    """Stored pictures as squares side by side; JPEG."""
    strip = Image.new("RGB", (side * max(1, len(addresses)), side))
    for place, sha256 in enumerate(addresses):
        with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
            square = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        strip.paste(square, (place * side, 0))
    buffer = io.BytesIO()
    strip.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@st.cache_data(max_entries=60, show_spinner=False)
def picture_url(sha256: str, longest: int = 512) -> str:
    """A whole stored picture, averaged down, in a ``data:`` address."""
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
        small = image.convert("RGB")
        small.thumbnail((longest, longest), Image.Resampling.BOX)
    return _data_url(small)


def _data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


@st.cache_data(max_entries=200, show_spinner=False)
def with_large_pixels(sha256: str, width: int = SHEET_PIXELS) -> bytes:
    """A small stored picture with each pixel repeated, so that screens don't blur it; PNG."""
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
        image.load()
    return repeat_pixels(image, max(1, width // image.width))


def repeat_pixels(image: Image.Image, factor: int) -> bytes:
    """Each pixel as a square of ``factor`` pixels; PNG."""
    size = (image.width * factor, image.height * factor)
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.NEAREST).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def grey_pixels(pixels: Any, factor: int) -> bytes:
    """An array of grey values, [H, W] uint8, as a PNG with large pixels."""
    return repeat_pixels(Image.fromarray(pixels), factor)


@st.cache_data(max_entries=20, show_spinner=False)
def fit_for_screen(sha256: str) -> bytes:
    """A stored picture no larger than a screen needs; JPEG."""
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
        small = image.convert("RGB")
        small.thumbnail((MAX_SHOWN_PIXELS, MAX_SHOWN_PIXELS), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
