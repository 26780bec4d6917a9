"""What runners and their workers print: kept beside the log, each start under a line of its own.

An error that ends a process, be it Python's or the system's, is told there and nowhere else.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

FILE = "runner.out"
MAX_BYTES = 400_000
KEPT_BYTES = 200_000
NUM_LINES = 20
MAX_CHARACTERS = 4000

_HEADING = re.compile(r"^--- runner (\d+), started .*\n", re.MULTILINE)


def heading(pid: int) -> bytes:
    """The line under which what a runner prints is kept."""
    return f"--- runner {pid}, started {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n".encode()


def size(data_dir: Path) -> int:
    """How much has been printed so far, in bytes."""
    try:
        return (data_dir / FILE).stat().st_size
    except OSError:
        return 0


def trim(data_dir: Path) -> None:
    """Drop the older half of a long file; whoever prints meanwhile goes on at its end."""
    if size(data_dir) <= MAX_BYTES:
        return
    with (data_dir / FILE).open("r+b") as file:
        text = file.read()
        started = list(_HEADING.finditer(text.decode(errors="replace")))
        kept = text[-KEPT_BYTES:].partition(b"\n")[2]
        if started and not _HEADING.search(kept.decode(errors="replace")):
            kept = started[-1][0].encode() + kept
        file.seek(0)
        file.write(kept)
        file.truncate()


def words_of(data_dir: Path, pid: int) -> str:
    """The last lines of a runner and its workers; empty where it printed nothing."""
    sections = _sections(data_dir)
    return _last_lines(next((text for number, text in reversed(sections) if number == pid), ""))


def newest_words(data_dir: Path) -> str:
    """The last lines of the runner that was started last; empty where it printed nothing."""
    sections = _sections(data_dir)
    return _last_lines(sections[-1][1]) if sections else ""


def words_since(data_dir: Path, place: int) -> str:
    """The last lines that were printed since the file had this size."""
    try:
        data = (data_dir / FILE).read_bytes()
    except OSError:
        return ""
    # A file that was trimmed meanwhile is shorter than it was.
    new = data[place:] if place <= len(data) else data
    return _last_lines(_HEADING.sub("", new.decode(errors="replace")))


def _sections(data_dir: Path) -> list[tuple[int, str]]:
    try:
        text = (data_dir / FILE).read_text(errors="replace")
    except OSError:
        return []
    parts = _HEADING.split(text)[1:]
    return [(int(pid), said) for pid, said in zip(parts[::2], parts[1::2], strict=True)]


def _last_lines(text: str) -> str:
    lines = text.rstrip().splitlines()[-NUM_LINES:]
    return "\n".join(lines)[-MAX_CHARACTERS:].strip(os.linesep)
