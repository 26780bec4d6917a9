"""Damaged files of all kinds: only pixels or a refusal may come out of the decoder."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from l335.data.images.decode import MAX_SIDE, MIN_SIDE, Refused, decode


def seeds() -> list[bytes]:
    """Small real files of every kind the decoder has a branch for."""
    y, x = np.mgrid[0:24, 0:32]
    rgba = np.stack([x * 8, y * 10, (x * y) % 256, 255 - x * 4], axis=-1).astype(np.uint8)
    picture = Image.fromarray(rgba)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [picture.convert("RGB"), picture.convert("RGB").rotate(90)]
    variants = [
        (picture, "PNG", {}),
        (picture.convert("RGB"), "PNG", {"exif": exif}),
        (picture.convert("RGB").quantize(16), "PNG", {"transparency": 3}),
        (picture.convert("1"), "PNG", {}),
        (Image.fromarray((x * 2000).astype(np.uint16)), "PNG", {"transparency": 2000}),
        (frames[0], "PNG", {"save_all": True, "append_images": frames[1:]}),
        (picture.convert("RGB"), "JPEG", {"exif": exif}),
        (picture.convert("RGB"), "JPEG", {"progressive": True}),
        (picture.convert("CMYK"), "JPEG", {}),
        (frames[0], "MPO", {"save_all": True, "append_images": frames[1:]}),
        (picture, "WEBP", {"lossless": True}),
        (picture.convert("RGB"), "WEBP", {"exif": exif}),
        (frames[0], "WEBP", {"save_all": True, "append_images": frames[1:]}),
        (picture.convert("RGB"), "GIF", {}),
    ]
    files = []
    for image, kind, options in variants:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        files.append(buffer.getvalue())
    return files


SEEDS = seeds()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file after up to eight cuts, overwrites, insertions and splices."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        # Most of what matters sits in the first bytes: sizes, types and chunk lengths.
        at = min(at, draw(st.sampled_from([64, 256, 1 << 20])))
        kind = draw(st.sampled_from(["overwrite", "insert", "cut", "truncate", "splice"]))
        patch = draw(st.binary(min_size=1, max_size=12))
        if kind == "overwrite":
            data[at : at + len(patch)] = patch
        elif kind == "insert":
            data[at:at] = patch
        elif kind == "cut":
            del data[at : at + len(patch)]
        elif kind == "truncate":
            del data[at:]
        else:
            data[at:] = draw(st.sampled_from(SEEDS))[at:]
    return bytes(data)


def test_the_seeds_are_sound() -> None:
    outcomes = []
    for data in SEEDS:
        try:
            outcomes.append(decode(data).width)
        except Refused:
            outcomes.append(0)
    assert outcomes == [32, 24, 32, 32, 32, 0, 24, 32, 32, 32, 32, 24, 0, 0]


@given(damaged())
@settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_damaged_files_become_pixels_or_a_sentence(data: bytes) -> None:
    try:
        pixels = decode(data)
    except Refused as refused:
        sentence = str(refused)
        assert sentence.endswith(".")
        assert 20 < len(sentence) < 300
    else:
        assert len(pixels.rgb) == pixels.width * pixels.height * 3
        assert min(pixels.width, pixels.height) >= MIN_SIDE
        assert max(pixels.width, pixels.height) <= MAX_SIDE


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_noise_is_refused(data: bytes) -> None:
    try:
        decode(data)
    except Refused:
        return
    raise AssertionError("noise was taken for an image")
