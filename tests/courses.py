"""Runs whose rows a test writes itself, through the store, as if they had trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, update

from l335.core.records import Row
from l335.service import Lab
from l335.spec import ClassifySpec, Spec
from l335.store import runs, tables
from l335.store.writer import Batch, Ending, commit

SECONDS_A_STEP = 0.01


def course(lab: Lab, spec: Spec, losses: Sequence[float], *, is_over: bool = True) -> str:
    """A run with a training loss for each of its first steps; returns its uid."""
    # In one transaction, or a runner would take it from the queue.
    with lab.store.write() as connection:
        uid = runs.add(connection, spec, "cpu", 1)
        _begin_attempt(connection, uid, 1)
        _write(connection, uid, Batch(0, 1, _rows(losses, 1)), len(losses))
        if is_over:
            _write(connection, uid, Batch(0, 1, ending=Ending("completed")), len(losses))
    return uid


def epochs(
    lab: Lab, spec: ClassifySpec, curves: Mapping[str, Sequence[float]], step_seconds: float
) -> str:
    """A completed classifier with a value of each metric after each epoch; returns its uid."""
    rows = [
        Row(key, spec.steps_per_epoch * epoch, value, spec.steps_per_epoch * epoch * step_seconds)
        for key, values in curves.items()
        for epoch, value in enumerate(values, 1)
    ]
    with lab.store.write() as connection:
        uid = runs.add(connection, spec, "cpu", 1)
        _begin_attempt(connection, uid, 1)
        batch = Batch(runs.run_id(connection, uid), 1, rows, ending=Ending("completed"))
        batch.facts = {"step": spec.total_steps, "train_seconds": spec.total_steps * step_seconds}
        assert not commit(connection, [batch]).stale
    return uid


def go_on(lab: Lab, uid: str, losses: Sequence[float], first_step: int, attempt: int = 1) -> None:
    """Write further losses; with a higher attempt, as if it went on from a checkpoint."""
    with lab.store.write() as connection:
        _begin_attempt(connection, uid, attempt)
        batch = Batch(0, attempt, _rows(losses, first_step))
        _write(connection, uid, batch, first_step + len(losses) - 1)


def _rows(losses: Sequence[float], first_step: int) -> list[Row]:
    return [
        Row("train/loss", step, loss, SECONDS_A_STEP * step)
        for step, loss in enumerate(losses, first_step)
    ]


def _begin_attempt(connection: Connection, uid: str, attempt: int) -> None:
    of_run = update(tables.run).where(tables.run.c.uid == uid)
    connection.execute(of_run.values(state="running", attempt=attempt))


def _write(connection: Connection, uid: str, batch: Batch, step: int) -> None:
    batch.run_id = runs.run_id(connection, uid)
    batch.facts = {"step": step, "train_seconds": SECONDS_A_STEP * step}
    assert not commit(connection, [batch]).stale
