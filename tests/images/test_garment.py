"""Pictures of garments, as Fashion-MNIST would hold them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from l335.data.datasets import test_image as stored_image
from l335.data.images.garment import to_garment


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("index", range(40))
def test_a_test_image_comes_back_unchanged(data_dir, index: int):
    pixels = stored_image(data_dir, index)
    back, inverted = to_garment(png(Image.fromarray(pixels)))
    if inverted:  # a garment that fills the border looks like a light table
        pixels = 255 - pixels
        assert np.median(stored_image(data_dir, index)[[0, -1]]) > 0
    assert (back == pixels).all()


def test_a_dark_garment_on_a_light_table_is_inverted_and_centred(data_dir):
    pixels = stored_image(data_dir, 0)
    large = Image.fromarray(255 - pixels).resize((280, 280), Image.Resampling.NEAREST)
    back, inverted = to_garment(png(large))
    assert inverted
    assert back.shape == (28, 28)
    assert back[:2].max() == 0
    blurred = np.asarray(large.resize((24, 24), Image.Resampling.BOX)).astype(int)
    assert np.abs(back[2:26, 2:26] - (255 - blurred)).max() <= 1


def test_the_shape_is_kept_and_the_rest_is_black():
    tall = Image.new("L", (50, 200), 90)
    back, inverted = to_garment(png(tall))
    assert not inverted
    columns = np.flatnonzero(back.max(0))
    assert len(columns) == 6
    assert columns[0] == 11
    assert set(np.unique(back)) == {0, 90}


def test_what_is_transparent_is_background():
    picture = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    picture.paste((200, 180, 160, 255), (20, 20, 44, 44))
    back, inverted = to_garment(png(picture))
    assert not inverted
    assert back[0].max() == 0
    assert back[14, 14] > 150
