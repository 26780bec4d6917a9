"""A person's picture is removed for good, unless runs use it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from l335.core.errors import ImageRefused, LabError, NotFound
from l335.core.records import Pointer
from l335.core.settings import Settings
from l335.data.images.intake import sanitise_apart
from l335.results.views import ImageView
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.store import jobs, queue, runs
from l335.store.writer import Batch, Ending, commit


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab.open(Settings(data_dir=tmp_path, device="cpu"))
    yield lab
    lab.close()


def picture(color: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(file, "PNG")
    return file.getvalue()


def fitted(lab: Lab, image: ImageView) -> str:
    """A completed run with a file of its own."""
    size = {"image_width": image.width, "image_height": image.height}
    spec = FitImageSpec(image=image.sha256, image_name=image.name, image_size=16, **size)
    uid = lab.submit(spec)
    preview = Pointer("original", 0, "image/png", lab.blobs.put(b"what it looked like"), 10)
    weights = Pointer("checkpoint", 1, "application/octet-stream", lab.blobs.put(b"weights"), 7)
    with lab.store.write() as connection:
        run = queue.claim(connection, queue.register(connection), uid)
        assert run is not None
        batch = Batch(run.id, run.attempt, previews=[preview], checkpoints=[weights])
        batch.ending = Ending("completed")
        commit(connection, [batch])
    return uid


def test_a_picture_nobody_uses_goes_with_its_file(lab: Lab) -> None:
    image, other = (
        lab.images.add(picture(), "mine.png"),
        lab.images.add(picture("blue"), "other.png"),
    )
    lab.images.remove(image.sha256)
    assert [one.sha256 for one in lab.images.all() if not one.bundled] == [other.sha256]
    assert image.sha256 not in set(lab.blobs.addresses())
    with pytest.raises(NotFound, match="no such picture"):
        lab.images.remove(image.sha256)
    assert lab.images.add(picture(), "mine.png") == image  # and comes back where it is sent again
    assert lab.blob(image.sha256)


def test_listed_runs_keep_it_and_are_named(lab: Lab) -> None:
    image = lab.images.add(picture(), "mine.png")
    uids = [fitted(lab, image) for _ in range(5)]
    title = lab.run(uids[0]).title
    with pytest.raises(
        LabError, match=r"“mine.png” is used by .* and 2 more\. Delete them"
    ) as told:
        lab.images.remove(image.sha256)
    assert title in str(told.value)
    assert lab.blob(image.sha256)


def test_deleted_runs_are_forgotten_with_it(lab: Lab) -> None:
    image = lab.images.add(picture(), "mine.png")
    uid = fitted(lab, image)
    lab.analyses.request(uid, "compression", {})
    with lab.store.write() as connection:  # one that only measures speed is in nobody's way
        spec = lab.run(uid).spec
        runs.add(connection, spec, "cpu", 1, purpose="probe")
    lab.delete(uid)
    lab.images.remove(image.sha256)
    with pytest.raises(NotFound):
        lab.restore(uid)
    bundled = {one.sha256 for one in lab.images.all()}
    assert set(lab.blobs.addresses()) == bundled
    with lab.store.read() as connection:
        assert jobs.unfinished(connection) == []


def test_what_came_with_the_lab_stays(lab: Lab) -> None:
    image = lab.images.all()[0]
    with pytest.raises(LabError, match="came with the lab"):
        lab.images.remove(image.sha256)


def test_an_image_is_taken_in_by_a_process_of_its_own(lab: Lab) -> None:
    clean = sanitise_apart(picture())
    assert (clean.width, clean.height, clean.notice) == (40, 30, "")
    with Image.open(io.BytesIO(clean.png)) as opened:
        assert opened.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    with pytest.raises(ImageRefused, match="The file is a GIF"):
        sanitise_apart(b"GIF89a" + bytes(100))
