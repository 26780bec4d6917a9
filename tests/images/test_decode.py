"""Every kind of file a person may send: the good become plain pixels, the bad a sentence."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from l335.data.images.decode import Pixels, Refused, decode


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(width: int = 40, height: int = 30) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)


def array(pixels: Pixels) -> np.ndarray:
    return np.frombuffer(pixels.rgb, np.uint8).reshape(pixels.height, pixels.width, 3)


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        decode(data)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("JPEG", 40), ("WEBP", 40)])
def test_three_formats_are_read(kind: str, tolerance: int) -> None:
    pixels = decode(file_of(gradient(), kind))
    assert (pixels.width, pixels.height, pixels.notice) == (40, 30, "")
    difference = array(pixels).astype(int) - np.asarray(gradient()).astype(int)
    assert abs(difference).max() <= tolerance


@pytest.mark.parametrize(
    ("kind", "name"), [("GIF", "a GIF"), ("TIFF", "a TIFF"), ("BMP", "a BMP"), ("PDF", "a PDF")]
)
def test_other_formats_are_named_and_refused_whatever_the_file_is_called(
    kind: str, name: str
) -> None:
    text = refusal(file_of(gradient(), kind))
    assert text.startswith(f"The file is {name};")
    assert "only PNG, JPEG and WebP are accepted" in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"dear lecturer, please find attached", "not an image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "The file is an SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "only PNG, JPEG and WebP"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "a HEIC, AVIF or video file"),
        (b"\x89PNG\r\n\x1a\n", "can't be read"),
    ],
)
def test_what_is_no_image_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (50_000, 50_000, "more than 16 megapixels"),
        (13_000, 13_000, "more than 16 megapixels"),
        (8_000, 8_000, "64.0 megapixels"),
        (8_193, 1_000, "no side may be longer than 8,192 pixels"),
        (1, 20_000, "each side must be at least 8 pixels"),
        (1, 1, "each side must be at least 8 pixels"),
        (7, 40, "each side must be at least 8 pixels"),
        (161, 8, "at most 20 times the other"),
    ],
)
def test_sizes_are_judged_by_the_header_alone(width: int, height: int, words: str) -> None:
    """The 45 bytes hold no pixel, so nothing can have been decoded before the refusal."""
    assert words in refusal(png_header(width, height) + chunk(b"IDAT", b""))


@pytest.mark.parametrize(("width", "height"), [(8, 8), (160, 8), (8, 160)])
def test_smallest_and_narrowest_images_pass(width: int, height: int) -> None:
    pixels = decode(file_of(Image.new("RGB", (width, height), "teal")))
    assert (pixels.width, pixels.height) == (width, height)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_cut_short_is_refused(kind: str) -> None:
    data = file_of(gradient(200, 200), kind)
    assert "can't be read" in refusal(data[: len(data) // 2])


def test_a_compressed_text_that_unpacks_to_megabytes_is_refused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(8_000_000), 9))
    data = file_of(gradient())
    end_of_header = 8 + 25
    assert "can't be read" in refusal(data[:end_of_header] + bomb + data[end_of_header:])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in range(0, 250, 50)]
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:])
    assert "The file is an animation of 5 frames" in refusal(data)


def test_the_main_picture_of_a_multi_picture_jpeg_is_kept() -> None:
    """Phones append a preview to their JPEGs; such a file is no animation."""
    data = file_of(gradient(), "MPO", save_all=True, append_images=[gradient(20, 15)])
    pixels = decode(data)
    assert (pixels.width, pixels.height) == (40, 30)
    assert pixels.notice == "The file holds further pictures; only the main one is kept."


def test_nothing_of_the_file_but_its_pixels_is_kept() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "MARKER-text")
    data = file_of(gradient(), pnginfo=text, icc_profile=b"MARKER-profile")
    pixels = decode(data + b"<script>MARKER-html</script>")
    assert b"MARKER" in data
    assert b"MARKER" not in pixels.rgb
    assert len(pixels.rgb) == 40 * 30 * 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation: int) -> None:
    upright = Image.new("RGB", (40, 24), "white")
    upright.paste("red", (0, 0, 8, 8))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(file_of(stored, exif=exif))
    assert np.array_equal(array(pixels), np.asarray(upright))


def test_a_damaged_orientation_note_costs_nothing_but_a_notice() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    note = exif.tobytes()
    data = file_of(gradient(), "JPEG", exif=note).replace(
        note, note[:8] + b"\xff" * (len(note) - 8)
    )
    pixels = decode(data)
    assert (pixels.width, pixels.height) == (40, 30)


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    values = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    pixels = array(decode(file_of(Image.fromarray(values))))
    expected = values / 65_535 * 255
    assert abs(pixels[..., 0] - expected).max() <= 0.51
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_the_clear_value_of_16_bit_grey_is_white() -> None:
    values = np.full((8, 8), 1000, np.uint16)
    values[0, 0] = 2000
    pixels = array(decode(file_of(Image.fromarray(values), transparency=2000)))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [4, 4, 4]


def test_cmyk_becomes_rgb() -> None:
    pixels = array(decode(file_of(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")))
    red, green, blue = pixels[8, 8].tolist()
    assert red > 240
    assert max(green, blue) < 15


def test_bilevel_and_grey_become_rgb() -> None:
    for mode in ("1", "L"):
        pixels = array(decode(file_of(Image.new(mode, (8, 8), 255))))
        assert pixels.min() == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    black = (0, 0, 0, 51) if mode == "RGBA" else (0, 51)
    pixels = array(decode(file_of(Image.new(mode, (8, 8), black))))
    assert pixels[0, 0].tolist() == [204, 204, 204]


def test_a_palette_with_transparency_is_laid_on_white() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((0, 0), 0)
    pixels = array(decode(file_of(image, transparency=0)))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[1, 1].tolist() == [40, 50, 60]
