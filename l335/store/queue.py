"""The queue as a runner sees it: claims, leases, wishes and what to take back."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, and_, insert, or_, select, update

from l335.store import runs
from l335.store.tables import checkpoint, job, run, runner
from l335.store.writer import LEASE_SECONDS, Batch, Ending, commit

MAX_LOST = 3
MAX_JOB_ATTEMPTS = 2


@dataclass(frozen=True)
class ClaimedRun:
    """A run a runner has taken: what its worker needs to know.

    Attributes:
        device: Where it is to train, at a first attempt as asked for.
        precision: How its products were computed in earlier attempts; empty before the first.
        purpose: ``run``, or ``probe`` for one that only measures speed.
        checkpoints: Addresses of its checkpoints, the newest first.
    """

    id: int
    uid: str
    attempt: int
    spec: str
    device: str
    threads: int
    precision: str
    num_lost: int
    num_killed: int
    purpose: str
    checkpoints: list[str]


@dataclass(frozen=True)
class ClaimedJob:
    """A look a runner has taken.

    Attributes:
        is_large: Whether it takes the place of the large ones.
    """

    id: int
    attempt: int
    is_large: bool
    kind: str
    params: dict[str, Any]
    spec: str
    threads: int
    checkpoint: str


def boot_id() -> str:
    """Changes with every start of the machine."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else str(psutil.boot_time())


def started_at(process: psutil.Process) -> float:
    """When a process started, in seconds since the machine did.

    psutil counts from the time of day of the start of the machine, which moves when the clock is
    set; a process would then no longer seem to be itself.
    """
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return float(process.create_time())
    # The name, in brackets, may hold anything; the start is the 20th field behind it.
    ticks = stat.read_text().rpartition(")")[2].split()[19]
    return int(ticks) / os.sysconf("SC_CLK_TCK")


def register(connection: Connection) -> int:
    """Note this process as one that runs things; returns its number."""
    values = {
        "host": socket.gethostname(),
        "boot_id": boot_id(),
        "pid": os.getpid(),
        "pid_started": started_at(psutil.Process()),
        "started_at": time.time(),
    }
    return int(
        connection.execute(insert(runner).values(**values).returning(runner.c.id)).scalar_one()
    )


