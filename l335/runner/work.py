"""What a worker works on, and how its messages become rows: a run, or a look at one."""

from __future__ import annotations

import dataclasses
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from l335.core.records import Row, Timing
from l335.core.settings import Settings
from l335.results.pace import place_of
from l335.runner import said
from l335.runner.messages import (
    Analyse,
    Completed,
    Ended,
    Failed,
    FileStored,
    Machine,
    Message,
    Rows,
    Share,
    Started,
    Stopped,
    Train,
    WaitsFor,
)
from l335.store import jobs, queue
from l335.store.queue import ClaimedJob, ClaimedRun
from l335.store.writer import Batch, Committed, Ending, commit

WITH_LAST_WORDS = {"crashed", "error", "killed_probably_oom", "runner_lost"}
"""Ways to fail of which only what the program printed may tell the cause."""


@dataclass(frozen=True)
class Exit:
    """How a worker ended.

    Attributes:
        status: Its exit code, or minus the signal; None where it was lost with the fork server.
        was_stopped: Whether the runner had asked it to stop.
    """

    status: int | None
    was_stopped: bool


class Work(Protocol):
    """One run or look in the hands of a worker."""

    @property
    def label(self) -> str:
        """Its name in the log."""

    @property
    def is_urgent(self) -> bool:
        """Whether someone waits for what has arrived."""

    @property
    def has_news(self) -> bool:
        """Whether there is something to commit."""

    @property
    def num_waiting(self) -> int:
        """Rows that wait for a commit."""

    @property
    def waits_for(self) -> str:
        """What its worker waits for, as a sentence; empty where it goes on."""

    def order(self) -> Message:
        """What the worker is told to do."""

    def take(self, message: Message) -> None:
        """Note what the worker reports."""

    def finish(self, exit_: Exit) -> None:
        """Note that the worker is gone."""

    def write(self, connection: Connection) -> Committed:
        """Write what has arrived in the caller's transaction."""

    def forget(self) -> None:
        """Drop what was written, after the commit."""


def _machine(settings: Settings, blobs: Path, device: str, threads: int) -> Machine:
    return Machine(
        device=device,
        threads=threads,
        precision=settings.precision,
        cuda_graphs=settings.cuda_graphs,
        data_dir=settings.data_dir,
        blobs=blobs,
    )


def take(batch: Batch, message: Message) -> None:
    """Add what a recorder sent to the batch that is committed next."""
    match message:
        case Rows():
            batch.rows += [Row(*row) for row in message.rows]
            batch.facts |= {"step": message.step, "train_seconds": message.train_seconds}
        case FileStored(of="preview"):
            batch.previews.append(message.file)
        case FileStored(of="snapshot"):
            batch.snapshots.append(message.file)
        case FileStored(of="checkpoint"):
            batch.checkpoints.append(message.file)
        case Started():
            batch.facts |= {"device": message.device, "precision": message.precision}


def ending_of(told: Completed | Stopped | Failed | None, exit_: Exit, run: ClaimedRun) -> Ending:
    """The state an attempt leaves its run in, from its last words and how its process ended."""
    match told:
        case Failed():
            return Ending("failed", told.code, told.text)
        case Completed():
            return Ending("completed")
        case Stopped():
            return Ending("queued")
    if exit_.was_stopped:
        return Ending("queued")
    if exit_.status is None:
        return queue.lost_ending(run.num_lost)
    if exit_.status == -signal.SIGKILL and run.num_killed == 0:
        return Ending("queued", num_killed=1)
    if exit_.status == -signal.SIGKILL:
        return Ending(
            "failed",
            "killed_probably_oom",
            "The system killed this run twice, most likely because memory ran out. Lower the "
            "batch or the network's width, or let fewer runs train at a time.",
            num_killed=run.num_killed + 1,
        )
    return Ending(
        "failed",
        "crashed",
        f"The process of this run was lost (status {exit_.status}). runner.out in the data "
        "folder may say why; resume goes on from the last checkpoint.",
    )


