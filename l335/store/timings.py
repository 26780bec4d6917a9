"""What attempts at runs have taken, and the probes that measure where nothing is known yet."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, select

from l335.pace import Spec, Timing, Work, work
from l335.store.runs import spec_of
from l335.store.tables import run, run_event

NUM_LATEST = 5
"""Timings of one kind of work that count: the newest, for a machine changes."""

RETRY_SECONDS = 3600.0
"""A probe that told nothing is not tried again for so long."""


@dataclass
class Measured:
    """The newest timings of one kind of work, the newest first."""

    timings: list[Timing] = field(default_factory=list)
    at: float = 0.0  # of the newest
    is_of_probes: bool = True


def known(
    connection: Connection, specs: Iterable[Spec], place: str, threads: int
) -> dict[Work, Measured]:
    """What has been measured of the work of these specifications.

    Runs count for more than probes, which are short: where there are any, probes do not count.

    Args:
        connection: A transaction.
        specs: What is to be trained.
        place: Device and machine, as the timings name them.
        threads: CPU threads of a run.
    """
    wanted = {work(spec) for spec in specs}
    query = (
        select(run.c.spec_json, run.c.purpose, run_event.c.detail, run_event.c.at)
        .join(run, run_event.c.run_id == run.c.id)
        .where(
            run_event.c.kind == "timed",
            run.c.threads == threads,
            run.c.num_parameters.in_({spec.num_parameters for spec in specs}),
        )
        .order_by(run.c.purpose.desc(), run_event.c.id.desc())  # runs before probes
    )
    found: dict[Work, Measured] = {}
    for row in connection.execute(query):
        kind = work(spec_of(row.spec_json))
        timing = Timing(**json.loads(row.detail))
        if kind not in wanted or timing.place != place or not _is_enough(timing):
            continue
        is_probe = row.purpose == "probe"
        measured = found.setdefault(kind, Measured(at=row.at, is_of_probes=is_probe))
        if len(measured.timings) < NUM_LATEST and measured.is_of_probes == is_probe:
            measured.timings.append(timing)
    return found


def _is_enough(timing: Timing) -> bool:
    return timing.steps > 0 and timing.evaluations > 0


def under_way(connection: Connection, threads: int) -> set[Work]:
    """Work a probe waits or runs for."""
    return _works(connection, threads, run.c.state.in_(("queued", "running", "paused")))


def tried(connection: Connection, threads: int) -> set[Work]:
    """Work a probe was made for lately, whatever came of it: it is not made again at once."""
    return _works(connection, threads, run.c.finished_at > time.time() - RETRY_SECONDS)


def _works(connection: Connection, threads: int, condition: ColumnElement[bool]) -> set[Work]:
    query = select(run.c.spec_json).where(run.c.purpose == "probe", run.c.threads == threads)
    return {work(spec_of(text)) for text in connection.scalars(query.where(condition))}