def is_alive(host: str, boot: str, pid: int, pid_started: float) -> bool | None:
    """Whether a registered process still lives; None where that can't be seen from here."""
    if host != socket.gethostname():
        return None
    if boot != boot_id():
        return False
    try:
        process = psutil.Process(pid)
        is_same = abs(started_at(process) - pid_started) < 1.0
        return bool(is_same and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return False


def claim(connection: Connection, runner_id: int, uid: str | None = None) -> ClaimedRun | None:
    """Take the next run in line, or a certain one; None where nothing waits."""
    waiting = select(run.c.id).where(run.c.state == "queued", run.c.deleted_at.is_(None))
    if uid is not None:
        waiting = waiting.where(run.c.uid == uid)
    row = (
        connection.execute(
            update(run)
            .where(
                run.c.id == waiting.order_by(run.c.queue_seq, run.c.id).limit(1).scalar_subquery(),
                run.c.state == "queued",
            )
            .values(
                state="running",
                want="run",
                attempt=run.c.attempt + 1,
                runner_id=runner_id,
                lease_until=time.time() + LEASE_SECONDS,
            )
            .returning(run)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    if row["started_at"] is None:
        connection.execute(update(run).where(run.c.id == row["id"]).values(started_at=time.time()))
    runs.note(connection, row["id"], row["attempt"], "claimed")
    same = [
        *("id", "uid", "attempt", "device", "threads", "precision"),
        *("num_lost", "num_killed", "purpose"),
    ]
    kept = select(checkpoint.c.sha256).where(checkpoint.c.run_id == row["id"])
    return ClaimedRun(
        **{name: row[name] for name in same},
        spec=row["spec_json"],
        checkpoints=list(connection.scalars(kept.order_by(checkpoint.c.id.desc()))),
    )


def claim_job(
    connection: Connection, runner_id: int, *, is_large: bool = False
) -> ClaimedJob | None:
    """Take the next of the small or of the large looks; None where none of them waits."""
    of_size = select(job.c.id).where(job.c.state == "queued", job.c.is_large == int(is_large))
    waiting = of_size.order_by(job.c.queue_seq, job.c.id).limit(1)
    row = connection.execute(
        update(job)
        .where(job.c.id == waiting.scalar_subquery(), job.c.state == "queued")
        .values(state="running", attempt=job.c.attempt + 1, runner_id=runner_id, share=0.0)
        .returning(job)
    ).first()
    if row is None:
        return None
    of_run = select(run.c.spec_json, run.c.threads).where(run.c.id == row.run_id)
    spec_json, threads = connection.execute(of_run).one()
    return ClaimedJob(
        row.id,
        row.attempt,
        bool(row.is_large),
        row.kind,
        json.loads(row.params_json),
        spec_json,
        threads,
        row.checkpoint_sha256,
    )


def wishes(connection: Connection, runner_id: int) -> dict[int, str]:
    """What people want of this runner's runs that is not simply to go on."""
    query = select(run.c.id, run.c.want).where(
        run.c.state == "running", run.c.runner_id == runner_id, run.c.want != "run"
    )
    return {row.id: row.want for row in connection.execute(query)}


def held_jobs(connection: Connection, runner_id: int) -> set[tuple[int, int]]:
    """Looks of a runner that are still wanted, with their attempts; a cancelled one is not."""
    query = select(job.c.id, job.c.attempt).where(
        job.c.state == "running", job.c.runner_id == runner_id
    )
    return {(row.id, row.attempt) for row in connection.execute(query)}


def has_waiting(connection: Connection) -> tuple[bool, bool, bool]:
    """Whether a run waits, whether a small look does, and whether a large one does."""
    waiting_run = select(run.c.id).where(run.c.state == "queued", run.c.deleted_at.is_(None))
    small, large = (
        select(job.c.id).where(job.c.state == "queued", job.c.is_large == is_large)
        for is_large in (0, 1)
    )
    queries = (waiting_run, small, large)
    found = [connection.execute(query.limit(1)).first() is not None for query in queries]
    return found[0], found[1], found[2]


def is_held_by_others(connection: Connection, runner_id: int) -> bool:
    """Whether another runner, perhaps a dead one, holds a run or a look."""
    held_run = select(run.c.id).where(run.c.state == "running", run.c.runner_id != runner_id)
    held_job = select(job.c.id).where(job.c.state == "running", job.c.runner_id != runner_id)
    return any(
        connection.execute(query.limit(1)).first() is not None for query in (held_run, held_job)
    )


def renew(connection: Connection, runner_id: int) -> None:
    """Extend the leases of a runner's runs."""
    mine = and_(run.c.state == "running", run.c.runner_id == runner_id)
    connection.execute(update(run).where(mine).values(lease_until=time.time() + LEASE_SECONDS))


def lost_ending(num_lost: int) -> Ending:
    """What becomes of a run whose attempt was cut off: another attempt, up to a point."""
    if num_lost + 1 < MAX_LOST:
        return Ending("queued", num_lost=num_lost + 1)
    return Ending(
        "failed",
        "runner_lost",
        f"The program that trains was lost {MAX_LOST} times while this run was on, without a "
        "checkpoint in between. What it said last is in runner.out in the data folder and on "
        "the page of the run; mend that, then resume the run.",
        num_lost=num_lost + 1,
    )


def _silent(pid: int) -> str:
    del pid
    return ""


def take_back(
    connection: Connection,
    is_alive: Callable[[str, str, int, float], bool | None] = is_alive,
    words_of: Callable[[int], str] = _silent,
) -> int:
    """Requeue what dead runners have left; returns how many runs.

    A runner on this machine is judged by its process, one elsewhere by its lease.

    Args:
        connection: A write transaction.
        is_alive: Judges a process by host, start of the machine, pid and start.
        words_of: What the runner of a pid printed last.
    """
    held = select(run.c.id, run.c.attempt, run.c.num_lost, run.c.lease_until, runner).join(
        runner, run.c.runner_id == runner.c.id
    )
    batches = []
    for row in connection.execute(held.where(run.c.state == "running")).all():
        alive = is_alive(row.host, row.boot_id, row.pid, row.pid_started)
        if alive is None:
            alive = row.lease_until is not None and row.lease_until > time.time()
        if not alive:
            words = words_of(row.pid) if row.host == socket.gethostname() else ""
            ending = replace(lost_ending(row.num_lost), last_words=words)
            batches.append(Batch(row[0], row.attempt, ending=ending))
    commit(connection, batches)
    _take_back_jobs(connection, is_alive)
    return len(batches)


def _take_back_jobs(
    connection: Connection, is_alive: Callable[[str, str, int, float], bool | None]
) -> None:
    held = select(job.c.id, job.c.attempt, runner).join(runner, job.c.runner_id == runner.c.id)
    for row in connection.execute(held.where(job.c.state == "running")).all():
        if not is_alive(row.host, row.boot_id, row.pid, row.pid_started):
            requeue_job(connection, row[0], row.attempt)


def requeue_job(
    connection: Connection, job_id: int, attempt: int, *, num_tries: int | None = None
) -> None:
    """Let a look that was cut off be tried again, once; ``num_tries`` are those that count."""
    if (attempt if num_tries is None else num_tries) < MAX_JOB_ATTEMPTS:
        values: dict[str, Any] = {"state": "queued", "share": 0.0}
    else:
        text = "The look was cut off twice, perhaps for lack of memory. Ask for a smaller one."
        values = {"state": "failed", "error_text": text, "finished_at": time.time()}
    connection.execute(
        update(job)
        .where(job.c.id == job_id, job.c.attempt == attempt, job.c.state == "running")
        .values(**values)
    )


def is_idle(connection: Connection) -> bool:
    """Whether nothing waits and nothing runs."""
    busy = or_(run.c.state == "running", and_(run.c.state == "queued", run.c.deleted_at.is_(None)))
    busy_job = select(job.c.id).where(job.c.state.in_(("queued", "running")))
    return (
        connection.execute(select(run.c.id).where(busy).limit(1)).first() is None
        and connection.execute(busy_job.limit(1)).first() is None
    )
