"""What the rules before these made of the same curves: those of commit bf96685."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from l335.results.verdict import Cause

FILE = Path(__file__).parent / "earlier.json"


@dataclass(frozen=True)
class Earlier:
    """The cause that was named for a case, and the setting of the first remedy.

    The rules before had no keys of causes; their sentences are put under the keys of today.
    """

    cause: Cause
    setting: str | None


@cache
def earlier() -> dict[str, Earlier]:
    """What was named, by the name of the case."""
    return {name: Earlier(*row) for name, row in json.loads(FILE.read_text()).items()}
