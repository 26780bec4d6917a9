"""Analyses of runs, which the code calls looks: asked for, waiting, done, cancelled.

Small and large ones wait apart, so that a small one never waits for a large one. Within each of
the two queues visitors take turns, by start tags as runs do (``places_behind`` in ``runs.py``).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from l335.core.errors import LabError, NotFound
from l335.core.records import Pointer
from l335.results.views import JobView
from l335.store import artifacts, runs
from l335.store.run_rows import when
from l335.store.tables import artifact, job, run
from l335.store.writer import add_artifacts

MAX_WAITING = 40
"""Analyses of one visitor that may wait or be worked on at a time."""

MAX_LARGE = 6
"""As many of them may be large; each takes up to half an hour."""

NOT_OVER = job.c.state.in_(("queued", "running"))

CANCELLED = "This analysis was cancelled. Ask for it again to have it made."
RUN_DELETED = "The run was deleted, and this analysis with it."


class TooMany(LabError):
    """A visitor has asked for so many analyses that no further one is taken."""


def request(
    connection: Connection,
    run_uid: str,
    kind: str,
    params: dict[str, Any],
    *,
    needs_parts: Sequence[str] = (),
    asked_by: str = "",
    is_large: bool = False,
    again: bool = True,
) -> str:
    """Ask for a look at a run as it stands; the same request is the same look.

    Args:
        connection: A write transaction.
        run_uid: The run.
        kind: What is asked.
        params: Its fields.
        needs_parts: Parts of snapshots it reads; of weights the whole course.
        asked_by: The visitor, for turns and limits.
        is_large: Whether it waits among the large ones.
        again: Whether one that has failed, or was cancelled, is tried once more.

    Raises:
        LabError: The run has neither checkpoint nor snapshot yet.
        TooMany: The visitor already waits for as many as one may.
    """
    number = runs.run_id(connection, run_uid)
    sha256 = artifacts.weights_now(connection, run_uid)
    if "weights" in needs_parts:
        params = params | {"snapshots": artifacts.course(connection, run_uid)}
    elif needs_parts:
        recorded = artifacts.recorded_parts(connection, run_uid, needs_parts)
        params = params | {"snapshots": recorded}
    same = {
        "run_id": number,
        "checkpoint_sha256": sha256,
        "kind": kind,
        "params_json": json.dumps(params, sort_keys=True),
    }
    known = connection.execute(select(job).filter_by(**same)).first()
    if known is not None and (known.state != "failed" or not again):
        return str(known.uid)
    _refuse_too_many(connection, asked_by, is_large)
    place = _place(connection, asked_by, is_large)
    turn = {"asked_by": asked_by, "is_large": int(is_large), "queue_seq": place}
    if known is not None:
        anew = {"state": "queued", "attempt": 0, "share": 0.0, "error_text": ""}
        values = {**anew, **turn, "finished_at": None, "created_at": time.time()}
        connection.execute(update(job).where(job.c.id == known.id).values(**values))
        return str(known.uid)
    uid = uuid.uuid4().hex
    connection.execute(insert(job).values(uid=uid, created_at=time.time(), **same, **turn))
    return uid


def _refuse_too_many(connection: Connection, asked_by: str, is_large: bool) -> None:
    of_visitor = select(func.count(), func.coalesce(func.sum(job.c.is_large), 0)).where(
        NOT_OVER, job.c.asked_by == asked_by
    )
    number, num_large = connection.execute(of_visitor).one()
    remedy = "Wait until one is done, or cancel one in the list of analyses on the page Runs."
    if is_large and num_large >= MAX_LARGE:
        raise TooMany(
            f"{num_large} large analyses of yours wait already; more than {MAX_LARGE} at a time "
            f"are not taken. {remedy}"
        )
    if number >= MAX_WAITING:
        raise TooMany(
            f"{number} analyses of yours wait already; more than {MAX_WAITING} at a time are not "
            f"taken. {remedy}"
        )


def _place(connection: Connection, asked_by: str, is_large: bool) -> int:
    """The next place: behind all that was taken up, and behind the visitor's own that wait."""
    # What was cancelled while it waited has pushed nothing on.
    is_ahead = or_(
        job.c.state.in_(("running", "done")),
        and_(job.c.state == "failed", job.c.attempt > 0),
        and_(job.c.state == "queued", job.c.asked_by == asked_by),
    )
    furthest = select(func.max(job.c.queue_seq)).where(job.c.is_large == int(is_large), is_ahead)
    return int(connection.scalar(furthest) or 0) + 1


