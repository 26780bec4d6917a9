"""Recorded labs: the course of real runs in one file, to be shown again where training takes long.

A recording holds every run of a sweep with its settings, downsampled curves and pictures, and says
where and when it was made. It is read back as the same plain values the store gives, so tables,
findings and charts are made from it as from runs of this machine.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from l335.components.component import nearest
from l335.core.downsampling import kept_places
from l335.core.errors import NotFound
from l335.core.hardware import hardware
from l335.core.metrics import spelt, summary_of, unspelt
from l335.core.settings import ASSETS
from l335.data.images import media_type
from l335.results.views import CellView, RunView, Series, SweepView
from l335.service import Lab
from l335.spec import spec_from_dict

FOLDER = ASSETS / "recordings"
SUFFIX = ".json.gz"
MAX_POINTS = 240
MAX_PICTURES = 10
SHORTEST_SECONDS, LONGEST_SECONDS = 10.0, 60.0
"""How long a replay takes; in between it goes as the runs went."""

DATES = ("created_at", "started_at", "finished_at")


@dataclass(frozen=True)
class Picture:
    """What a run painted at one step.

    Attributes:
        wall: Seconds of training by then.
        data: The picture as PNG or JPEG.
    """

    step: int
    wall: float
    data: bytes

    @property
    def url(self) -> str:
        """The picture as an address that holds it."""
        return f"data:{media_type(self.data)};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class Recording:
    """A sweep as it was.

    Attributes:
        sweep: The sweep with its runs at their end.
        series: Downsampled points of each run by uid and metric.
        pictures: Pictures of each image run by uid, oldest first.
        hardware: What it was made with, in words by name.
        is_bundled: Whether it came with the lab; else it is a sweep of this machine.
    """

    sweep: SweepView
    series: Mapping[str, Mapping[str, Series]]
    pictures: Mapping[str, Sequence[Picture]]
    hardware: Mapping[str, str]
    is_bundled: bool = False

    @property
    def recorded_at(self) -> datetime:
        """When its last run ended."""
        ends = [run.finished_at for run in self.sweep.runs if run.finished_at]
        return max(ends, default=self.sweep.created_at)

    @property
    def longest(self) -> float:
        """Seconds of training of its longest run."""
        return max((run.train_seconds for run in self.sweep.runs), default=0.0)

    @property
    def total(self) -> float:
        """Seconds of training of all its runs."""
        return sum(run.train_seconds for run in self.sweep.runs)

    @property
    def duration(self) -> float:
        """Seconds its replay takes."""
        return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, self.longest))

    @property
    def speed(self) -> float:
        """How many times faster than it was the replay goes."""
        return self.longest / self.duration

    def picture_at(self, uid: str, wall: float) -> Picture | None:
        """The newest picture of a run after so many seconds of training."""
        known = [one for one in self.pictures.get(uid, ()) if one.wall <= wall]
        return known[-1] if known else None

    def packed(self) -> bytes:
        """The recording as a file."""
        content = {
            "lab": self.sweep.lab,
            "title": self.sweep.title,
            "definition": self.sweep.definition,
            "hardware": dict(self.hardware),
            "created_at": self.sweep.created_at.isoformat(),
            "cells": [self._packed_cell(cell) for cell in self.sweep.cells if cell.run],
        }
        text = json.dumps(
            spelt(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return gzip.compress(text.encode(), mtime=0)

    def _packed_cell(self, cell: CellView) -> dict[str, Any]:
        assert cell.run is not None
        run = asdict(cell.run) | {"spec": cell.run.spec.model_dump(mode="json")}
        run |= {name: run[name].isoformat() if run[name] else None for name in DATES}
        return {
            "name": cell.name,
            "settings": cell.settings,
            "run": run,
            "series": {key: asdict(series) for key, series in self.series[cell.run.uid].items()},
            "pictures": [
                [one.step, one.wall, base64.b64encode(one.data).decode()]
                for one in self.pictures.get(cell.run.uid, ())
            ],
        }


def unpacked(data: bytes) -> Recording:
    """The recording a file holds."""
    content = json.loads(gzip.decompress(data))
    cells, series, pictures = [], {}, {}
    for place, cell in enumerate(content["cells"]):
        run = _run(cell["run"])
        cells.append(CellView(place, cell["name"], cell["settings"], run))
        series[run.uid] = {
            key: Series(rows["step"], [unspelt(one) for one in rows["value"]], rows["wall"])
            for key, rows in cell["series"].items()
        }
        pictures[run.uid] = [
            Picture(step, wall, base64.b64decode(text)) for step, wall, text in cell["pictures"]
        ]
    sweep = SweepView(
        "",
        content["lab"],
        content["title"],
        content["definition"],
        datetime.fromisoformat(content["created_at"]),
        tuple(cells),
    )
    return Recording(sweep, series, pictures, content["hardware"], is_bundled=True)


def _run(values: dict[str, Any]) -> RunView:
    dates = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in DATES}
    summary = summary_of(values["summary"])
    spec = spec_from_dict(values["spec"])
    continued = tuple(values.get("continued", ()))
    known = {**values, **dates, "spec": spec, "summary": summary, "continued": continued}
    return RunView(**known)


def bundled_labs() -> list[str]:
    """Names of the labs a recording came with."""
    return sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}"))


@cache
def bundled(lab: str) -> Recording:
    """The recording that came with the lab of this name.

    Raises:
        NotFound: There is none.
    """
    known = bundled_labs()
    if lab not in known:
        raise NotFound(f"There is no recording of `{lab[:60]}`; {nearest(lab, known)}")
    return unpacked((FOLDER / f"{lab}{SUFFIX}").read_bytes())


def downsampled(series: Series, limit: int = MAX_POINTS) -> Series:
    """A curve with at most ``limit`` points and no extreme lost; values have six digits."""
    kept = series.at(kept_places(series.value, limit))
    return Series(
        kept.step, [_short(value) for value in kept.value], [round(wall, 3) for wall in kept.wall]
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def spread_out(places: int, number: int) -> list[int]:
    """Up to ``number`` places of so many, denser at the beginning, with the first and the last."""
    if places <= number:
        return list(range(places))
    share = [step / (number - 1) for step in range(number)]
    return sorted({round((places - 1) * part**2) for part in share})


def recording_of(lab: Lab, uid: str) -> Recording:
    """A sweep of this machine with its course, downsampled.

    Raises:
        NotFound: There is no sweep of this uid.
    """
    sweep = lab.sweeps.one(uid)
    series, pictures = {}, {}
    for run in sweep.runs:
        points = lab.series(run.uid)
        series[run.uid] = {key: downsampled(found) for key, found in points.items()}
        pictures[run.uid] = _pictures_of(lab, run.uid, points.get("train/loss", Series()))
    return Recording(sweep, series, pictures, hardware())


def _pictures_of(lab: Lab, uid: str, clock: Series) -> list[Picture]:
    found = [
        (one.step, one.parts["reconstruction"])
        for one in lab.snapshots(uid)
        if "reconstruction" in one.parts
    ]
    walls = dict(zip(clock.step, clock.wall, strict=True))
    return [
        Picture(step, walls.get(step, 0.0), lab.blob(part.sha256))
        for step, part in (found[place] for place in spread_out(len(found), MAX_PICTURES))
    ]
