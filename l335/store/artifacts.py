"""Queries on rows, pictures, images and looks."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from l335.errors import LabError, NotFound
from l335.looks import Look
from l335.metrics import NOT_FINITE
from l335.store import runs
from l335.store.run_rows import when
from l335.store.tables import artifact, checkpoint, job, metric, metric_key, run
from l335.store.writer import Pointer, add_artifacts
from l335.views import ArtifactView, ImageView, JobView, MetricsPage, Series, Snapshot


def metrics(connection: Connection, uid: str, after: int, limit: int) -> MetricsPage:
    """Points of a run committed after a cursor, with the run at the same moment.

    Of what an earlier attempt wrote only that counts which a later one has not gone back behind.
    """
    view = runs.one(connection, uid)
    number = runs.run_id(connection, uid)
    query = (
        select(metric_key.c.name, metric.c.step, metric.c.value, metric.c.wall, metric.c.seq)
        .add_columns(metric.c.flag)
        .join(metric_key, metric.c.key_id == metric_key.c.id)
        .where(metric.c.run_id == number, metric.c.seq > after)
        .order_by(metric.c.seq)
        .limit(limit + 1)
    )
    rows = connection.execute(query).all()
    series: defaultdict[str, Series] = defaultdict(Series)
    for name, step, value, wall, _, flag in rows[:limit]:
        series[name].put(step, NOT_FINITE[flag] if flag else value, wall)
    last_seq = rows[:limit][-1].seq if rows else after
    return MetricsPage(view, dict(series), last_seq, more=len(rows) > limit)


def _artifact(row: Row[Any]) -> ArtifactView:
    created_at = when(row.created_at)
    assert created_at is not None
    meta = json.loads(row.meta_json)
    return ArtifactView(row.uid, row.name, row.step, row.sha256, row.media_type, meta, created_at)


def previews(connection: Connection, uid: str) -> dict[str, ArtifactView]:
    """The newest picture of each name."""
    newest = (
        select(func.max(artifact.c.id))
        .where(artifact.c.run_id == runs.run_id(connection, uid), artifact.c.kind == "preview")
        .group_by(artifact.c.name)
    )
    rows = connection.execute(select(artifact).where(artifact.c.id.in_(newest)))
    return {row.name: _artifact(row) for row in rows}


def snapshots(connection: Connection, uid: str) -> list[Snapshot]:
    """What was recorded of a run's course, oldest first."""
    query = select(artifact).where(
        artifact.c.run_id == runs.run_id(connection, uid), artifact.c.kind == "snapshot"
    )
    steps: dict[int, dict[str, ArtifactView]] = {}
    for row in connection.execute(query.order_by(artifact.c.step)):
        steps.setdefault(row.step, {})[row.name] = _artifact(row)
    return [
        Snapshot(step, parts)
        for step, parts in steps.items()
        if parts.keys() & {"weights", "reconstruction"}  # their commit may be on the way
    ]


def one(connection: Connection, uid: str) -> ArtifactView:
    """The picture or file of this uid.

    Raises:
        NotFound: There is none.
    """
    row = connection.execute(select(artifact).where(artifact.c.uid == uid)).first()
    if row is None:
        raise NotFound(f"There is no picture or file `{uid[:40]}`.")
    return _artifact(row)


def is_referred(connection: Connection, sha256: str, *, with_checkpoints: bool = False) -> bool:
    """Whether an artifact, or also a checkpoint or a waiting look, needs a stored file."""
    queries = [select(artifact.c.id).where(artifact.c.sha256 == sha256)]
    if with_checkpoints:
        queries.append(select(checkpoint.c.id).where(checkpoint.c.sha256 == sha256))
        waits = job.c.state.in_(("queued", "running"))
        queries.append(select(job.c.id).where(job.c.checkpoint_sha256 == sha256, waits))
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def add_image(connection: Connection, view: ImageView) -> ImageView:
    """Note a stored image; the one already there where it is the same."""
    known = image(connection, view.sha256)
    if known is not None and (known.bundled or not view.bundled):
        return known
    meta = {
        "width": view.width,
        "height": view.height,
        "bundled": view.bundled,
        "notice": view.notice,
    }
    if known is not None:  # given as a file before it was known to have come with the lab
        of_image = update(artifact).where(
            artifact.c.kind == "image", artifact.c.sha256 == view.sha256
        )
        connection.execute(of_image.values(name=view.name, meta_json=json.dumps(meta)))
        return view
    pointer = Pointer(view.name, 0, "image/png", view.sha256, 0, meta)
    add_artifacts(connection, "image", [pointer])
    return view


def _image(row: Row[Any]) -> ImageView:
    return ImageView(sha256=row.sha256, name=row.name, **json.loads(row.meta_json))


def image(connection: Connection, sha256: str) -> ImageView | None:
    """The image of this address."""
    query = select(artifact).where(artifact.c.kind == "image", artifact.c.sha256 == sha256)
    row = connection.execute(query).first()
    return None if row is None else _image(row)


