"""The dashboard's benchmarks: real processes on data folders that are thrown away.

``python -m l335.bench.live [--short] PART...`` measures single parts and prints their rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from l335.bench import many_runs, recording, waiting, watching
from l335.bench.installation import unpacked_images
from l335.bench.rows import Row, Rows, Say

Part = Callable[[Path, bool, Say], Rows]

PARTS: dict[str, Part] = {
    "start": waiting.start,
    "submit": waiting.submit,
    "click": waiting.click,
    "visible": waiting.visible,
    "viewers": watching.viewers,
    "logging": recording.logging,
    "watched": watching.watched,
    "two-at-once": recording.two_at_once,
    "many-runs": many_runs.pages,
    "many-drawn": many_runs.charts,
    "memory": watching.memory,
}
"""Each part by name: a generator of rows, given the unpacked images, ``short`` and ``say``."""

BY_NAME: dict[str, Part] = PARTS | {"soak": watching.soak}
"""With what takes too long to be part of the suite."""

SHORT_PARTS = ("start", "visible", "viewers", "logging")


def live_rows(short: bool, say: Say) -> Rows:
    """Measure how the dashboard keeps up: waits, viewers, recording, many runs, memory.

    Args:
        short: Measure little and leave out what takes long by nature; for tests of the benchmark.
        say: Is told how it goes.
    """
    with unpacked_images() as images:
        for name in SHORT_PARTS if short else PARTS:
            say(f"{name} …")
            yield from PARTS[name](images, short, say)


def _line(row: Row) -> str:
    ours = row.ours
    text = f"{row.title}: {ours.median:.4g} {row.unit} ({ours.low:.4g} to {ours.high:.4g}, "
    text += f"n = {ours.number})"
    if row.baseline is not None:
        text += f"; {row.baseline_name}: {row.baseline.median:.4g}"
    if row.target:
        text += f"; {'met' if row.is_met else 'MISSED'}: {row.target}"
    return f"{text}. {row.note}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Parts of the dashboard's benchmarks.")
    parser.add_argument(
        "parts", nargs="*", default=list(PARTS), metavar="PART", help=", ".join(BY_NAME)
    )
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    with unpacked_images() as images:
        for name in arguments.parts:
            started = time.monotonic()
            for row in BY_NAME[name](images, arguments.short, lambda text: print(f"  {text}")):
                print(_line(row), flush=True)
            print(f"  ({name}: {time.monotonic() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
