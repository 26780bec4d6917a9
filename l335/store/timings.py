"""What attempts at runs have taken, and the probes that measure where nothing is known yet."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from l335.core.records import Timing
from l335.results.pace import Work, work
from l335.spec import Spec
from l335.store.run_rows import SPEC_JSON, readable
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
    found: dict[Work, Measured] = {}
    for row in connection.execute(_newest(specs, place, threads)):
        spec = readable(row.spec_json)
        kind = None if spec is None else work(spec)
        if kind is None or kind not in wanted:
            continue
        is_probe = row.purpose == "probe"
        measured = found.setdefault(kind, Measured(at=row.at, is_of_probes=is_probe))
        if len(measured.timings) < NUM_LATEST and measured.is_of_probes == is_probe:
            measured.timings.append(Timing(**json.loads(row.detail)))
    return found


def _newest(specs: Iterable[Spec], place: str, threads: int) -> Select[Any]:
    """Timings that could count: the newest of each setting, for thousands may be of one."""
    detail = run_event.c.detail
    rank = func.row_number().over(
        partition_by=(func.json_remove(SPEC_JSON, "$.seed"), run.c.purpose),
        order_by=run_event.c.id.desc(),
    )
    timed = (
        select(run.c.spec_json, run.c.purpose, detail, run_event.c.at, run_event.c.id)
        .add_columns(rank.label("rank"))
        .join(run, run_event.c.run_id == run.c.id)
        .where(
            run_event.c.kind == "timed",
            run.c.threads == threads,
            run.c.num_parameters.in_({spec.num_parameters for spec in specs}),
            func.json_extract(detail, "$.place") == place,
            # Only what has timed both a step and an evaluation tells enough.
            func.json_extract(detail, "$.steps") > 0,
            func.json_extract(detail, "$.evaluations") > 0,
        )
        .subquery()
    )
    newest = select(timed).where(timed.c.rank <= NUM_LATEST)
    return newest.order_by(timed.c.purpose.desc(), timed.c.id.desc())  # runs before probes


def under_way(connection: Connection, threads: int) -> set[Work]:
    """Work a probe waits or runs for."""
    return _works(connection, threads, run.c.state.in_(("queued", "running", "paused")))


def tried(connection: Connection, threads: int) -> set[Work]:
    """Work a probe was made for lately, whatever came of it: it is not made again at once."""
    return _works(connection, threads, run.c.finished_at > time.time() - RETRY_SECONDS)


def _works(connection: Connection, threads: int, condition: ColumnElement[bool]) -> set[Work]:
    query = select(run.c.spec_json).where(run.c.purpose == "probe", run.c.threads == threads)
    specs = [readable(text) for text in connection.scalars(query.where(condition))]
    return {work(spec) for spec in specs if spec is not None}
