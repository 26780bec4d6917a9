"""Image intake: a file from anyone becomes plain pixels, or a sentence that says why not."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from l335.core.errors import ImageRefused

if TYPE_CHECKING:
    from PIL import Image

BUNDLED = (
    ("mountains.png", "Mountains: sky, rock, grass and snow"),
    ("sky.png", "Sky: low spatial frequencies"),
    ("grass.png", "Grass: high spatial frequencies"),
    ("creek.png", "Creek: stones and leaves"),
    ("dandelion.png", "Dandelion: sharp on a blurred ground"),
    ("pavilion.jpg", "Pavilion: edges and repeated structure"),
)
"""File name and title of each image in ``assets/images``."""

MAX_BYTES = 20_000_000
"""Largest file accepted."""

MAX_STORED_SIDE = 2048
"""Pixels; larger images are averaged down."""

TIMEOUT_SECONDS = 30.0
"""Longest wait for one file; busy cores make a decode of 0.2 s slower, never this slow."""

SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}
"""Endings of file names by media type."""

_DECODE = Path(__file__).with_name("decode.py")
_DECODERS = threading.BoundedSemaphore(2)  # each may take 1 GB


def media_type(data: bytes) -> str:
    """Of a stored picture, by its first bytes: ``image/png`` or ``image/jpeg``."""
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


@dataclass(frozen=True)
class CleanImage:
    """An accepted image, encoded anew from its pixels.

    Attributes:
        png: RGB PNG without metadata, longest side at most 2048.
        notice: What was changed, in words for the person; empty when nothing was.
    """

    png: bytes
    width: int
    height: int
    notice: str


def sanitise(data: bytes) -> CleanImage:
    """Check and decode an untrusted PNG, JPEG or WebP file; takes about 0.2 s.

    Orientation is applied, transparency laid on white, colour made RGB, and every other byte
    of the file is dropped.

    Raises:
        ImageRefused: With a sentence on what is wrong and what to do.
    """
    if len(data) > MAX_BYTES:
        raise ImageRefused(
            f"The file has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1_000_000} MB are "
            "accepted, so scale the image down or save it as JPEG."
        )
    width, height, rgb, notice = _decoded(data)
    # Encoded here, from a byte count that was checked: no byte of the other process's making
    # is ever stored as a file.
    from PIL import Image

    image = Image.frombytes("RGB", (width, height), rgb)
    if max(image.size) > MAX_STORED_SIDE:
        image = _averaged_down(image)
        change = f"from {width:,} x {height:,} to {image.width:,} x {image.height:,} pixels"
        notice = f"{notice} Averaged down by area {change}.".strip()
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return CleanImage(buffer.getvalue(), image.width, image.height, notice)


def _averaged_down(image: Image.Image) -> Image.Image:
    import numpy as np
    from PIL import Image

    from l335.data.images.area import area_averaged

    scale = MAX_STORED_SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    means = area_averaged(np.asarray(image), width, height)
    return Image.fromarray(np.asarray(means + 0.5, dtype=np.uint8))


def _decoded(data: bytes) -> tuple[int, int, bytes, str]:
    # Isolated mode and an empty environment: no code from the working folder, no secrets.
    command = [sys.executable, "-I", "-B", str(_DECODE)]
    try:
        with _DECODERS:
            done = subprocess.run(
                command, input=data, capture_output=True, env={}, cwd="/", timeout=TIMEOUT_SECONDS
            )
    except subprocess.TimeoutExpired:
        raise ImageRefused(
            f"The image took longer than {TIMEOUT_SECONDS:.0f} s to decode; scale it down first."
        ) from None
    if done.returncode != 0:
        raise ImageRefused(
            "The image took too much memory or time to decode; scale it down and save it again "
            "as PNG or JPEG."
        )
    line, _, rgb = done.stdout.partition(b"\n")
    header = json.loads(line)
    if "refused" in header:
        raise ImageRefused(str(header["refused"]))
    return int(header["width"]), int(header["height"]), rgb, str(header["notice"])
