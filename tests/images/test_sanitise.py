"""The whole intake, with the separate process that decodes."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from l335.core.errors import ImageRefused
from l335.core.settings import ASSETS
from l335.data import images
from l335.data.images import BUNDLED, MAX_BYTES, CleanImage, decode, sanitise

PHOTOGRAPH = (ASSETS / "images" / "dandelion.png").read_bytes()


def test_every_bundled_image_passes_unchanged() -> None:
    for name, title in BUNDLED:
        original = Image.open(ASSETS / "images" / name).convert("RGB")
        clean = sanitise((ASSETS / "images" / name).read_bytes())
        assert clean.notice == ""
        assert title
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(clean.png))), np.asarray(original))


def test_every_image_in_the_assets_is_bundled() -> None:
    files = {file.name for file in (ASSETS / "images").iterdir() if file.suffix != ".md"}
    assert files == {name for name, _ in BUNDLED}


def test_the_result_is_a_png_of_our_own_making() -> None:
    clean = sanitise(PHOTOGRAPH + b"<script>alert(1)</script>")
    assert clean.png.startswith(b"\x89PNG")
    assert b"script" not in clean.png
    picture = Image.open(io.BytesIO(clean.png))
    assert (picture.mode, picture.size, picture.info) == ("RGB", (clean.width, clean.height), {})


def test_cleaning_twice_changes_nothing() -> None:
    once = sanitise(PHOTOGRAPH)
    assert sanitise(once.png) == once


def test_the_refusal_of_the_other_process_comes_through() -> None:
    with pytest.raises(ImageRefused, match="The file is a GIF; only PNG, JPEG and WebP"):
        sanitise(b"GIF89a" + bytes(100))


def test_a_file_over_the_limit_is_refused_before_any_process_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ImageRefused, match=r"The file has 20\.0 MB; at most 20 MB are accepted"):
        sanitise(bytes(MAX_BYTES + 1))


def test_a_decode_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(ImageRefused, match="took longer than"):
        sanitise(PHOTOGRAPH)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("bytearray(2 << 30)", "MemoryError"),
        ("open('/etc/hostname')", "Too many open files"),
        ("__import__('_socket').socket()", "Too many open files"),
        ("__import__('posix').pipe()", "Too many open files"),
    ],
)
def test_the_limits_hold(attempt: str, error: str) -> None:
    """What a taken-over decoder would do first: memory, files, network, processes."""
    script = (
        f"import runpy, _socket; m = runpy.run_path({decode.__file__!r}); m['limit_process']()\n"
        f"try: {attempt}\n"
        "except Exception as error: print(repr(error))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, env={}, cwd="/"
    )
    assert error in done.stdout, done.stderr


def test_the_largest_images_fit_the_limits() -> None:
    """16 megapixels with transparency is the costliest case; it must not hit the memory limit."""
    side = 4000
    ramp = (np.add.outer(np.arange(side), np.arange(side)) // 32).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.stack([ramp] * 4, axis=-1)).save(buffer, "PNG", compress_level=1)
    clean = sanitise(buffer.getvalue())
    assert isinstance(clean, CleanImage)
    assert (clean.width, clean.height) == (2048, 2048)
    assert clean.notice.endswith(
        "Averaged down by area from 4,000 x 4,000 to 2,048 x 2,048 pixels."
    )
