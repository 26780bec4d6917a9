"""Queries on runs that people ask for: submit, list, wish, delete."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    func,
    insert,
    select,
    update,
)

from l335.core.errors import LabError, NotFound, Problem, SpecError, Unreadable
from l335.results.groups import one_difference
from l335.results.views import RunView, UnreadableRun
from l335.spec import Spec, spec_from_dict, with_changes
from l335.spec.identity import settings_text
from l335.store.run_rows import SPEC_JSON, continued_of, spec_of, unreadable_text, view_of
from l335.store.tables import checkpoint, run, run_event

MAX_SIBLINGS = 64
"""Seeds of one setting that are judged together; thousands would be read at every visit."""

LAST_WORDS = "last words"
"""Kind of event that keeps what the program printed before it was lost."""

MAX_BESIDE = 1000
"""Runs that are looked through for those beside a setting; each takes half a millisecond."""


def add(
    connection: Connection,
    spec: Spec,
    device: str,
    threads: int,
    *,
    place: int | None = None,
    purpose: str = "run",
    precision: str = "",
) -> str:
    """Queue a run; returns its uid.

    Args:
        connection: A write transaction.
        spec: What it does.
        device: Where it is to train.
        threads: CPU threads it may use.
        place: Its place in the queue, from ``places_behind``; None for the next one.
        purpose: ``run``, or ``probe`` for one that only measures speed.
        precision: How its products are computed, where that is known already.

    Raises:
        SpecError: The specification would not be read again; nothing is stored.
    """
    text = spec.model_dump_json()
    spec_from_dict(json.loads(text))
    uid = uuid.uuid4().hex
    if place is None:
        place = places_behind(connection)
    connection.execute(
        insert(run).values(
            uid=uid,
            task=spec.task,
            spec_json=text,
            seed=spec.seed,
            threads=threads,
            device=device,
            precision=precision,
            num_parameters=spec.num_parameters,
            total_steps=spec.total_steps,
            queue_seq=place,
            purpose=purpose,
            created_at=time.time(),
        )
    )
    return uid


def places_behind(connection: Connection) -> int:
    """The first place in the queue behind everything that has been taken up.

    Each thing a person starts, one run or a sweep, is numbered from here on. So the runs of two
    sweeps take turns, and a single run waits for one run of a long sweep, not for all of them:
    fair queuing by start tags (Goyal, Vin and Cheng 1996), with every run counted as one.
    """
    # Runs that were stopped while they waited have pushed nothing on.
    served = [
        select(func.max(run.c.queue_seq)).where(run.c.state == state).scalar_subquery()
        for state in ("running", "completed", "failed")
    ]
    return max(place or 0 for place in connection.execute(select(*served)).one()) + 1


_COLUMNS: list[Any] = [
    run,
    select(checkpoint.c.id).where(checkpoint.c.run_id == run.c.id).exists().label("has_checkpoint"),
]

IS_LISTED = and_(run.c.deleted_at.is_(None), run.c.purpose == "run")
"""Whether people see a run: it is not deleted, and does more than measure speed."""


def _queue(connection: Connection) -> dict[int, int]:
    waiting = select(run.c.id).where(run.c.state == "queued", run.c.deleted_at.is_(None))
    ids = connection.scalars(waiting.order_by(run.c.queue_seq, run.c.id))
    return {run_id: place for place, run_id in enumerate(ids, 1)}


def page(
    connection: Connection, limit: int, offset: int, task: str | None
) -> list[RunView | UnreadableRun]:
    """Runs that are not deleted, newest first."""
    query = select(*_COLUMNS).where(IS_LISTED)
    if task is not None:
        query = query.where(run.c.task == task)
    query = query.order_by(run.c.id.desc()).limit(limit).offset(offset)
    rows: Sequence[RowMapping] = connection.execute(query).mappings().all()
    places = _queue(connection) if any(row["state"] == "queued" for row in rows) else {}
    return [view_of(row, places) for row in rows]


def by_number(connection: Connection, numbers: Sequence[int]) -> dict[int, RunView | UnreadableRun]:
    """Runs that are not deleted, by the store's own number."""
    query = select(*_COLUMNS).where(run.c.id.in_(numbers), run.c.deleted_at.is_(None))
    rows = connection.execute(query).mappings().all()
    places = _queue(connection) if any(row["state"] == "queued" for row in rows) else {}
    return {row["id"]: view_of(row, places) for row in rows}


