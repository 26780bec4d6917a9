"""Pictures made ready for a report: small files, and tiles laid out to be seen."""

from __future__ import annotations

import io
import math
from typing import Any

from PIL import Image

GAP_PIXELS = 1
COLUMNS = 9
SHEET_PIXELS = 900  # width the maps of a layer are enlarged to at most
SMALL_QUALITY = 90  # of the JPEG of a picture averaged down


def fitting(data: bytes, longest: int) -> bytes:
    """A picture as it is; one with a longer side averaged down, as JPEG."""
    with Image.open(io.BytesIO(data)) as image:
        if max(image.size) <= longest:
            return data
        small = image.convert("RGB")
    small.thumbnail((longest, longest), Image.Resampling.BOX)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=SMALL_QUALITY)
    return buffer.getvalue()


def wall_tiles(data: bytes, number: int) -> list[Image.Image]:
    """The fits of networks trained side by side, cut from the wall their run has stored.

    Args:
        data: The wall, row by row with ceil(sqrt(number)) columns.
        number: Of networks.
    """
    with Image.open(io.BytesIO(data)) as image:
        sheet = image.convert("RGB")
    columns = math.ceil(math.sqrt(number))
    width, height = sheet.width // columns, sheet.height // math.ceil(number / columns)
    corners = [(place % columns * width, place // columns * height) for place in range(number)]
    return [sheet.crop((left, top, left + width, top + height)) for left, top in corners]


def middle_of(data: bytes, share: float, longest: int) -> bytes:
    """The middle of a picture, its pixels repeated so that they can be seen; PNG."""
    with Image.open(io.BytesIO(data)) as image:
        whole = image.convert("RGB")
    width, height = (max(1, round(side * share)) for side in whole.size)
    left, top = (whole.width - width) // 2, (whole.height - height) // 2
    part = whole.crop((left, top, left + width, top + height))
    return enlarged(part, longest)


def last_row(data: bytes, meta: dict[str, Any]) -> bytes:
    """The maps of the last snapshot of a sheet, side by side; PNG.

    Args:
        data: A sheet of tiles [S, C, H, W]: a row for each snapshot, a column for each map.
        meta: With its ``shape``.
    """
    num_rows, num_maps, height, width = (int(side) for side in meta["shape"])
    with Image.open(io.BytesIO(data)) as image:
        sheet = image.convert("L")
    columns = min(COLUMNS, num_maps)
    rows = -(-num_maps // columns)
    size = (columns * (width + GAP_PIXELS) - GAP_PIXELS, rows * (height + GAP_PIXELS) - GAP_PIXELS)
    laid = Image.new("L", size, 255)
    top = (num_rows - 1) * height
    for place in range(num_maps):
        tile = sheet.crop((place * width, top, (place + 1) * width, top + height))
        at = (place % columns) * (width + GAP_PIXELS), (place // columns) * (height + GAP_PIXELS)
        laid.paste(tile, at)
    return enlarged(laid, SHEET_PIXELS)


def crisp(data: bytes, longest: int) -> bytes:
    """A small picture with its pixels repeated; PNG."""
    with Image.open(io.BytesIO(data)) as image:
        return enlarged(image.copy(), longest)


def enlarged(image: Image.Image, longest: int) -> bytes:
    """A picture as many whole times larger as fits; PNG."""
    factor = max(1, longest // max(image.size))
    large = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
