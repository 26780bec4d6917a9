"""What is taken out of the store for good: deleted runs and sweeps, and pictures of people."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, CursorResult, delete, exists, func, or_, select

from l335.store.tables import artifact, checkpoint, job, metric, run, sweep, sweep_cell

IS_HIDDEN = or_(run.c.deleted_at.is_not(None), run.c.purpose != "run")
"""Whether people do not see a run: it was deleted, or only measures speed."""

WAITS = job.c.state.in_(("queued", "running"))


def deleted_runs(connection: Connection, before: float) -> list[int]:
    """Runs that were deleted before a moment and that nothing brings back, by the store's number.

    One that still runs is left, and one of a sweep that is listed: to run the sweep again
    restores it.
    """
    in_listed_sweep = (
        select(sweep_cell.c.run_id)
        .join(sweep, sweep_cell.c.sweep_id == sweep.c.id)
        .where(sweep_cell.c.run_id == run.c.id, sweep.c.deleted_at.is_(None))
    )
    query = select(run.c.id).where(
        run.c.deleted_at < before, run.c.state != "running", ~exists(in_listed_sweep)
    )
    return list(connection.scalars(query.order_by(run.c.id)))


def deleted_sweeps(connection: Connection, before: float) -> list[int]:
    """Sweeps that were deleted before a moment, by the store's number."""
    return list(connection.scalars(select(sweep.c.id).where(sweep.c.deleted_at < before)))


def num_rows(connection: Connection, runs: Sequence[int]) -> int:
    """Points of the curves of runs."""
    return sum(
        connection.scalar(select(func.count()).where(metric.c.run_id == number)) or 0
        for number in runs
    )


def forget_run(connection: Connection, number: int) -> bool:
    """Take a run nobody sees out with all that is of it; false where it runs, or is seen again."""
    gone = delete(run).where(run.c.id == number, IS_HIDDEN, run.c.state != "running")
    return _num_changed(connection.execute(gone)) > 0


def forget_sweep(connection: Connection, number: int) -> bool:
    """Take a deleted sweep out; its runs stay. False where it is no longer deleted."""
    gone = delete(sweep).where(sweep.c.id == number, sweep.c.deleted_at.is_not(None))
    return _num_changed(connection.execute(gone)) > 0


def _num_changed(result: CursorResult[object]) -> int:
    return int(result.rowcount)


def files_of(connection: Connection, runs: Collection[int]) -> set[str]:
    """SHA-256 of all files that runs and the looks at them name."""
    of_looks = select(job.c.id).where(job.c.run_id.in_(runs))
    queries = [
        select(artifact.c.sha256).where(artifact.c.run_id.in_(runs)),
        select(artifact.c.sha256).where(artifact.c.job_id.in_(of_looks)),
        select(checkpoint.c.sha256).where(checkpoint.c.run_id.in_(runs)),
    ]
    return {sha256 for query in queries for sha256 in connection.scalars(query)}


def named_files(connection: Connection, without_runs: Collection[int] = ()) -> set[str]:
    """SHA-256 of all files a row names.

    Args:
        connection: A transaction.
        without_runs: Runs whose rows do not count, nor those of looks at them.
    """
    left_out = set(without_runs)
    of_looks = {row.id: row.run_id for row in connection.execute(select(job.c.id, job.c.run_id))}
    found = set()
    columns = (artifact.c.sha256, artifact.c.run_id, artifact.c.job_id)
    for sha256, run_id, job_id in connection.execute(select(*columns)):
        if run_id not in left_out and of_looks.get(job_id) not in left_out:
            found.add(sha256)
    for query in (
        select(checkpoint.c.sha256, checkpoint.c.run_id),
        select(job.c.checkpoint_sha256, job.c.run_id).where(WAITS),
    ):
        found |= {sha256 for sha256, run_id in connection.execute(query) if run_id not in left_out}
    return found


def runs_with_image(connection: Connection, sha256: str) -> tuple[list[str], list[int]]:
    """Runs fitted to a picture: uids of those that are listed, and numbers of those nobody sees."""
    query = select(run.c.id, run.c.uid, IS_HIDDEN.label("is_hidden")).where(
        run.c.spec_json.contains(sha256)
    )
    rows = connection.execute(query.order_by(run.c.id.desc())).all()
    listed = [row.uid for row in rows if not row.is_hidden]
    return listed, [row.id for row in rows if row.is_hidden]


def forget_image(connection: Connection, sha256: str) -> set[str]:
    """Take a picture's row out, and the looks at it; SHA-256 of the files they named."""
    of_image = job.c.params_json.contains(sha256)
    made = select(artifact.c.sha256).where(artifact.c.job_id.in_(select(job.c.id).where(of_image)))
    found = set(connection.scalars(made)) | {sha256}
    connection.execute(delete(job).where(of_image))
    connection.execute(
        delete(artifact).where(artifact.c.kind == "image", artifact.c.sha256 == sha256)
    )
    return found
