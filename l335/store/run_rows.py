"""Rows of runs as plain values; what this version can't read is said to be so."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, case, func

from l335.core.errors import SpecError, Unreadable
from l335.core.metrics import summary_of
from l335.results.views import RunView, UnreadableRun
from l335.spec import Spec, spec_from_dict
from l335.store.tables import run

SPEC_JSON = case((func.json_valid(run.c.spec_json) == 1, run.c.spec_json))
"""The specification for SQLite's own functions, which fail on a damaged one; NULL for such."""

_SAME = [
    *("uid", "task", "state", "want", "step", "total_steps", "train_seconds", "num_parameters"),
    *("seed", "threads", "device", "precision", "attempt", "error_code", "error_text"),
]


def when(seconds: float | None) -> datetime | None:
    """A stored time as a date."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@functools.lru_cache(maxsize=4096)  # a few kilobytes each; reading one takes 0.2 ms
def spec_of(text: str) -> Spec:
    """The specification a row holds as JSON.

    Raises:
        Unreadable: It does not fit this version.
    """
    try:
        return spec_from_dict(json.loads(text))
    except SpecError as error:
        raise Unreadable(str(error)) from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # Whatever another version or a damaged disk has left there.
        raise Unreadable(f"Its settings are no specification ({error}).") from error


def readable(text: str) -> Spec | None:
    """The specification a row holds; None where this version can't read it."""
    try:
        return spec_of(text)
    except Unreadable:
        return None


def view_of(row: RowMapping, places: dict[int, int]) -> RunView | UnreadableRun:
    created_at = when(row["created_at"])
    assert created_at is not None
    try:
        spec, summary = spec_of(row["spec_json"]), _summary(row["summary_json"])
        continued = continued_of(row["continued_json"])
    except Unreadable as error:
        kept = {name: row[name] for name in ("uid", "task", "state")}
        return UnreadableRun(**kept, created_at=created_at, reason=str(error))
    return RunView(
        **{name: row[name] for name in _SAME},
        spec=spec,
        created_at=created_at,
        started_at=when(row["started_at"]),
        finished_at=when(row["finished_at"]),
        summary=summary,
        continued=tuple(steps for steps, _ in continued),
        queue_position=places.get(row["id"]),
        has_checkpoint=bool(row["has_checkpoint"]),
        is_deleted=row["deleted_at"] is not None,
    )


def _summary(text: str) -> dict[str, dict[str, Any]]:
    try:
        return summary_of(json.loads(text))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Unreadable(f"Its figures can't be read ({error}).") from error


def continued_of(text: str) -> list[tuple[int, float]]:
    """Where a run was continued: the steps it had until then, and when that was asked.

    Raises:
        Unreadable: The row holds something else.
    """
    try:
        return [(int(steps), float(at)) for steps, at in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise Unreadable(f"Where it was continued can't be read ({error}).") from error


def unreadable_text(run: UnreadableRun) -> str:
    """What is said of a run that can't be read."""
    return (
        f"The run {run.uid[:8]} can't be read by this version: {run.reason} "
        "Delete it, or open it with the version it was made with."
    )