def by_uid(connection: Connection, uids: Sequence[str]) -> list[RunView | UnreadableRun]:
    """Runs of these uids, newest first."""
    query = select(*_COLUMNS).where(run.c.uid.in_(uids)).order_by(run.c.id.desc())
    return [view_of(row, {}) for row in connection.execute(query).mappings()]


def count(connection: Connection, task: str | None) -> int:
    """How many runs are not deleted."""
    query = select(func.count()).select_from(run).where(IS_LISTED)
    if task is not None:
        query = query.where(run.c.task == task)
    return int(connection.scalar(query) or 0)


def one(connection: Connection, uid: str) -> RunView:
    """The run of this uid.

    Raises:
        NotFound: There is none.
        Unreadable: This version can't read it.
    """
    row = _row(connection, uid)
    view = view_of(row, _queue(connection) if row["state"] == "queued" else {})
    if isinstance(view, UnreadableRun):
        raise Unreadable(unreadable_text(view))
    return view


def _row(connection: Connection, uid: str) -> RowMapping:
    row = connection.execute(select(*_COLUMNS).where(run.c.uid == uid)).mappings().first()
    if row is None:
        raise NotFound(
            f"There is no run `{uid[:40]}`. It may have been deleted; pick one from the list."
        )
    return row


def run_id(connection: Connection, uid: str) -> int:
    """The store's own number of a run.

    Raises:
        NotFound: There is none.
    """
    return int(_row(connection, uid)["id"])


def note(connection: Connection, number: int, attempt: int, kind: str, detail: str = "") -> None:
    """Add a line to a run's history."""
    connection.execute(
        insert(run_event).values(
            run_id=number, at=time.time(), attempt=attempt, kind=kind, detail=detail
        )
    )


def last_words(connection: Connection, uid: str) -> str:
    """What the program printed before a run's newest attempt was lost; empty where nothing.

    Raises:
        NotFound: There is no such run.
    """
    row = _row(connection, uid)
    query = select(run_event.c.detail).where(
        run_event.c.run_id == row["id"],
        run_event.c.attempt == row["attempt"],
        run_event.c.kind == LAST_WORDS,
    )
    newest = query.order_by(run_event.c.id.desc()).limit(1)
    return str(connection.scalar(newest) or "")


def wish(connection: Connection, uid: str, want: str) -> None:
    """Ask for ``pause`` or ``cancel``; what does not run is moved at once, over stays over."""
    row = _row(connection, uid)
    target = {"pause": "paused", "cancel": "cancelled"}[want]
    values: dict[str, Any]
    if row["state"] == "running":
        values = {"want": want}
    elif row["state"] == "queued" or (row["state"] == "paused" and want == "cancel"):
        over = time.time() if want == "cancel" else None
        values = {"state": target, "want": "run", "finished_at": over}
    else:
        return
    connection.execute(update(run).where(run.c.id == row["id"]).values(**values))
    note(connection, row["id"], row["attempt"], f"asked to {want}")


def resume(connection: Connection, uid: str, *, place: int | None = None) -> None:
    """Let a paused, stopped or failed run go on from its last checkpoint.

    Args:
        connection: A write transaction.
        uid: The run.
        place: Its place in the queue, from ``places_behind``; None for the next one.

    Raises:
        LabError: The run has completed.
    """
    row = _row(connection, uid)
    if row["state"] == "completed":
        raise LabError("This run has completed; there is nothing left to train.")
    values: dict[str, Any] = {"want": "run"}
    if row["state"] in ("paused", "cancelled", "failed"):
        values |= {
            "state": "queued",
            "queue_seq": places_behind(connection) if place is None else place,
            "num_lost": 0,
            "num_killed": 0,
            "error_code": "",
            "error_text": "",
            "finished_at": None,
        }
    connection.execute(update(run).where(run.c.id == row["id"]).values(**values))
    note(connection, row["id"], row["attempt"], "asked to resume")


def siblings(connection: Connection, uid: str) -> list[RunView]:
    """Runs that differ from this one in the seed at most, in nothing else that counts, by seed.

    Of more than ``MAX_SIBLINGS`` these are the newest, and the run itself.
    """
    own = one(connection, uid)
    others = (
        view
        for view in _like(connection, own.spec, run.c.uid != uid)
        if view.bends == own.bends and view.is_of(own.precision)
    )
    found = [*itertools.islice(others, MAX_SIBLINGS - 1), *([] if own.is_deleted else [own])]
    return sorted(found, key=lambda view: (view.seed, view.created_at))


