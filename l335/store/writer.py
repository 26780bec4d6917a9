"""The only way rows of a run get into the store: in groups, fenced by the attempt number."""

from __future__ import annotations

import dataclasses
import json
import math
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from l335.core.metrics import METRICS, spelt, unspelt
from l335.core.records import Pointer, Row, Timing
from l335.store import runs
from l335.store.runs import LAST_WORDS
from l335.store.tables import artifact, checkpoint, metric, metric_key, run

LEASE_SECONDS = 15.0
NUM_CHECKPOINTS_KEPT = 2
NUM_PREVIEWS_KEPT = 200  # of each name in a run


@dataclass(frozen=True)
class Ending:
    """The state an attempt leaves a run in; counts are those of the run afterwards.

    Attributes:
        timing: What the attempt has taken; None where it did not come to say.
        last_words: What the program printed before it failed; empty where it printed nothing.
    """

    state: str
    error_code: str = ""
    error_text: str = ""
    num_lost: int | None = None
    num_killed: int | None = None
    timing: Timing | None = None
    last_words: str = ""


@dataclass
class Batch:
    """What one attempt of a run produced since the last commit, in order."""

    run_id: int
    attempt: int
    rows: list[Row] = field(default_factory=list)
    previews: list[Pointer] = field(default_factory=list)
    snapshots: list[Pointer] = field(default_factory=list)
    checkpoints: list[Pointer] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None

    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        files = self.previews or self.snapshots or self.checkpoints
        return not (self.rows or files or self.facts or self.ending is not None)


@dataclass
class Committed:
    """What a commit found.

    Attributes:
        stale: Runs whose attempt is no longer the current one: nothing of theirs was written.
        dropped: SHA-256 of checkpoints, pictures and snapshots that are no longer kept.
    """

    stale: set[int] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)


def commit(connection: Connection, batches: Iterable[Batch]) -> Committed:
    """Write the batches of several runs in the caller's transaction."""
    result = Committed()
    for batch in batches:
        if not _commit_one(connection, batch, result):
            result.stale.add(batch.run_id)
    return result


def _commit_one(connection: Connection, batch: Batch, result: Committed) -> bool:
    rows = {(row.key, row.step): row for row in batch.rows}  # a step counts once, the last wins
    fence = (
        update(run)
        .where(run.c.id == batch.run_id, run.c.attempt == batch.attempt, run.c.state == "running")
        .values(
            last_seq=run.c.last_seq + len(rows),
            lease_until=time.time() + LEASE_SECONDS,
            **batch.facts,
        )
        .returning(run.c.last_seq, run.c.summary_json, run.c.want)
    )
    found = connection.execute(fence).first()
    if found is None:
        return False
    if rows:
        first = found.last_seq - len(rows) + 1
        _write_rows(connection, batch, list(rows.values()), first)
        summary = summarise(json.loads(found.summary_json), rows.values())
        stored = update(run).where(run.c.id == batch.run_id)
        connection.execute(stored.values(summary_json=json.dumps(summary)))
    if batch.previews:
        result.dropped += _write_files(connection, batch, "preview", batch.previews)
        for name in {pointer.name for pointer in batch.previews}:
            result.dropped += _thin_previews(connection, batch.run_id, name)
    if batch.snapshots:
        result.dropped += _write_files(connection, batch, "snapshot", batch.snapshots)
    for pointer in batch.checkpoints:
        _write_checkpoint(connection, batch, pointer)
    if batch.checkpoints:
        result.dropped += _drop_old_checkpoints(connection, batch.run_id)
    if batch.ending:
        _write_ending(connection, batch, batch.ending, found.want)
    return True


def _key_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    query = select(metric_key.c.name, metric_key.c.id).where(metric_key.c.name.in_(names))
    known = {row.name: row.id for row in connection.execute(query)}
    for name in sorted(names - known.keys()):
        row = connection.execute(insert(metric_key).values(name=name).returning(metric_key.c.id))
        known[name] = int(row.scalar_one())
    return known


_METRIC = upsert(metric)
_UPSERT = _METRIC.on_conflict_do_update(
    index_elements=["run_id", "key_id", "step"],
    set_={name: _METRIC.excluded[name] for name in ("value", "flag", "wall", "seq", "attempt")},
)


def _write_rows(connection: Connection, batch: Batch, rows: list[Row], first_seq: int) -> None:
    ids = _key_ids(connection, {row.key for row in rows})
    connection.execute(
        _UPSERT,
        [
            {
                "run_id": batch.run_id,
                "key_id": ids[row.key],
                "step": row.step,
                "value": row.value if math.isfinite(row.value) else None,
                "flag": "" if math.isfinite(row.value) else str(row.value),
                "wall": row.wall,
                "seq": seq,
                "attempt": batch.attempt,
            }
            for seq, row in enumerate(rows, first_seq)
        ],
    )


