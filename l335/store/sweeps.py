"""Queries on sweeps: runs that were started together and are looked at together."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from l335.core.errors import NotFound, Unreadable
from l335.results.views import CellView, RunView, SweepLine, SweepView, UnreadableRun
from l335.spec import Spec
from l335.spec.identity import bends, is_of, settings_text
from l335.store import runs
from l335.store.run_rows import continued_of, readable, unreadable_text, when
from l335.store.tables import run, sweep, sweep_cell

NAME_LENGTH, TITLE_LENGTH = 400, 200


def existing(connection: Connection, specs: Iterable[Spec], precision: str) -> dict[str, int]:
    """Runs that new ones would repeat and that have not failed or been stopped, the newest of each.

    Args:
        connection: A transaction.
        specs: What is looked for.
        precision: How products of the new runs would be computed.

    Returns:
        The store's number of a run by its ``settings_text``; what is missing has no entry.
    """
    wanted = {settings_text(spec) for spec in specs}
    counts = {(spec.num_parameters, spec.total_steps, spec.seed) for spec in specs}
    # Equal settings have equal counts and seeds, which leaves few specifications to read.
    query = select(
        run.c.id, run.c.spec_json, run.c.continued_json, run.c.precision, run.c.device
    ).where(
        runs.IS_LISTED,
        run.c.state.notin_(("failed", "cancelled")),
        tuple_(run.c.num_parameters, run.c.total_steps, run.c.seed).in_(counts),
    )
    found = {}
    for row in connection.execute(query.order_by(run.c.id)):
        spec = readable(row.spec_json)
        text = "" if spec is None else settings_text(spec)
        if spec is None or text not in wanted:
            continue
        steps = [steps for steps, _ in _continued(row.continued_json)]
        if not bends(spec, steps) and is_of(row.precision, row.device, precision):
            found[text] = row.id
    return found


def add(
    connection: Connection,
    lab: str,
    title: str,
    definition: dict[str, Any],
    cells: Sequence[tuple[str, dict[str, str], int]],
) -> str:
    """Keep a sweep; returns its uid.

    Args:
        connection: A write transaction.
        lab: Name of a ready lab, or empty.
        title: Its name for people.
        definition: What was chosen.
        cells: Name, settings and the store's number of the run of each.
    """
    uid = uuid.uuid4().hex
    values = {
        "uid": uid,
        "lab": lab,
        "title": title[:TITLE_LENGTH],
        "definition_json": _definition_text(definition),
        "created_at": time.time(),
    }
    number = connection.execute(insert(sweep).values(**values).returning(sweep.c.id)).scalar_one()
    rows = [
        {
            "sweep_id": number,
            "place": place,
            "name": name[:NAME_LENGTH],
            "settings_json": json.dumps(settings),
            "run_id": run_id,
        }
        for place, (name, settings, run_id) in enumerate(cells)
    ]
    connection.execute(insert(sweep_cell), rows)
    return uid


def one(connection: Connection, uid: str) -> SweepView:
    """The sweep of this uid with its cells.

    Raises:
        NotFound: There is none.
    """
    row = _row(connection, uid)
    query = select(sweep_cell).where(sweep_cell.c.sweep_id == row.id).order_by(sweep_cell.c.place)
    rows = connection.execute(query).all()
    numbers = [cell.run_id for cell in rows]
    views = runs.by_number(connection, numbers)
    longer = _continued_since(connection, numbers, row.created_at)
    created_at = when(row.created_at)
    assert created_at is not None
    return SweepView(
        row.uid,
        row.lab,
        row.title,
        json.loads(row.definition_json),
        created_at,
        tuple(_cell(cell, views.get(cell.run_id), cell.run_id in longer) for cell in rows),
    )


def _continued_since(connection: Connection, numbers: Sequence[int], at: float) -> set[int]:
    """Runs that were trained on past the end they had at a moment."""
    query = select(run.c.id, run.c.continued_json)
    rows = connection.execute(query.where(run.c.id.in_(numbers), run.c.continued_json != "[]"))
    return {
        row.id
        for row in rows
        if any(asked_at > at for _, asked_at in _continued(row.continued_json))
    }


def _continued(text: str) -> list[tuple[int, float]]:
    try:
        return continued_of(text)
    except Unreadable:  # such a run is shown as one that can't be read
        return []


def _cell(row: Row[Any], run: RunView | UnreadableRun | None, is_longer: bool) -> CellView:
    settings = json.loads(row.settings_json)
    if isinstance(run, UnreadableRun):
        return CellView(row.place, row.name, settings, None, unreadable_text(run))
    if run is not None and is_longer:
        problem = (
            f"{run.title}, seed {run.seed} (run {run.uid[:8]}) was trained on to step "
            f"{run.total_steps:,} after this sweep, so it no longer counts here. Start the same "
            "again to train it anew."
        )
        return CellView(row.place, row.name, settings, None, problem, is_continued=True)
    return CellView(row.place, row.name, settings, run)


def _definition_text(definition: dict[str, Any]) -> str:
    return json.dumps(definition, sort_keys=True)


def newest_like(connection: Connection, lab: str, definition: dict[str, Any]) -> str | None:
    """The newest sweep of a ready lab with exactly these settings, by uid; None without any."""
    text = _definition_text(definition)
    query = select(sweep.c.uid).where(
        sweep.c.lab == lab, sweep.c.definition_json == text, sweep.c.deleted_at.is_(None)
    )
    uid = connection.scalar(query.order_by(sweep.c.id.desc()).limit(1))
    return None if uid is None else str(uid)


def _row(connection: Connection, uid: str) -> Row[Any]:
    row = connection.execute(select(sweep).where(sweep.c.uid == uid)).first()
    if row is None:
        raise NotFound(
            f"There is no sweep `{uid[:40]}`. It may have been deleted; pick one from the list."
        )
    return row


def page(connection: Connection, limit: int, offset: int, lab: str | None) -> list[SweepLine]:
    """Sweeps that are not deleted, newest first; ``lab`` keeps those of one ready lab."""
    query = select(sweep).where(sweep.c.deleted_at.is_(None))
    if lab is not None:
        query = query.where(sweep.c.lab == lab)
    rows = connection.execute(query.order_by(sweep.c.id.desc()).limit(limit).offset(offset)).all()
    counted = connection.execute(
        select(sweep_cell.c.sweep_id, run.c.state, func.count())
        .join(run, sweep_cell.c.run_id == run.c.id)
        .where(sweep_cell.c.sweep_id.in_([row.id for row in rows]))
        .group_by(sweep_cell.c.sweep_id, run.c.state)
    ).all()
    found = []
    for row in rows:
        created_at = when(row.created_at)
        assert created_at is not None
        states = {state: number for sweep_id, state, number in counted if sweep_id == row.id}
        definition = json.loads(row.definition_json)
        found.append(SweepLine(row.uid, row.lab, row.title, created_at, states, definition))
    return found


def count(connection: Connection, lab: str | None) -> int:
    """How many sweeps are not deleted."""
    query = select(func.count()).select_from(sweep).where(sweep.c.deleted_at.is_(None))
    if lab is not None:
        query = query.where(sweep.c.lab == lab)
    return int(connection.scalar(query) or 0)


def run_uids(connection: Connection, uid: str, places: Sequence[int]) -> list[str]:
    """The runs in some cells, deleted ones too."""
    query = (
        select(run.c.uid)
        .join(sweep_cell, sweep_cell.c.run_id == run.c.id)
        .where(sweep_cell.c.sweep_id == _row(connection, uid).id, sweep_cell.c.place.in_(places))
        .order_by(sweep_cell.c.place)
    )
    return list(connection.scalars(query))


def delete(connection: Connection, uid: str) -> None:
    """Hide a sweep; its runs stay."""
    number = _row(connection, uid).id
    connection.execute(update(sweep).where(sweep.c.id == number).values(deleted_at=time.time()))


def restore(connection: Connection, uid: str) -> None:
    """Show a deleted sweep again."""
    number = _row(connection, uid).id
    connection.execute(update(sweep).where(sweep.c.id == number).values(deleted_at=None))
