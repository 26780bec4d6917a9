"""Looks a report shows: feature maps and enlarged pictures, taken where they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from l335.core.errors import LabError
from l335.export.report.curves import drawn_runs
from l335.export.report.sources import Source
from l335.labs.results import Arm
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec

MAX_SETTINGS = 6
"""Settings of one source that are looked into; more would fill the report with pictures."""

TEST_IMAGE = 0
"""Which test image the feature maps are of: an ankle boot."""

FACTOR = 4
"""How many times a picture is enlarged that has no original held back."""


class File(NamedTuple):
    """What a look has made: the bytes, and facts about them."""

    data: bytes
    meta: dict[str, Any]


Files = Mapping[str, File]


@dataclass(frozen=True)
class Wanted:
    """A look a report would like to show.

    Attributes:
        run: What is looked into.
        kind: Of the look.
        params: Its other fields.
    """

    run: RunView
    kind: str
    params: dict[str, Any]


class Looks:
    """Finds what looks have made, in the store or among those made for this report.

    Args:
        lab: The lab.
        made: What was made for this report, by uid of the run and kind.
    """

    def __init__(self, lab: Lab, made: Mapping[tuple[str, str], Files] | None = None) -> None:
        self._lab, self._made = lab, made or {}

    def of(self, run: RunView, kind: str) -> Files | None:
        """What a look at a run as it stands has made, by name; None where there is none."""
        if (run.uid, kind) in self._made:
            return self._made[run.uid, kind]
        job = self._lab.analyses.newest(run.uid, kind)
        if job is None or job.state != "done":
            return None
        return {
            name: File(self._lab.blob(made.sha256), made.meta)
            for name, made in job.products.items()
            if name != "upsampled"  # the file to take home: large, and shown by its smaller one
        }


def looked_into(arm: Arm) -> RunView | None:
    """The run of a setting that is looked into: the first with weights."""
    return next((run for run in drawn_runs(arm) if run.has_checkpoint), None)


def has_maps(run: RunView) -> bool:
    """Whether a run's network has convolutions."""
    is_classifier = isinstance(run.spec, ClassifySpec)
    return is_classifier and any(layer.field is not None for layer in run.spec.layers())


def wanted(sources: Sequence[Source]) -> list[Wanted]:
    """Every look the report would like to show."""
    found = []
    for source in sources:
        runs = [run for arm in source.arms if (run := looked_into(arm)) is not None]
        with_maps = [run for run in runs if has_maps(run)][:MAX_SETTINGS]
        found += [Wanted(run, "feature_maps", {"index": TEST_IMAGE}) for run in with_maps]
        fits = [run for run in runs if isinstance(run.spec, FitImageSpec)][:MAX_SETTINGS]
        found += [Wanted(run, "upsample", {"factor": factor_of(run)}) for run in fits]
    return found


def factor_of(run: RunView) -> int:
    """How many times a fitted picture is enlarged: to its original where there is one."""
    assert isinstance(run.spec, FitImageSpec)
    return run.spec.hold_back if run.spec.hold_back > 1 else FACTOR


def lacking(lab: Lab, sources: Sequence[Source]) -> list[Wanted]:
    """Looks the report would like to show that nobody has made yet."""
    found = []
    for look in wanted(sources):
        job = lab.analyses.newest(look.run.uid, look.kind)
        if job is None or job.state != "done":
            found.append(look)
    return found


def request(lab: Lab, looks: Sequence[Wanted], asked_by: str = "") -> list[str]:
    """Ask the runner for looks; their uids. One that is refused is passed over.

    Args:
        lab: The lab.
        looks: What is asked.
        asked_by: The visitor who asks.
    """
    uids = []
    for look in looks:
        try:
            uid = lab.analyses.request(look.run.uid, look.kind, look.params, asked_by=asked_by)
        except LabError:
            continue  # its section says what is missing
        uids.append(uid)
    return uids
