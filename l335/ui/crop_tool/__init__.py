"""Choosing the part of a picture that is fitted: a rectangle to draw, move and resize.

The crop belongs to the picture: presets, which name none, leave it; settings of a run bring both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from l335.results.views import ImageView
from l335.spec import MIN_SIDE, FitImageSpec
from l335.ui.forms import SpecForm
from l335.ui.image_picker import CHOSEN
from l335.ui.pictures import picture_url
from l335.ui.sharing import LOCKED

HERE = Path(__file__).parent
CROP = "fit-image.crop"
MAX_PAST = 50

HTML = """
<div class="l335-crop">
  <div class="l335-stage">
    <img alt="" draggable="false">
    <div class="l335-shade"><span></span></div>
    <div class="l335-box" tabindex="0" role="group" aria-roledescription="crop box"></div>
  </div>
  <div class="l335-size" role="status"></div>
  <div class="l335-row l335-parts"></div>
  <div class="l335-row l335-aspects" role="radiogroup" aria-label="Aspect of the part"></div>
</div>
"""

_mount = st.components.v2.component(
    "l335_crop_tool",
    html=HTML,
    css=(HERE / "style.css").read_text(),
    js="\n".join((HERE / part).read_text() for part in ("geometry.js", "crop.js")),
)

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Crop:
    """Which part of a picture is kept, as the fields ``crop`` and ``crop_box`` say it.

    Attributes:
        kind: All of it, its central square, or a box.
        box: Left, top, width and height in stored pixels, where ``kind`` is ``box``.
    """

    kind: Literal["none", "square", "box"] = "none"
    box: Box | None = None

    def fits(self, image: ImageView) -> bool:
        """Whether the box lies within a picture and is not too small."""
        if self.kind != "box":
            return True
        if self.box is None:
            return False
        left, top, width, height = self.box
        inside = left + width <= image.width and top + height <= image.height
        return min(left, top) >= 0 and min(width, height) >= MIN_SIDE and inside


def follow_form(form: SpecForm) -> None:
    """Take picture and crop of the settings the form starts from, once, where they name one."""
    start, memory = form.start, st.session_state
    assert isinstance(start, FitImageSpec)
    if memory.get(f"{CROP}.form") == form.version:
        return
    is_first = CROP not in memory
    memory[f"{CROP}.form"] = form.version
    if not is_first and not start.image:
        return
    if start.image:
        memory[CHOSEN] = start.image
    _set(Crop(start.crop, start.crop_box))
    memory[f"{CROP}.past"] = []


def crop_tool(image: ImageView | None, form: SpecForm) -> dict[str, Any]:
    """Draw the picture with its crop; the fields ``crop`` and ``crop_box``.

    Args:
        image: The chosen picture; nothing is drawn without one.
        form: Says at which resolution the part will be fitted, and whether it is free.
    """
    if image is None:
        return {"crop": "none", "crop_box": None}
    crop = _of_picture(image)
    if not form.held.is_free("crop"):
        if form.held.is_locked("crop"):
            _show(image, crop)
        return {"crop": crop.kind, "crop_box": crop.box}

    def change() -> None:
        value = st.session_state["crop_tool"].changed
        if isinstance(value, dict):
            st.session_state[f"{CROP}.serial"] = value.get("serial")
            _take(value, image)

    _mount(
        key="crop_tool",
        data={
            "sha256": image.sha256,
            "name": image.name,
            "url": picture_url(image.sha256, 640),
            "width": image.width,
            "height": image.height,
            "kind": crop.kind,
            "box": crop.box,
            "smallest": MIN_SIDE,
            "image_size": form.value("image_size"),
            "hold_back": form.value("hold_back"),
            "can_undo": bool(st.session_state.get(f"{CROP}.past")),
            "serial": st.session_state.get(f"{CROP}.serial"),
        },
        on_changed_change=change,
    )
    if note := st.session_state.get(f"{CROP}.note"):
        st.caption(note)
    return {"crop": crop.kind, "crop_box": crop.box}


def _show(image: ImageView, crop: Crop) -> None:
    spec = FitImageSpec(
        image_width=image.width, image_height=image.height, crop=crop.kind, crop_box=crop.box
    )
    st.image(picture_url(image.sha256, 640, spec.stored_box), alt="The part that is fitted")
    st.caption("The part that is fitted.", help=LOCKED)


def _of_picture(image: ImageView) -> Crop:
    """The crop in force; one that does not fit a picture just chosen falls back to all of it."""
    memory = st.session_state
    crop: Crop = memory.get(CROP, Crop())
    if memory.get(f"{CROP}.image") != image.sha256:
        memory[f"{CROP}.image"] = image.sha256
        memory[f"{CROP}.past"] = []
        memory.pop(f"{CROP}.note", None)
    if crop.fits(image):
        return crop
    _set(Crop())
    memory[f"{CROP}.past"] = []
    size = "" if crop.box is None else f" of {crop.box[2]:,} × {crop.box[3]:,} pixels"
    memory[f"{CROP}.note"] = (
        f"The part{size} that was drawn does not fit this picture, so all of it is kept."
    )
    return Crop()


def _take(value: dict[str, Any], image: ImageView) -> None:
    """What the browser sent: a crop, or the wish to undo the last one."""
    past: list[Crop] = st.session_state.get(f"{CROP}.past", [])
    current: Crop = st.session_state.get(CROP, Crop())
    if value.get("undo"):
        if past:
            st.session_state[f"{CROP}.past"] = past[:-1]
            _set(past[-1])
        return
    crop = crop_from(value, image)
    if crop is None or crop == current:
        return
    st.session_state[f"{CROP}.past"] = [*past, current][-MAX_PAST:]
    _set(crop)


def crop_from(value: dict[str, Any], image: ImageView) -> Crop | None:
    """The crop a message of the browser stands for; None where it makes no sense."""
    kind, numbers = value.get("kind"), value.get("box")
    if kind in ("none", "square"):
        return Crop("none" if kind == "none" else "square")
    if not isinstance(numbers, list) or len(numbers) != 4:
        return None
    if not all(isinstance(number, int) for number in numbers):
        return None
    left, top, width, height = numbers
    crop = Crop("box", (left, top, width, height))
    if crop.box == (0, 0, image.width, image.height):
        return Crop()
    return crop if crop.fits(image) else None


def _set(crop: Crop) -> None:
    st.session_state[CROP] = crop
    st.session_state.pop(f"{CROP}.note", None)