class RunWork:
    """A run."""

    def __init__(self, run: ClaimedRun, settings: Settings, blobs: Path) -> None:
        self.run, self._settings, self._blobs = run, settings, blobs
        self._batch = Batch(run.id, run.attempt)
        self._taken_at = time.monotonic()
        self._told: Completed | Stopped | Failed | None = None
        self._has_shown_rows = False
        self._said_before = said.size(settings.data_dir)
        self.waits_for = ""

    @property
    def label(self) -> str:
        return f"run {self.run.uid} attempt {self.run.attempt}"

    @property
    def is_urgent(self) -> bool:
        is_first = bool(self._batch.rows) and not self._has_shown_rows
        return is_first or self._batch.ending is not None

    @property
    def has_news(self) -> bool:
        return not self._batch.is_empty()

    @property
    def num_waiting(self) -> int:
        return len(self._batch.rows)

    def order(self) -> Message:
        run = self.run
        return Train(
            attempt=run.attempt,
            spec=run.spec,
            machine=_machine(self._settings, self._blobs, run.device, run.threads),
            purpose=run.purpose,
            known_precision=run.precision,
            checkpoints=tuple(run.checkpoints),
        )

    def take(self, message: Message) -> None:
        match message:
            case Ended():
                self._told = message.outcome
            case WaitsFor():
                self.waits_for = message.reason
            case _:
                take(self._batch, message)

    def finish(self, exit_: Exit) -> None:
        ending = ending_of(self._told, exit_, self.run)
        words = ""
        if ending.error_code in WITH_LAST_WORDS or exit_.status is None:
            words = said.words_since(self._settings.data_dir, self._said_before)
        self._batch.ending = dataclasses.replace(ending, timing=self._timing(), last_words=words)

    def _timing(self) -> Timing | None:
        """What the attempt has taken, as its worker timed it and as it was from here."""
        if self._told is None or isinstance(self._told, Failed) or self._told.timing is None:
            return None
        timing = self._told.timing
        seconds = time.monotonic() - self._taken_at
        return dataclasses.replace(
            timing,
            other_seconds=max(0.0, seconds - timing.step_seconds - timing.evaluation_seconds),
            place=place_of(self.run.device),
        )

    def write(self, connection: Connection) -> Committed:
        return commit(connection, [self._batch])

    def forget(self) -> None:
        self._has_shown_rows = self._has_shown_rows or bool(self._batch.rows)
        self._batch = Batch(self.run.id, self.run.attempt)


class LookWork:
    """A look at a run."""

    def __init__(self, job: ClaimedJob, settings: Settings, blobs: Path) -> None:
        self.job, self._settings, self._blobs = job, settings, blobs
        self._share: float | None = None
        self._told: Completed | Stopped | Failed | None = None
        self._exit: Exit | None = None
        self._is_written = False

    @property
    def label(self) -> str:
        return f"look {self.job.id} attempt {self.job.attempt}"

    def is_wanted(self, held: set[tuple[int, int]]) -> bool:
        """Whether it is to go on; ``held`` are the looks that are, with their attempts."""
        return self._told is not None or (self.job.id, self.job.attempt) in held

    @property
    def is_urgent(self) -> bool:
        return not self._is_written and (self._told is not None or self._exit is not None)

    @property
    def has_news(self) -> bool:
        return self.is_urgent or self._share is not None

    @property
    def num_waiting(self) -> int:
        return 0

    @property
    def waits_for(self) -> str:
        return ""

    def order(self) -> Message:
        job = self.job
        return Analyse(
            attempt=job.attempt,
            analysis=job.kind,
            params=job.params,
            spec=job.spec,
            machine=_machine(self._settings, self._blobs, self._settings.device, job.threads),
            checkpoint=job.checkpoint,
        )

    def take(self, message: Message) -> None:
        match message:
            case Ended():
                self._told = message.outcome
            case Share():
                self._share = message.done

    def finish(self, exit_: Exit) -> None:
        self._exit = exit_

    def write(self, connection: Connection) -> Committed:
        number, attempt = self.job.id, self.job.attempt
        changes: dict[str, Any] = {"share": self._share or 0.0}
        if isinstance(self._told, Failed):
            changes = {"error_text": self._told.text}
        elif isinstance(self._told, Completed):
            changes = {"products": list(self._told.products)}
        elif self._exit is not None:
            tries = 0 if self._exit.was_stopped else attempt
            queue.requeue_job(connection, number, attempt, num_tries=tries)
            return Committed()
        jobs.write_look(connection, number, attempt, **changes)
        return Committed()

    def forget(self) -> None:
        self._is_written = self._is_written or self._told is not None
        self._share = None