def images(connection: Connection) -> list[ImageView]:
    """Bundled images in their order, then uploaded ones, newest first."""
    query = select(artifact).where(artifact.c.kind == "image").order_by(artifact.c.id)
    views = [_image(row) for row in connection.execute(query)]
    uploaded = [view for view in views if not view.bundled]
    return [view for view in views if view.bundled] + uploaded[::-1]


def newest_checkpoint(connection: Connection, run_uid: str) -> tuple[int, str]:
    """Step and address of a run's newest checkpoint.

    Raises:
        LabError: The run has none yet.
    """
    of_run = select(checkpoint.c.step, checkpoint.c.sha256).where(
        checkpoint.c.run_id == runs.run_id(connection, run_uid)
    )
    newest = connection.execute(of_run.order_by(checkpoint.c.id.desc()).limit(1)).first()
    if newest is None:
        raise LabError(
            "This run has no checkpoint to look into yet. Wait for its first one, or pause it."
        )
    return int(newest.step), str(newest.sha256)


def course(connection: Connection, run_uid: str) -> list[tuple[int, str]]:
    """Step and weights file of each snapshot of a run, oldest first.

    The exact weights of the newest checkpoint stand in for the rounded ones of its step; a run
    without snapshots has that checkpoint only.

    Raises:
        LabError: The run has neither yet.
    """
    recorded = [
        (one.step, one.weights.sha256) for one in snapshots(connection, run_uid) if one.weights
    ]
    try:
        exact = newest_checkpoint(connection, run_uid)
    except LabError:
        if not recorded:
            raise
        return recorded  # it has only begun
    if not recorded:
        return [exact]
    return [exact if step == exact[0] else (step, sha256) for step, sha256 in recorded]


def recorded_parts(
    connection: Connection, run_uid: str, names: tuple[str, ...]
) -> list[tuple[int | str | None, ...]]:
    """Step and the files of these names of each snapshot that has the first of them, oldest first.

    A file that was not made, such as the error map of several seeds, is None.

    Raises:
        LabError: There is no such snapshot.
    """
    found = [one for one in snapshots(connection, run_uid) if names[0] in one.parts]
    if not found:
        raise LabError(
            f"This run has recorded no `{names[0]}`: it has not begun, or it is from before "
            "snapshots were kept. Train it once more to see its course."
        )
    return [
        (one.step, *(one.parts[name].sha256 if name in one.parts else None for name in names))
        for one in found
    ]


def _weights_now(connection: Connection, run_uid: str) -> str:
    # A run that has only begun has a snapshot before its first checkpoint.
    try:
        return newest_checkpoint(connection, run_uid)[1]
    except LabError:
        return course(connection, run_uid)[-1][1]


def request(connection: Connection, run_uid: str, look: Look) -> str:
    """Ask for a look at a run as it stands; the same request is the same look.

    Raises:
        LabError: The run has neither checkpoint nor snapshot yet.
    """
    number = runs.run_id(connection, run_uid)
    sha256 = _weights_now(connection, run_uid)
    params = look.model_dump(exclude={"kind"})
    if "weights" in look.needs_parts:
        params["snapshots"] = course(connection, run_uid)
    elif look.needs_parts:
        params["snapshots"] = recorded_parts(connection, run_uid, look.needs_parts)
    same = {
        "run_id": number,
        "checkpoint_sha256": sha256,
        "kind": look.kind,
        "params_json": json.dumps(params, sort_keys=True),
    }
    known = connection.execute(select(job).filter_by(**same)).first()
    if known is None:
        uid = uuid.uuid4().hex
        connection.execute(insert(job).values(uid=uid, created_at=time.time(), **same))
        return uid
    if known.state == "failed":
        again = {"state": "queued", "attempt": 0, "error_text": "", "finished_at": None}
        connection.execute(update(job).where(job.c.id == known.id).values(**again))
    return str(known.uid)


def look(connection: Connection, uid: str) -> JobView:
    """A look and what it has made.

    Raises:
        NotFound: There is none.
    """
    query = select(job, run.c.uid.label("run_uid")).join(run, job.c.run_id == run.c.id)
    row = connection.execute(query.where(job.c.uid == uid)).first()
    if row is None:
        raise NotFound(f"There is no look `{uid[:40]}`.")
    made = select(artifact).where(artifact.c.job_id == row.id).order_by(artifact.c.id)
    return JobView(
        uid=row.uid,
        run_uid=row.run_uid,
        kind=row.kind,
        params=json.loads(row.params_json),
        state=row.state,
        share=row.share,
        error_text=row.error_text,
        products={made_row.name: _artifact(made_row) for made_row in connection.execute(made)},
    )


def newest_look(connection: Connection, run_uid: str, kind: str) -> JobView | None:
    """The look of a kind that was asked for last, of the run's newest weights; None without one."""
    try:
        sha256 = _weights_now(connection, run_uid)
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
