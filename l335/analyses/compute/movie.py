"""The recorded course of a fit as an animated GIF.

A GIF and no MP4: Pillow, which is here anyway, writes it, and slides, documents and browsers play
it without a player. MP4 would need a video encoder that the lab does not otherwise have.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from l335.analyses.compute.product import Product
from l335.engine.train import Resources
from l335.spec import FitImageSpec

PANEL_HEIGHT = 320  # pixels
MAX_PANEL_WIDTH = 480
GAP, HEAD, FOOT = 12, 34, 26  # pixels between the panels, above them and below them
FRAME_MS, LAST_FRAME_MS = 400, 2000
INK, PAPER, GREY = (32, 32, 32), (255, 255, 255), (150, 150, 150)
FIT, ERROR = (28, 131, 225), (217, 72, 15)
SPAN_DECADES = 8  # of power; less than that is rounding
OVERSAMPLED = 2  # lines are drawn larger and averaged down, so that they are smooth


class Moment(NamedTuple):
    """What is shown of one step; error map and spectrum where they were recorded."""

    step: int
    picture: Image.Image
    error: Image.Image | None
    spectrum: dict[str, Any] | None


def movie(
    spec: FitImageSpec,
    params: dict[str, Any],
    resources: Resources,
    report: Callable[[float], None],
) -> Product:
    """One frame for each recorded step: picture, error map and spectrum side by side.

    Of several seeds there is only the wall of their pictures.
    """
    moments = [_moment(entry, resources) for entry in params["snapshots"]]
    power = _power_range([one.spectrum for one in moments if one.spectrum])
    frames = []
    for number, moment in enumerate(moments, 1):
        frame = _frame(moment, spec.steps, power)
        frames.append(frame.quantize(256, dither=Image.Dither.FLOYDSTEINBERG))
        report(number / (len(moments) + 1))
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS],
        loop=0,
    )
    width, height = frames[0].size
    steps = [moment.step for moment in moments]
    return Product(
        "movie", "image/gif", buffer.getvalue(), {"width": width, "height": height, "steps": steps}
    )


def _moment(entry: Sequence[Any], resources: Resources) -> Moment:
    step, picture, error, spectrum = entry
    return Moment(
        int(step),
        _opened(resources.read_blob(picture)),
        _opened(resources.read_blob(error)) if error else None,
        json.loads(resources.read_blob(spectrum)) if spectrum else None,
    )


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as opened:
        return opened.convert("RGB")


def _frame(moment: Moment, num_steps: int, power: tuple[float, float]) -> Image.Image:
    panels = [("Picture", _sized(moment.picture))]
    if moment.error:
        panels.append(("Error, black 0 and yellow from 25 % on", _sized(moment.error)))
    if moment.spectrum:
        panels.append(("", _spectrum(moment.spectrum, power)))
    width = sum(panel.width for _, panel in panels) + GAP * (len(panels) + 1)
    height = max(panel.height for _, panel in panels)
    frame = Image.new("RGB", (width, HEAD + height + FOOT), PAPER)
    pen = ImageDraw.Draw(frame)
    title = f"Step {moment.step:,} of {num_steps:,}"
    pen.text((GAP, HEAD / 2), title, INK, ImageFont.load_default(18), "lm")
    left = GAP
    for caption, panel in panels:
        frame.paste(panel, (left, HEAD))
        at = (left, HEAD + panel.height + FOOT / 2)
        _fitting_text(pen, at, caption, panel.width)
        left += panel.width + GAP
    return frame


def _fitting_text(pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, width: int) -> None:
    """The text below a panel, cut at a comma where the panel is too narrow for it."""
    font = ImageFont.load_default(13)
    shown = text if pen.textlength(text, font) <= width else text.partition(",")[0]
    pen.text(at, shown, INK, font, "lm")


def _sized(picture: Image.Image) -> Image.Image:
    """As high as the panels; small pictures keep hard pixels."""
    scale = min(PANEL_HEIGHT / picture.height, MAX_PANEL_WIDTH / picture.width)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    return picture.resize(size, how)


def _power_range(spectra: list[dict[str, Any]]) -> tuple[float, float]:
    """Lowest and highest power drawn, the same in every frame."""
    names = ("target", "fit", "error")
    found = [value for one in spectra for name in names for value in one[name] if value]
    if not found:
        return 1e-4, 1.0
    high = max(found)
    low = max(min(found), high / 10**SPAN_DECADES)
    return 10 ** math.floor(math.log10(low)), 10 ** (math.floor(math.log10(high)) + 1)


def _spectrum(spectrum: dict[str, Any], power: tuple[float, float]) -> Image.Image:
    """Power of target, fit and error against cycles per image, both on log scales."""
    scale = OVERSAMPLED
    size = (PANEL_HEIGHT * 5 // 4 * scale, PANEL_HEIGHT * scale)
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12 * scale)
    left, right, top, bottom = 46 * scale, size[0] - 8 * scale, 24 * scale, size[1] - 34 * scale
    edges = spectrum["edges"]
    across, up = math.log(edges[-1] / edges[0]), math.log(power[1] / power[0])

    def x(cycles: float) -> float:
        return left + math.log(cycles / edges[0]) / across * (right - left)

    def y(value: float) -> float:
        return bottom - math.log(max(value, power[0]) / power[0]) / up * (bottom - top)

    pen.rectangle((left, top, right, bottom), outline=GREY, width=scale)
    for cycles in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        if edges[0] <= cycles <= edges[-1]:
            pen.line((x(cycles), bottom, x(cycles), bottom + 4 * scale), GREY, scale)
            pen.text((x(cycles), bottom + 6 * scale), str(cycles), INK, font, "mt")
    pen.text(((left + right) / 2, size[1]), "cycles per image", INK, font, "mb")
    low, high = (round(math.log10(value)) for value in power)
    for exponent in range(low, high + 1, max(1, (high - low) // 4)):
        at = y(10.0**exponent)
        pen.text((left - 5 * scale, at), f"1e{exponent}", INK, font, "rm")
    lines = (("picture", "target", INK), ("fit", "fit", FIT), ("error", "error", ERROR))
    for number, (label, name, colour) in enumerate(lines):
        pen.text((left + number * 80 * scale, top - 6 * scale), label, colour, font, "ls")
        points = [
            (x(cycles), y(value))
            for cycles, value in zip(spectrum["bands"], spectrum[name], strict=True)
            if value
        ]
        if len(points) > 1:
            pen.line(points, colour, 2 * scale, "curve")
    return picture.resize((size[0] // scale, size[1] // scale), Image.Resampling.LANCZOS)
