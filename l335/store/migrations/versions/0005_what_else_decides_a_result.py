"""What decides a run's figures beside its settings; figures that are infinite."""

import json
import math
import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add precision and where a run was continued, which its history says."""
    op.execute("ALTER TABLE run ADD COLUMN precision VARCHAR(32) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE run ADD COLUMN continued_json TEXT DEFAULT '[]' NOT NULL")
    connection = op.get_bind()
    asked: dict[int, list[tuple[int, float]]] = {}
    for number, detail, at in connection.execute(
        sa.text(
            "SELECT run_id, detail, at FROM run_event WHERE kind = 'asked to continue' ORDER BY id"
        )
    ):
        if found := re.fullmatch(r"(?:epochs|steps) \+ (\d+)", detail):
            asked.setdefault(number, []).append((int(found[1]), at))
    for number, additions in asked.items():
        spec_json = connection.scalar(
            sa.text("SELECT spec_json FROM run WHERE id = :id"), {"id": number}
        )
        continued = _continued(spec_json, additions)
        connection.execute(
            sa.text("UPDATE run SET continued_json = :text WHERE id = :id"),
            {"id": number, "text": json.dumps(continued)},
        )
    _infinite_figures(connection)


def _infinite_figures(connection: sa.Connection) -> None:
    """Let the last and best figures of older runs say what was infinite, as its rows do."""
    rows = connection.execute(
        sa.text(
            "SELECT metric.run_id, metric_key.name, metric.step, metric.flag FROM metric "
            "JOIN metric_key ON metric.key_id = metric_key.id "
            "WHERE metric.flag IN ('inf', '-inf') ORDER BY metric.step DESC"
        )
    ).all()
    changed: dict[int, dict[str, dict[str, object]]] = {}
    for number, key, step, flag in rows:
        if number not in changed:
            text = connection.scalar(
                sa.text("SELECT summary_json FROM run WHERE id = :id"), {"id": number}
            )
            changed[number] = json.loads(text)
        entry = changed[number].get(key)
        if entry is None:
            continue
        if entry["last_step"] == step:
            entry["last"] = flag
        if flag == "inf" and key.endswith("psnr_db"):  # the first of them, for they come last
            entry |= {"best": flag, "best_step": step}
    for number, summary in changed.items():
        connection.execute(
            sa.text("UPDATE run SET summary_json = :text WHERE id = :id"),
            {"id": number, "text": json.dumps(summary)},
        )


def _continued(spec_json: str, additions: list[tuple[int, float]]) -> list[list[float]]:
    """Steps the run had before each addition, and when that was."""
    try:
        spec = json.loads(spec_json)
        if spec["task"] == "classify":
            length, each = spec["epochs"], math.ceil(spec["train_size"] / spec["batch_size"])
        else:
            length, each = spec["steps"], 1
    except (ValueError, LookupError, TypeError):  # of another version: nothing is known of it
        return []
    found = []
    for more, at in reversed(additions):
        length -= more
        found.append([length * each, at])
    return found[::-1]
