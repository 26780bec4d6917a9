"""Which stored files the store needs, read from a database of any layout."""

from __future__ import annotations

from typing import Any

# Of looks, those that are over have what they made as artifacts, and need their weights no more.
_NAMED = """
SELECT sha256, 'checkpoint' AS what FROM checkpoint
UNION SELECT sha256, kind FROM artifact
UNION SELECT checkpoint_sha256, 'checkpoint' FROM job WHERE state IN ('queued', 'running')
"""


def named_blobs(connection: Any) -> dict[str, str]:
    """The addresses of all files rows refer to, with what each is of.

    Args:
        connection: Of the driver, on a store of any layout.

    Returns:
        By SHA-256: ``checkpoint``, ``preview``, ``snapshot``, ``product`` or ``image``.
    """
    return dict(connection.execute(_NAMED).fetchall())


def num_runs(connection: Any) -> int:
    """How many runs a store of any layout holds, deleted ones included."""
    return int(connection.execute("SELECT count(*) FROM run").fetchone()[0])
