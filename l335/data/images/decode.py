"""Turns one image file into plain pixels, in a process of its own.

Reads the file from standard input and writes one JSON line, then the RGB bytes, to standard
output. It runs alone (``python -I decode.py``) under limits on memory, time, files and
processes, because decoders are where hostile files do their harm; nothing but pixels and
sentences leaves it.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from dataclasses import dataclass

# All that decoding needs, because Pillow loads lazily and the limits close the file table.
from PIL import (  # noqa: F401
    ExifTags,
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

Image.preinit()

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 16_000_000
MAX_SIDE = 8192
MIN_SIDE = 8
MAX_ASPECT = 20
TURNED = range(2, 9)  # orientations that are not upright

PNG_DEPTH_AT = 24
"""Byte of a PNG with its bits per channel; Pillow hands 16-bit colour over as 8 bits."""

MEMORY_LIMIT_BYTES = 1 << 30
CPU_LIMIT_SECONDS = 10

DAMAGED = "The file is damaged or cut short and can't be read; save it again as PNG or JPEG."


class Refused(Exception):
    """The file is not accepted; the text is a sentence for the person who sent it."""


@dataclass(frozen=True)
class Pixels:
    """An image without anything else: ``rgb`` is height * width * 3 bytes."""

    width: int
    height: int
    rgb: bytes
    notice: str


def decode(data: bytes) -> Pixels:
    """The pixels of a PNG, JPEG or WebP file, upright, on white, as large as they are.

    Raises:
        Refused: Whatever is wrong with the file; no other exception comes out.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of bombs between 89 and 179 MP
            return _decode(data)
    except Refused:
        raise
    except UnidentifiedImageError:
        raise Refused(_not_an_image(data)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(
            f"The image has more than {MAX_PIXELS // 1_000_000} megapixels; scale it down first."
        ) from None
    except MemoryError:
        raise Refused(
            "The image needs more than 1 GB of memory to decode; scale it down first."
        ) from None
    except Exception:
        # Decoders raise almost anything on damaged input: OSError, ValueError, SyntaxError...
        raise Refused(DAMAGED) from None


def _decode(data: bytes) -> Pixels:
    if not data:
        raise Refused("The file is empty; choose a PNG, JPEG or WebP image.")
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        notices: list[str] = []
        _check_size(*image.size)
        # The further frames of an MPO, as phones write, are previews or depth of the first.
        if image.format == "MPO":
            notices.append("The file holds further pictures; only the main one is kept.")
        elif getattr(image, "n_frames", 1) != 1:
            raise Refused(
                f"The file is an animation of {getattr(image, 'n_frames', 0)} frames; "
                "export a single frame as PNG."
            )
        if image.format == "PNG" and data[PNG_DEPTH_AT] == 16:
            notices.append("Of its 16 bits for each colour the upper 8 are kept.")
        image.load()
        rgb = _on_white(_upright(image, notices), notices)
        return Pixels(rgb.width, rgb.height, rgb.tobytes(), " ".join(notices))


def _check_size(width: int, height: int) -> None:
    size = f"{width:,} x {height:,} pixels"
    if width * height > MAX_PIXELS:
        raise Refused(
            f"The image has {size} ({width * height / 1e6:.1f} megapixels); at most "
            f"{MAX_PIXELS // 1_000_000} megapixels are accepted, so scale it down first."
        )
    if min(width, height) < MIN_SIDE:
        raise Refused(f"The image has {size}; each side must be at least {MIN_SIDE} pixels.")
    if max(width, height) > MAX_SIDE:
        raise Refused(
            f"The image has {size}; no side may be longer than {MAX_SIDE:,} pixels, so scale "
            "it down first."
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise Refused(
            f"The image has {size}; one side may be at most {MAX_ASPECT} times the other, so "
            "crop it first."
        )


def _upright(image: Image.Image, notices: list[str]) -> Image.Image:
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception:
        # The pixels are sound; only the camera's note is not, and nothing else of it is used.
        notices.append("Its note on orientation is damaged, so it is kept as stored.")
        return image
    if image.getexif().get(ExifTags.Base.Orientation, 1) in TURNED:
        notices.append("Turned upright, as its note on orientation says.")
    return upright


def _on_white(image: Image.Image, notices: list[str]) -> Image.Image:
    """RGB from any mode the three formats have; colour profiles are ignored."""
    if image.mode.startswith("I"):
        return _from_16_bit(image).convert("RGB")
    if image.mode == "CMYK":
        notices.append("Its printing colours (CMYK) became RGB, without their colour profile.")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            notices.append("What is transparent is laid on white.")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips 16-bit grey at 255 instead of scaling it. By histogram
    # because a table of 65,536 entries is exact and needs no array library.
    table = bytes((value * 255 + 32_767) // 65_535 for value in range(65_536))
    grey = image.convert("I").point(table, "L")
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        clear = bytes(255 if value == transparent else 0 for value in range(65_536))
        grey.paste(255, mask=image.convert("I").point(clear, "L"))
    return grey


def limit_process() -> None:
    """Take from this process what decoding does not need; it can't be undone."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the timeout of the parent remains
        return
    limits = {
        "RLIMIT_AS": MEMORY_LIMIT_BYTES,
        "RLIMIT_CPU": CPU_LIMIT_SECONDS,
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        # No descriptor beyond the three it has: no file and no socket can be opened.
        "RLIMIT_NOFILE": 3,
    }
    for name, value in limits.items():
        if hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (value, value))


def main() -> None:
    """Standard input to standard output, under limits."""
    limit_process()
    header: dict[str, object]
    rgb = b""
    try:
        pixels = decode(sys.stdin.buffer.read())
        header = {"width": pixels.width, "height": pixels.height, "notice": pixels.notice}
        rgb = pixels.rgb
    except Refused as refusal:
        header = {"refused": str(refusal)}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + rgb)
    sys.stdout.buffer.flush()


SIGNATURES = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"<?xml", "an SVG or another XML file"),
    (b"<svg", "an SVG"),
)


def _not_an_image(data: bytes) -> str:
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff")) or data[8:12] == b"WEBP":
        return DAMAGED
    found = next((name for start, name in SIGNATURES if data.startswith(start)), "")
    if data[4:8] == b"ftyp":
        found = "a HEIC, AVIF or video file"
    is_what = f"The file is {found}" if found else "The file is not an image that can be read"
    return f"{is_what}; only PNG, JPEG and WebP are accepted, so export it as one of these."


if __name__ == "__main__":
    main()
