"""The machine and the versions a report was written with."""

from __future__ import annotations

from collections.abc import Sequence

from l335.core.hardware import hardware
from l335.core.moments import with_zone
from l335.core.tables import Table
from l335.core.wording import duration
from l335.export.report.document import Block, TableBlock, Text
from l335.export.report.settings import seeds_of
from l335.export.report.sources import Source

STATES = {"cancelled": "stopped"}


def machine_blocks(sources: Sequence[Source]) -> list[Block]:
    """Device, threads, seed, date and time of each run; the machine and its versions."""
    rows = []
    for source in sources:
        for arm in source.arms:
            for run in arm.runs:
                first, *more = seeds_of(run)
                rows.append(
                    (
                        source.folders.get(run.uid, run.uid[:8]),
                        arm.name,
                        f"{first} to {more[-1]}" if more else str(first),
                        STATES.get(run.state, run.state),
                        run.device,
                        str(run.threads),
                        with_zone(run.created_at),
                        f"{run.step:,}",
                        duration(run.train_seconds),
                    )
                )
    head = ("Run", "Setting", "Seed", "State", "Device", "Threads", "Submitted", "Steps")
    caption = "Training time is without evaluation and pictures."
    runs = Table((*head, "Trained"), tuple(rows), caption, num_names=2)
    facts = Table(("What", "Which"), tuple(hardware().items()), num_names=2)
    return [
        TableBlock(runs),
        Text(
            "The machine and the versions with which this report was written. A run keeps its "
            "device and threads but not its machine; on one installation they are the same."
        ),
        TableBlock(facts),
    ]