def find(connection: Connection, spec: Spec, precision: str) -> RunView | None:
    """The newest run a new one of these settings would repeat, not failed and not stopped.

    Args:
        connection: A transaction.
        spec: The settings.
        precision: How the new run's products would be computed.
    """
    same = [
        view
        for view in _like(connection, spec, run.c.seed == spec.seed)
        if view.state not in ("failed", "cancelled") and view.repeats(precision)
    ]
    return max(same, key=lambda view: view.created_at, default=None)


def newest(connection: Connection, spec: Spec, precision: str) -> RunView | None:
    """The newest run a new one of these settings would repeat, whatever became of it."""
    same = _like(connection, spec, run.c.seed == spec.seed)
    repeated = [view for view in same if view.repeats(precision)]
    return max(repeated, key=lambda view: view.created_at, default=None)


def _like(
    connection: Connection, spec: Spec, *conditions: ColumnElement[bool]
) -> Iterator[RunView]:
    # The newest first; they are read as they are asked for.
    # Equal settings have equal counts and rates, which leaves few rows to read and compare. No
    # hash of the settings is stored: it would change with every setting added later.
    query = select(*_COLUMNS).where(
        IS_LISTED,
        run.c.task == spec.task,
        run.c.num_parameters == spec.num_parameters,
        run.c.total_steps == spec.total_steps,
        # SQLite may read the last digit of a number differently.
        func.json_extract(SPEC_JSON, "$.lr").between(spec.lr * 0.999999, spec.lr * 1.000001),
        *conditions,
    )
    wanted = _but_for_the_seed(spec)
    for row in connection.execute(query.order_by(run.c.id.desc())).mappings():
        view = view_of(row, {})
        if isinstance(view, RunView) and _but_for_the_seed(view.spec) == wanted:
            yield view


def _but_for_the_seed(spec: Spec) -> str:
    return settings_text(spec.model_copy(update={"seed": 0}))


def beside(connection: Connection, spec: Spec) -> dict[str, list[RunView]]:
    """Completed runs that differ from a specification in one setting, by its dotted name.

    Of the newest ``MAX_BESIDE`` runs of its task; the newest come first.
    """
    query = select(*_COLUMNS).where(IS_LISTED, run.c.task == spec.task, run.c.state == "completed")
    found: dict[str, list[RunView]] = {}
    newest_first = query.order_by(run.c.id.desc()).limit(MAX_BESIDE)
    for row in connection.execute(newest_first).mappings():
        view = view_of(row, {})
        if isinstance(view, RunView) and not view.bends:
            key = one_difference(spec, view.spec)
            if key is not None:
                found.setdefault(key, []).append(view)
    return found


def extend(connection: Connection, uid: str, more: int) -> None:
    """Queue a completed run again with more epochs or steps.

    Raises:
        SpecError: The new total is out of range.
        LabError: The run has not completed.
    """
    row = _row(connection, uid)
    if row["state"] != "completed":
        raise LabError("Only a completed run can be continued; Resume goes on with this one.")
    spec = spec_of(row["spec_json"])
    length = spec.LENGTH
    if more < 1:
        raise SpecError([Problem(length, f"`{length}` to add is {more}; it must be 1 or more.")])
    longer = with_changes(spec, **{length: getattr(spec, length) + more})
    continued = [*continued_of(row["continued_json"]), (spec.total_steps, time.time())]
    values = {
        "continued_json": json.dumps(continued),
        "spec_json": longer.model_dump_json(),
        "total_steps": longer.total_steps,
        "state": "queued",
        "want": "run",
        "queue_seq": places_behind(connection),
        "num_lost": 0,
        "num_killed": 0,
        "finished_at": None,
    }
    connection.execute(update(run).where(run.c.id == row["id"]).values(**values))
    note(connection, row["id"], row["attempt"], "asked to continue", f"{length} + {more}")


def delete(connection: Connection, uid: str) -> None:
    """Hide a run; it is stopped first where it is not over."""
    wish(connection, uid, "cancel")
    connection.execute(update(run).where(run.c.uid == uid).values(deleted_at=time.time()))


def restore(connection: Connection, uid: str) -> None:
    """Undo a deletion."""
    _row(connection, uid)
    connection.execute(update(run).where(run.c.uid == uid).values(deleted_at=None))
