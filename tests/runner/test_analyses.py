"""Analyses in the hands of a runner: large ones, small ones, and those no longer wanted."""

from __future__ import annotations

import pytest

from l335.errors import LabError
from l335.lab import Lab
from l335.spec import FitImageSpec
from tests.installation import Installation, eventually

LARGEST = {"width": 8192, "height": 8192, "bits": 16}


def fitted(installation: Installation) -> str:
    lab = installation.lab
    image = lab.images()[0]
    spec = FitImageSpec(
        **image.settings,
        image_size=32,
        width=256,
        steps=20,
    )
    uid = lab.submit(spec)
    assert installation.over(uid).state == "completed"
    return uid


def cancel_all(lab: Lab) -> None:
    for job in lab.unfinished_looks():
        lab.cancel_look(job.uid)


@pytest.mark.slow
def test_a_small_one_is_answered_within_a_minute_behind_ten_large_ones(
    own: Installation,
) -> None:
    own.start()
    lab, uid = own.lab, fitted(own)
    large = [
        lab.request(uid, "upsample", LARGEST | {"width": 8192 - each}, asked_by=visitor)
        for each, visitor in enumerate(5 * ["one", "another"])
    ]
    eventually(lambda: lab.job(large[0]).state == "running", 30, "the first large one")
    small = lab.request(uid, "upsample", {"factor": 2}, asked_by="one")
    eventually(lambda: lab.job(small).state == "done", 60, "the small one")
    assert [lab.job(look).state for look in large[:2]] == ["running", "queued"]
    assert lab.job(large[9]).num_ahead == 9
    cancel_all(lab)
    eventually(lambda: not own.workers(), 10, "the worker's end")
    assert {lab.job(look).state for look in large} == {"failed"}


@pytest.mark.slow
def test_analyses_end_with_their_run_and_outlast_the_runner(own: Installation) -> None:
    own.start()
    lab, uid = own.lab, fitted(own)
    first, second = (
        lab.request(uid, "upsample", LARGEST | {"width": width}) for width in (8192, 8000)
    )
    eventually(lambda: lab.job(first).state == "running", 30, "the first one")
    own.end()
    assert [lab.job(look).state for look in (first, second)] == ["queued", "queued"]
    own.start()
    eventually(lambda: lab.job(first).state == "running", 30, "the first one, once more")
    lab.delete(uid)
    eventually(lambda: not own.workers(), 10, "the worker's end")
    assert "run was deleted" in lab.job(first).error_text
    assert lab.unfinished_looks() == []
    with pytest.raises(LabError, match="This run is deleted"):
        lab.request(uid, "upsample", LARGEST)
    lab.restore(uid)
    assert lab.job(lab.request(uid, "upsample", {"factor": 1})).state in ("queued", "running")
    assert lab.job(first).state == "failed"
