"""What a report is about: a ready lab's sweep, another sweep, or runs of a person's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from l335.core.errors import LabError, NotFound
from l335.core.tables import Table
from l335.labs import LabPreset, lab_called, lab_from_definition
from l335.labs.accuracy import accuracy_finding, accuracy_table
from l335.labs.results import Arm, ReadSeries, arms_of, ranking, scores_table
from l335.results.groups import group_by_setting
from l335.results.views import CellView, RunView, SweepView
from l335.service import Lab
from l335.spec import ClassifySpec, FitImageSpec

IMAGE_METRICS = (
    "test/psnr_db",
    "test/ssim_valid",
    "test/ssim",
    "train/psnr_db",
    "train/ssim_valid",
    "train/ssim",
    "original/psnr_db",
    "original/ssim_valid",
    "original/ssim",
)


@dataclass(frozen=True)
class Source:
    """Runs that are reported on together, by setting.

    Attributes:
        title: What they are.
        preset: The ready lab they are of; None where they are of none.
        arms: The settings, each over its seeds.
        read: Reads every recorded point of a run, each once.
        folders: Name of each run's folder in an archive, by uid.
    """

    title: str
    preset: LabPreset | None
    arms: tuple[Arm, ...]
    read: ReadSeries
    folders: Mapping[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> list[RunView]:
        """Every run, setting by setting."""
        return [run for arm in self.arms for run in arm.runs]

    @property
    def is_classification(self) -> bool:
        """Whether these are classifiers, and not fitted images."""
        return any(isinstance(run.spec, ClassifySpec) for run in self.runs)

    @property
    def headline(self) -> str:
        """Key of the metric settings are ranked by."""
        if self.preset is not None:
            return self.preset.metrics[0]
        if self.is_classification:
            return "test/accuracy"
        return "test/psnr_db" if self._has("test/psnr_db") else "train/psnr_db"

    @property
    def intervals(self) -> str:
        """What the intervals of its findings are of, in a sentence."""
        return LabPreset.intervals if self.preset is None else self.preset.intervals

    def table(self) -> Table:
        """Each setting with mean, deviation and number of seeds."""
        if self.preset is not None:
            return self.preset.table(self.arms)
        if self.is_classification:
            return accuracy_table(self.arms)
        return scores_table(self.arms, [key for key in IMAGE_METRICS if self._has(key)])

    def finding(self) -> list[str]:
        """What the figures say, one sentence each."""
        if self.preset is not None:
            return self.preset.finding(self.arms)
        if self.is_classification:
            return accuracy_finding(self.arms)
        return ranking(self.arms, self.headline)

    def _has(self, key: str) -> bool:
        return any(arm.scores(key) for arm in self.arms)


def of_sweep(lab: Lab, sweep: SweepView) -> Source:
    """A sweep, with the ready lab it was started from where that is still known.

    Raises:
        LabError: All its runs were deleted.
    """
    if not sweep.runs:
        raise LabError(f"All runs of {sweep.title} were deleted; there is nothing to report.")
    preset = None
    if sweep.lab:
        try:
            preset = lab_from_definition(sweep.lab, sweep.definition)
        except LabError:
            preset = None  # the lab or a setting of it is gone; its runs are not
    read = cache(lab.series)
    return Source(sweep.title, preset, tuple(arms_of(sweep.cells, read)), read)


def of_runs(lab: Lab, runs: Sequence[RunView]) -> list[Source]:
    """Runs grouped by setting; classifiers and fitted images apart.

    Raises:
        LabError: There is no run.
    """
    if not runs:
        raise LabError("Choose a run, a sweep or a lab; a report of nothing would be empty.")
    found = []
    read = cache(lab.series)
    for kind, title in ((ClassifySpec, "Classification"), (FitImageSpec, "Image fits")):
        chosen = {run.uid: run for run in runs if isinstance(run.spec, kind)}
        groups = group_by_setting(list(chosen.values())) if chosen else []
        names = _unlike([group.name for group in groups])
        cells = [
            CellView(place, name, {}, run)
            for name, group in zip(names, groups, strict=True)
            for place, run in enumerate(group.runs)
        ]
        if cells:
            shown = names[0] if len(groups) == 1 else title
            found.append(Source(shown, None, tuple(arms_of(cells, read)), read))
    return found


def _unlike(names: Sequence[str]) -> list[str]:
    """Names with a number behind those that came before, as two pictures may have one name."""
    return [
        f"{name} ({number})" if (number := names[: place + 1].count(name)) > 1 else name
        for place, name in enumerate(names)
    ]


def newest_sweep(lab: Lab, name: str) -> SweepView:
    """The newest sweep of a ready lab.

    Raises:
        NotFound: There is no such lab, or it was never started.
    """
    preset = lab_called(name)
    known = lab.sweeps.listing(limit=1, lab=preset.name)
    if not known:
        raise NotFound(f"The lab “{preset.title}” was not started yet. Start it on its page first.")
    return lab.sweeps.one(known[0].uid)


def with_folders(sources: Sequence[Source]) -> list[Source]:
    """The sources with a folder name for each run, such as ``run-03``, in reading order."""
    uids = list(dict.fromkeys(run.uid for source in sources for run in source.runs))
    digits = max(2, len(str(len(uids))))
    folders = {uid: f"run-{number:0{digits}}" for number, uid in enumerate(uids, 1)}
    return [replace(source, folders=folders) for source in sources]
