"""What a sweep of short runs costs beyond their training: starts, evaluations, files, commits.

A real runner with two slots of one thread each trains cells of about a second. It fails on wrong
results only, never on time. In full, with 200 cells or as many as asked for:
``python -m tests.benchmarks.test_sweep_overhead [CELLS]``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from l335.core.records import Timing
from l335.service import Lab
from l335.spec import FitImageSpec
from l335.spec.presets import preset
from l335.spec.sweeps import grid
from l335.store.tables import run, run_event
from tests.installation import Installation, eventually

SLOTS = 2
CELL_SECONDS = 1.0
CALIBRATION_STEPS = 300
WRITING_SECONDS = 0.2  # the end of a run is written while its worker has the next one already


@dataclass(frozen=True)
class Cell:
    """When a cell was taken up and over, in seconds since 1970, and what it took between."""

    taken_at: float
    over_at: float
    train_seconds: float
    timing: Timing


def cells(lab: Lab) -> list[Cell]:
    """The runs that completed, in the order they were taken up."""
    events = select(run_event.c.run_id, run_event.c.kind, run_event.c.at, run_event.c.detail)
    seconds = select(run.c.id, run.c.train_seconds).where(run.c.state == "completed")
    with lab.store.read() as connection:
        found = {
            row.id: {"train_seconds": row.train_seconds} for row in connection.execute(seconds)
        }
        for row in connection.execute(events.where(run_event.c.run_id.in_(found))):
            found[row.run_id][row.kind] = (row.at, row.detail)
    made = [
        Cell(
            one["claimed"][0],
            one["timed"][0],
            one["train_seconds"],
            Timing(**json.loads(one["timed"][1])),
        )
        for one in found.values()
    ]
    return sorted(made, key=lambda cell: cell.taken_at)


def gaps(of: list[Cell]) -> list[float]:
    """Seconds for which a slot was free before each cell but the first ones."""
    free_at = sorted(cell.over_at for cell in of)
    return [cell.taken_at - free for cell, free in zip(of[SLOTS:], free_at, strict=False)]


def spec_of(lab: Lab, steps: int) -> FitImageSpec:
    [sky] = [image for image in lab.images.all() if image.name.startswith("Sky")]
    start = preset("fit-image").spec
    changes = {"image": sky.sha256, "image_size": 64, "steps": steps, "batch_pixels": 1024}
    return FitImageSpec.model_validate({**start.model_dump(), **changes})


def sweep(lab: Lab, steps: int, number: int) -> float:
    """Train cells that differ in their seed alone; returns the seconds from start to end."""
    started = time.time()
    seeds = [str(seed) for seed in range(number)]
    uid = lab.sweeps.start(
        grid(spec_of(lab, steps), {"seed": seeds}), title="Short cells", definition={}
    )
    eventually(lambda: lab.sweeps.one(uid).is_over, 60 + 30 * number, "the end of the sweep")
    assert [one.state for one in lab.sweeps.one(uid).runs] == ["completed"] * number
    return time.time() - started


def report(of: list[Cell], wall: float) -> str:
    """Where the time went, in seconds of a slot for each cell."""
    number = len(of)
    training = sum(cell.train_seconds for cell in of)
    slot_seconds = SLOTS * (max(cell.over_at for cell in of) - min(cell.taken_at for cell in of))
    parts = {
        "training": training,
        "reports and checkpoints between steps": sum(
            cell.timing.step_seconds - cell.train_seconds for cell in of
        ),
        "evaluations, pictures and snapshots": sum(cell.timing.evaluation_seconds for cell in of),
        "start, first step, last checkpoint, end": sum(cell.timing.other_seconds for cell in of),
        "commit of the end": sum(
            cell.over_at
            - cell.taken_at
            - cell.timing.step_seconds
            - cell.timing.evaluation_seconds
            - cell.timing.other_seconds
            for cell in of
        ),
        "free slot until the next cell": sum(gaps(of)),
    }
    lines = [f"  {seconds / number:7.3f} s  {name}" for name, seconds in parts.items()]
    rest = slot_seconds - sum(parts.values())
    lines.append(f"  {rest / number:7.3f} s  idle slot at the end")
    overhead = SLOTS * wall / training - 1
    head = (
        f"{number} cells on {SLOTS} slots: {wall:.1f} s from start to end, {training:.1f} s of "
        f"training, overhead {100 * overhead:.1f} %. For each cell:"
    )
    return "\n".join([head, *lines])


def measure(installation: Installation, number: int) -> str:
    """Calibrate the cells to about a second of training, then train so many of them."""
    lab = installation.lab
    sweep(lab, CALIBRATION_STEPS, SLOTS)
    trained = cells(lab)
    paced = sum(cell.train_seconds for cell in trained) / len(trained) / CALIBRATION_STEPS
    wall = sweep(lab, round(CELL_SECONDS / paced), number)
    return report(cells(lab)[len(trained) :], wall)


@pytest.mark.slow
def test_a_sweep_of_short_cells_runs_on_all_slots(own: Installation, capsys) -> None:
    own.start()
    wall = sweep(own.lab, 60, 6)
    done = cells(own.lab)
    assert len(done) == 6
    for cell in done:
        together = [c for c in done if c.taken_at <= cell.taken_at < c.over_at - WRITING_SECONDS]
        assert len(together) <= SLOTS
    with capsys.disabled():
        print(f"\n{report(done, wall)}")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder))
        installation.start()
        try:
            print(measure(installation, number), flush=True)
        finally:
            installation.close()


if __name__ == "__main__":
    main()
