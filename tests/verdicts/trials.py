"""Outcomes of tried remedies, as they are stored beside the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from l335.results.verdict import Cause
from tests.verdicts.trial import Trial

FILE = Path(__file__).parent / "trials.json"
EARLIER_FILE = FILE.with_name("trials_earlier.json")
"""Outcomes of what the rules before these advised."""

DIGITS = 5


def write(file: Path, found: Mapping[str, Trial], noises: Mapping[Cause, float]) -> None:
    """Store the outcomes by the name of their case, with the noise of its cause."""
    rows = {
        name: _rounded(asdict(replace(trial, noise=noises[trial.cause])))
        for name, trial in found.items()
    }
    lines = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def read(file: Path) -> dict[str, Trial]:
    """The outcomes by the name of their case; none where nothing was tried yet."""
    if not file.exists():
        return {}
    return {name: _trial(row) for name, row in json.loads(file.read_text()).items()}


def _rounded(row: dict[str, object]) -> dict[str, object]:
    for part in ("before", "after"):
        scores = row[part]
        assert isinstance(scores, dict)
        row[part] = {seed: [round(v, DIGITS) for v in pair] for seed, pair in scores.items()}
    return row


def _trial(row: dict[str, object]) -> Trial:
    scores = {}
    for part in ("before", "after"):
        stored = row.pop(part)
        assert isinstance(stored, dict)
        scores[part] = {int(seed): (pair[0], pair[1]) for seed, pair in stored.items()}
    return Trial(**row, **scores)  # type: ignore[arg-type]
