"""A picture saved from a finished run has the dB the run says, up to its 8 bits."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from l335.export.report.build import document
from l335.export.report.sources import of_runs, with_folders
from l335.export.report.writing import write_kind
from l335.spec import FitImageSpec
from l335.spec.from_text import with_settings
from tests.dashboard import Trained
from tests.installation import eventually
from tests.web.conftest import Client

SIDE = 160  # above this run's pictures were JPEG of fewer dB while it trained
SETTINGS = ["crop=square", f"image_size={SIDE}", "encoding.sigma=5", "steps=300", "width=128"]
EIGHT_BITS_DB = 0.3


def pixels(data: bytes) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64) / 255


def psnr_db(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(-10 * np.log10(np.mean((one - other) ** 2)))


@pytest.fixture(scope="module")
def fitted(trained: Trained) -> str:
    sky = trained.lab.images.called("sky")
    start = FitImageSpec().with_image(sky.sha256, "Sky", sky.width, sky.height)
    uid = trained.lab.submit(with_settings(start, SETTINGS))
    eventually(lambda: trained.lab.run(uid).is_over, 120, "a fit of the sky")
    return uid


def test_what_is_saved_has_the_runs_psnr(client: Client, trained: Trained, fitted: str) -> None:
    said = trained.lab.run(fitted).summary["train/psnr_db"]["last"]
    assert said > 38
    previews = client.get(f"/api/runs/{fitted}/metrics").json()["previews"]
    saved = {}
    for name, preview in previews.items():
        response = client.get(preview["url"])
        assert preview["is_exact"]
        assert response.headers["content-type"] == "image/png"
        step = preview["step"]
        assert f'filename="{name}-step-{step}.png"' in response.headers["content-disposition"]
        saved[name] = response.content
    found = psnr_db(pixels(saved["reconstruction"]), pixels(saved["original"]))
    assert found == pytest.approx(said, abs=EIGHT_BITS_DB)
    # The course ends with the same file.
    course = client.get(f"/api/runs/{fitted}/snapshots").json()["snapshots"]
    assert client.get(course[-1]["parts"]["reconstruction"]).content == saved["reconstruction"]
    assert client.get(course[0]["parts"]["reconstruction"]).headers["content-type"] == "image/jpeg"


@pytest.mark.usefixtures("client")
def test_report_and_zip_have_it_too(trained: Trained, fitted: str) -> None:
    run = trained.lab.run(fitted)
    sources = tuple(with_folders(of_runs(trained.lab, [run])))
    file = io.BytesIO()
    write_kind(file, trained.lab, sources, document(trained.lab, sources), "zip")
    previews = trained.lab.previews(fitted)
    with zipfile.ZipFile(file) as archive:
        pictures = [name for name in archive.namelist() if "/pictures/" in name]
        names = {name.rpartition("/")[2]: archive.read(name) for name in pictures}
        figures = [archive.read(n) for n in archive.namelist() if n.startswith("figures/")]
    assert set(names) == {"reconstruction.png", "original.png", "error.png"}
    for name, data in names.items():
        assert data == trained.lab.blob(previews[name.removesuffix(".png")].sha256)
    assert names["reconstruction.png"] in figures
    assert names["original.png"] in figures