def look(connection: Connection, uid: str) -> JobView:
    """A look and what it has made.

    Raises:
        NotFound: There is none.
    """
    found = _views(connection, job.c.uid == uid)
    if not found:
        raise NotFound(f"There is no analysis `{uid[:40]}`.")
    return found[0]


def unfinished(connection: Connection) -> list[JobView]:
    """Looks that are worked on or wait: the small ones and then the large ones, each in turn."""
    return _views(connection, NOT_OVER)


def _views(connection: Connection, which: ColumnElement[bool]) -> list[JobView]:
    query = select(job, run.c.uid.label("run_uid")).join(run, job.c.run_id == run.c.id)
    in_turn = query.where(which).order_by(
        job.c.is_large, job.c.state == "queued", job.c.queue_seq, job.c.id
    )
    return [_view(connection, row) for row in connection.execute(in_turn).all()]


def _view(connection: Connection, row: Row[Any]) -> JobView:
    made = select(artifact).where(artifact.c.job_id == row.id).order_by(artifact.c.id)
    asked_at = when(row.created_at)
    assert asked_at is not None
    return JobView(
        uid=row.uid,
        run_uid=row.run_uid,
        kind=row.kind,
        params=json.loads(row.params_json),
        state=row.state,
        share=row.share,
        error_text=row.error_text,
        products={one.name: artifacts.artifact_of(one) for one in connection.execute(made)},
        asked_at=asked_at,
        is_large=bool(row.is_large),
        num_ahead=_num_ahead(connection, row) if row.state == "queued" else 0,
    )


def _num_ahead(connection: Connection, row: Row[Any]) -> int:
    is_ahead = or_(
        job.c.state == "running",
        and_(
            job.c.state == "queued",
            or_(
                job.c.queue_seq < row.queue_seq,
                and_(job.c.queue_seq == row.queue_seq, job.c.id < row.id),
            ),
        ),
    )
    query = select(func.count()).where(job.c.is_large == row.is_large, is_ahead)
    return int(connection.scalar(query) or 0)


def newest_look(connection: Connection, run_uid: str, kind: str) -> JobView | None:
    """The look of a kind that was asked for last, of the run's newest weights; None without one."""
    try:
        sha256 = artifacts.weights_now(connection, run_uid)
    except LabError:
        return None
    same = {
        "run_id": runs.run_id(connection, run_uid),
        "checkpoint_sha256": sha256,
        "kind": kind,
    }
    query = select(job.c.uid).filter_by(**same).order_by(job.c.id.desc()).limit(1)
    uid = connection.execute(query).scalar()
    return None if uid is None else look(connection, uid)


def cancel(connection: Connection, uid: str) -> None:
    """End a look that waits or is worked on; one that is over stays as it is.

    Raises:
        NotFound: There is none.
    """
    if connection.scalar(select(job.c.id).where(job.c.uid == uid)) is None:
        raise NotFound(f"There is no analysis `{uid[:40]}`.")
    _end(connection, job.c.uid == uid, CANCELLED)


def end_of_run(connection: Connection, run_uid: str) -> None:
    """End all looks at a run that is deleted."""
    _end(connection, job.c.run_id == runs.run_id(connection, run_uid), RUN_DELETED)


def _end(connection: Connection, which: ColumnElement[bool], text: str) -> None:
    # Whoever works on it notices that it is no longer running, and what it says is not taken.
    ended = {"state": "failed", "error_text": text, "finished_at": time.time()}
    connection.execute(update(job).where(NOT_OVER, which).values(**ended))


def write_look(
    connection: Connection,
    job_id: int,
    attempt: int,
    *,
    share: float = 0.0,
    products: list[Pointer] | None = None,
    error_text: str = "",
) -> None:
    """Note how far a look is; with products it is done, with an error it has failed."""
    values: dict[str, Any] = {"share": share}
    if products is not None:
        values = {"share": 1.0, "state": "done", "finished_at": time.time()}
    elif error_text:
        values = {"state": "failed", "error_text": error_text, "finished_at": time.time()}
    is_current = (job.c.id == job_id, job.c.attempt == attempt, job.c.state == "running")
    changed = connection.execute(update(job).where(*is_current).values(**values)).rowcount
    if changed and products:
        add_artifacts(connection, "product", products, job_id=job_id)
