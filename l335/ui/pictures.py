"""Pictures made ready for the screen: small squares, and pixels large enough to see.

Small ones travel in a ``data:`` address with the page itself. Streamlit forgets the file behind
an image as soon as its page is left, and a browser still loading it would then complain.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from l335.service.current import current_lab

CRISP_PIXELS = 400  # longer side up to which pixels are repeated, not smoothed
EXACT_PIXELS = 128  # pictures no longer than this are sent as they are


def stored_picture(sha256: str) -> Image.Image:
    """A stored picture in RGB. No second copy is made: a large one takes 13 MB."""
    with Image.open(io.BytesIO(current_lab().blob(sha256))) as image:
        image.load()
        return image if image.mode == "RGB" else image.convert("RGB")


@st.cache_data(max_entries=300, show_spinner=False)
def thumbnail_url(sha256: str, side: int = 160) -> str:
    """A stored picture as a small square, in a ``data:`` address."""
    return _data_url(ImageOps.fit(stored_picture(sha256), (side, side), Image.Resampling.BOX))


def strip_url(addresses: list[str], side: int) -> str:
    """Stored pictures as squares side by side, in a ``data:`` address."""
    strip = Image.new("RGB", (side * max(1, len(addresses)), side))
    for place, sha256 in enumerate(addresses):
        square = ImageOps.fit(stored_picture(sha256), (side, side), Image.Resampling.LANCZOS)
        strip.paste(square, (place * side, 0))
    return _data_url(strip)


@st.cache_data(max_entries=60, show_spinner=False)
def picture_url(
    sha256: str, longest: int = 512, box: tuple[int, int, int, int] | None = None
) -> str:
    """A stored picture, or the part in a box, averaged down, in a ``data:`` address.

    Args:
        sha256: Address of the picture.
        longest: Pixels of its longer side at most.
        box: Left, top, width and height of the part, in stored pixels; all of it where None.
    """
    small = stored_picture(sha256)
    if box is not None:
        left, top, width, height = box
        small = small.crop((left, top, left + width, top + height))
    small.thumbnail((longest, longest), Image.Resampling.BOX)
    return _data_url(small)


def _data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    if max(image.size) <= EXACT_PIXELS:
        image.save(buffer, "PNG")
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    image.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def repeat_pixels(image: Image.Image, factor: int) -> bytes:
    """Each pixel as a square of ``factor`` pixels; PNG."""
    size = (image.width * factor, image.height * factor)
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.NEAREST).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def grey_url(pixels: Any, factor: int) -> str:
    """An array of grey values, [H, W] uint8, with large pixels, in a ``data:`` address."""
    png = repeat_pixels(Image.fromarray(pixels), factor)
    return "data:image/png;base64," + base64.b64encode(png).decode()


def crisp(data: bytes) -> bytes:
    """A picture file whose pixels stay squares on the screen; large ones are left as they are."""
    with Image.open(io.BytesIO(data)) as image:
        factor = CRISP_PIXELS // max(image.size)
        return repeat_pixels(image.convert("RGB"), factor) if factor > 1 else data
