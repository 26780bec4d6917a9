"""Runs that earlier versions made: every analysis and export of them works, or says why not.

The stores lie in tests/store/earlier, whose make.sh tells how they came to be.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from l335.analyses.compute import run_job
from l335.core.errors import LabError
from l335.core.settings import Settings
from l335.engine.resources import local_resources
from l335.engine.train import Resources
from l335.export.report.build import document
from l335.export.report.html import page
from l335.export.report.sources import of_runs, with_folders
from l335.export.standalone import script
from l335.export.standalone.weights import exported_weights
from l335.results.views import RunView
from l335.service import Lab
from l335.service.verdicts import verdict_on
from l335.store import queue

STORES = sorted((Path(__file__).parent.parent / "store" / "earlier").glob("layout-*.tar.xz"))
LOOKS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "classify": [("feature_maps", {"index": 0}), ("shifted_accuracy", {})],
    "fit-image": [("upsample", {"factor": 2}), ("compression", {}), ("neurons", {}), ("movie", {})],
}
KNOWN = ("by an earlier version", "recorded no")


@pytest.fixture(params=STORES, ids=[path.name.partition(".")[0] for path in STORES])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    lab = Lab.open(Settings(data_dir=tmp_path))
    yield lab
    lab.close()


def test_every_layout_has_a_store() -> None:
    assert [path.name for path in STORES] == [f"layout-{n}.tar.xz" for n in range(1, 5)]


def test_runs_of_both_halves_are_read_judged_and_told(earlier: Lab) -> None:
    runs = earlier.runs()
    assert sorted(run.task for run in runs) == ["classify", "classify", "fit-image"]
    assert all(run.state == "completed" for run in runs)
    made = page(document(earlier, with_folders(of_runs(earlier, runs))))
    assert made.count("<h2") > 4
    for run in runs:
        assert earlier.series(run.uid)
        assert script(run.spec)
        assert (verdict_on(earlier, run) is None) == (run.task == "fit-image")
        assert exported_weights(earlier.checkpoint(run.uid))


def test_every_analysis_works_or_says_why_not(earlier: Lab, prepared: Path) -> None:
    resources = local_resources(earlier.settings, "cpu", earlier.blobs.get)
    for run in earlier.runs():
        for kind, params in LOOKS[run.task]:
            assert looked(earlier, run, kind, params, resources), (run.title, kind)


def looked(lab: Lab, run: RunView, kind: str, params: dict[str, Any], resources: Resources) -> bool:
    """Whether a look asked as the pages ask it makes something, or says why it can't."""
    try:
        lab.analyses.request(run.uid, kind, params)
        with lab.store.write() as connection:
            me = queue.register(connection)
            job = queue.claim_job(connection, me) or queue.claim_job(connection, me, is_large=True)
        assert job is not None
        made = run_job(
            kind, run.spec, job.params, lab.checkpoint(run.uid), resources, lambda _: None
        )
    except LabError as error:
        print(run.title, kind, error)
        return any(words in str(error) for words in KNOWN)
    return bool(made)


def test_weights_of_the_first_version_paint_what_they_painted(tmp_path: Path) -> None:
    with tarfile.open(STORES[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    lab = Lab.open(Settings(data_dir=tmp_path))
    [run] = [run for run in lab.runs() if run.task == "fit-image"]
    resources = local_resources(lab.settings, "cpu", lab.blobs.get)
    params = {"factor": 1, "width": None, "height": None, "bits": 8, "margin": 0.0, "place": 0}
    made = run_job("upsample", run.spec, params, lab.checkpoint(run.uid), resources, lambda _: None)
    stored = lab.previews(run.uid)["reconstruction"]
    assert stored.media_type == "image/jpeg"
    [painted] = [pixels(product.data) for product in made if product.name == "upsampled"]
    assert np.abs(painted - pixels(lab.blob(stored.sha256))).mean() < 2.0  # levels of 255
    lab.close()


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), dtype=float)