def summarise(summary: dict[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """The last and best value of each key, brought up to date with new rows, as it is stored."""
    for row in rows:
        entry = summary.setdefault(row.key, {"best": None, "best_step": None})
        value = None if math.isnan(row.value) else row.value
        entry |= {"last": spelt(value), "last_step": row.step}
        if value is None:
            continue
        known, best = METRICS.get(row.key), unspelt(entry["best"])
        sign = 1 if known is not None and known.better == "max" else -1
        if best is None or sign * value > sign * best:
            entry |= {"best": spelt(value), "best_step": row.step}
    return summary


def add_artifacts(
    connection: Connection,
    kind: str,
    pointers: list[Pointer],
    run_id: int | None = None,
    job_id: int | None = None,
) -> None:
    """Refer to stored files from a run or a job."""
    now = time.time()
    connection.execute(
        insert(artifact),
        [
            {
                "uid": uuid.uuid4().hex,
                "run_id": run_id,
                "job_id": job_id,
                "kind": kind,
                "name": pointer.name,
                "step": pointer.step,
                "sha256": pointer.sha256,
                "media_type": pointer.media_type,
                "meta_json": json.dumps(pointer.meta),
                "created_at": now,
            }
            for pointer in pointers
        ],
    )


def _write_files(
    connection: Connection, batch: Batch, kind: str, pointers: list[Pointer]
) -> list[str]:
    # A run that went on from an earlier checkpoint passes a step again: the newest counts.
    dropped: list[str] = []
    for pointer in pointers:
        again = delete(artifact).where(
            artifact.c.run_id == batch.run_id,
            artifact.c.kind == kind,
            artifact.c.name == pointer.name,
            artifact.c.step == pointer.step,
        )
        dropped += connection.scalars(again.returning(artifact.c.sha256)).all()
    add_artifacts(connection, kind, pointers, run_id=batch.run_id)
    return dropped


def _thin_previews(connection: Connection, run_id: int, name: str) -> list[str]:
    of_name = select(artifact.c.id, artifact.c.step, artifact.c.sha256).where(
        artifact.c.run_id == run_id, artifact.c.kind == "preview", artifact.c.name == name
    )
    kept = list(connection.execute(of_name.order_by(artifact.c.step)))
    newest = max(row.id for row in kept)
    dropped = []
    while len(kept) > NUM_PREVIEWS_KEPT:
        # What leaves the smallest gap goes, so that those kept stay evenly spread.
        inner = [i for i in range(1, len(kept) - 1) if kept[i].id != newest]
        dropped.append(kept.pop(min(inner, key=lambda i: kept[i + 1].step - kept[i - 1].step)))
    if dropped:
        gone = delete(artifact).where(artifact.c.id.in_([row.id for row in dropped]))
        connection.execute(gone)
    return [row.sha256 for row in dropped]


def _write_checkpoint(connection: Connection, batch: Batch, pointer: Pointer) -> None:
    values = {
        "sha256": pointer.sha256,
        "num_bytes": pointer.num_bytes,
        "created_at": time.time(),
    }
    connection.execute(
        upsert(checkpoint)
        .values(run_id=batch.run_id, attempt=batch.attempt, step=pointer.step, **values)
        .on_conflict_do_update(index_elements=["run_id", "step", "attempt"], set_=values)
    )
    # Training got further than at the last loss, so the losses behind it no longer count.
    connection.execute(update(run).where(run.c.id == batch.run_id).values(num_lost=0))


def _drop_old_checkpoints(connection: Connection, run_id: int) -> list[str]:
    of_run = select(checkpoint.c.id, checkpoint.c.sha256).where(checkpoint.c.run_id == run_id)
    old = connection.execute(
        of_run.order_by(checkpoint.c.id.desc()).offset(NUM_CHECKPOINTS_KEPT)
    ).all()
    if old:
        gone = delete(checkpoint).where(checkpoint.c.id == bindparam("old"))
        connection.execute(gone, [{"old": row.id} for row in old])
    return [row.sha256 for row in old]


def _write_ending(connection: Connection, batch: Batch, ending: Ending, want: str) -> None:
    state = ending.state
    if state == "queued":  # the wish may be newer than the reason the worker stopped for
        state = {"pause": "paused", "cancel": "cancelled"}.get(want, state)
    values: dict[str, Any] = {
        "state": state,
        "want": "run",
        "runner_id": None,
        "lease_until": None,
        "error_code": ending.error_code,
        "error_text": ending.error_text,
        "finished_at": None if state in ("queued", "paused") else time.time(),
    }
    if ending.num_lost is not None:
        values["num_lost"] = ending.num_lost
    if ending.num_killed is not None:
        values["num_killed"] = ending.num_killed
    connection.execute(update(run).where(run.c.id == batch.run_id).values(**values))
    if ending.timing is not None:
        detail = json.dumps(dataclasses.asdict(ending.timing))
        runs.note(connection, batch.run_id, batch.attempt, "timed", detail)
    if ending.last_words:
        runs.note(connection, batch.run_id, batch.attempt, LAST_WORDS, ending.last_words)
    runs.note(connection, batch.run_id, batch.attempt, state, ending.error_code)
