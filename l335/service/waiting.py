"""Why runs wait or were lost, as far as a person can do something about it."""

from __future__ import annotations

from l335.core import disk
from l335.runner.launch import runner_note
from l335.runner.said import newest_words
from l335.service import Lab
from l335.store import runs


def waits_for(lab: Lab) -> str:
    """What runs wait for that only a person can give, such as space; empty for nothing."""
    folder = lab.settings.data_dir
    if disk.is_full(folder):
        return disk.full(folder)
    note = runner_note(lab.settings)
    return str(note.get("waits_for", "")) if note else ""


def last_words(lab: Lab, uid: str) -> str:
    """What the program printed before it was lost with a run's newest attempt."""
    with lab.store.read() as connection:
        return runs.last_words(connection, uid)


def runner_words(lab: Lab) -> str:
    """What the runner started last has printed; empty while one works."""
    return "" if lab.runner_alive() else newest_words(lab.settings.data_dir)
