"""Queries on rows, pictures, images, and what is recorded of a run's course."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from l335.core.errors import LabError, NotFound
from l335.core.metrics import NOT_FINITE
from l335.core.records import Pointer
from l335.results.views import ArtifactView, ImageView, MetricsPage, Series, Snapshot
from l335.store import runs
from l335.store.run_rows import when
from l335.store.tables import artifact, checkpoint, job, metric, metric_key
from l335.store.writer import add_artifacts


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


def artifact_of(row: Row[Any]) -> ArtifactView:
    """A row of pictures and files as a plain value."""
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
    return {row.name: artifact_of(row) for row in rows}


def snapshots(connection: Connection, uid: str) -> list[Snapshot]:
    """What was recorded of a run's course, oldest first."""
    query = select(artifact).where(
        artifact.c.run_id == runs.run_id(connection, uid), artifact.c.kind == "snapshot"
    )
    steps: dict[int, dict[str, ArtifactView]] = {}
    for row in connection.execute(query.order_by(artifact.c.step)):
        steps.setdefault(row.step, {})[row.name] = artifact_of(row)
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
    return artifact_of(row)


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
    connection: Connection, run_uid: str, names: Sequence[str]
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


def weights_now(connection: Connection, run_uid: str) -> str:
    """Address of a run's newest weights; of one that has only begun, of its first snapshot.

    Raises:
        LabError: The run has neither yet.
    """
    try:
        return newest_checkpoint(connection, run_uid)[1]
    except LabError:
        return course(connection, run_uid)[-1][1]
