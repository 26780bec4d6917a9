"""What a worker works on, and how its messages become rows: a run, or a look at one."""

from __future__ import annotations

import dataclasses
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from l335.core.records import Timing
from l335.core.settings import Settings
from l335.results.pace import place_of
from l335.runner import said
from l335.runner.channel import Message
from l335.store import jobs, queue
from l335.store.queue import ClaimedJob, ClaimedRun
from l335.store.writer import Batch, Committed, Ending, Pointer, Row, commit

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


def of_machine(settings: Settings) -> Message:
    """What of an order is the same for every run of this installation."""
    return {
        "data_dir": str(settings.data_dir),
        "precision": settings.precision,
        "cuda_graphs": settings.cuda_graphs,
    }


def take(batch: Batch, message: Message) -> None:
    """Add what a recorder sent to the batch that is committed next."""
    if "rows" in message:
        batch.rows += [Row(*row) for row in message["rows"]]
        batch.facts |= {"step": message["step"], "train_seconds": message["train_seconds"]}
    elif "preview" in message:
        batch.previews.append(Pointer(**message["preview"]))
    elif "snapshot" in message:
        batch.snapshots.append(Pointer(**message["snapshot"]))
    elif "checkpoint" in message:
        batch.checkpoints.append(Pointer(**message["checkpoint"]))
    elif "started" in message:
        batch.facts |= message["started"]


def ending_of(told: Message | None, exit_: Exit, run: ClaimedRun) -> Ending:
    """The state an attempt leaves its run in, from its last words and how its process ended."""
    if told is not None:
        if told["state"] == "failed":
            return Ending("failed", told["code"], told["text"])
        return Ending("completed" if told["state"] == "completed" else "queued")
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
        self._told: Message | None = None
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
        return {
            "attempt": self.run.attempt,
            "purpose": self.run.purpose,
            "spec": self.run.spec,
            "device": self.run.device,
            "threads": self.run.threads,
            "known_precision": self.run.precision,
            **of_machine(self._settings),
            "blobs": str(self._blobs),
            "checkpoints": self.run.checkpoints,
        }

    def take(self, message: Message) -> None:
        if "ended" in message:
            self._told = message["ended"]
        elif "waits_for" in message:
            self.waits_for = message["waits_for"]
        else:
            take(self._batch, message)

    def finish(self, exit_: Exit) -> None:
        ending = ending_of(self._told, exit_, self.run)
        words = ""
        if ending.error_code in WITH_LAST_WORDS or exit_.status is None:
            words = said.words_since(self._settings.data_dir, self._said_before)
        self._batch.ending = dataclasses.replace(ending, timing=self._timing(), last_words=words)

    def _timing(self) -> Timing | None:
        """What the attempt has taken, as its worker timed it and as it was from here."""
        if self._told is None or "timing" not in self._told:
            return None
        timing = Timing(**self._told["timing"])
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
        self._told: Message | None = None
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
        return {
            "attempt": self.job.attempt,
            "kind": self.job.kind,
            "params": self.job.params,
            "spec": self.job.spec,
            "device": self._settings.device,
            "threads": self.job.threads,
            **of_machine(self._settings),
            "blobs": str(self._blobs),
            "checkpoint": self.job.checkpoint,
        }

    def take(self, message: Message) -> None:
        if "ended" in message:
            self._told = message["ended"]
        else:
            self._share = message["share"]

    def finish(self, exit_: Exit) -> None:
        self._exit = exit_

    def write(self, connection: Connection) -> Committed:
        number, attempt = self.job.id, self.job.attempt
        changes: dict[str, Any] = {"share": self._share or 0.0}
        if self._told is not None:
            if self._told["state"] == "failed":
                changes = {"error_text": self._told["text"]}
            else:
                changes = {"products": [Pointer(**one) for one in self._told["products"]]}
        elif self._exit is not None:
            tries = 0 if self._exit.was_stopped else attempt
            queue.requeue_job(connection, number, attempt, num_tries=tries)
            return Committed()
        jobs.write_look(connection, number, attempt, **changes)
        return Committed()

    def forget(self) -> None:
        self._is_written = self._is_written or self._told is not None
        self._share = None
