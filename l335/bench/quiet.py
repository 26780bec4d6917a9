"""Whether anything else runs while something is timed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import psutil

from l335.core.errors import LabError

MAX_OTHER_CORES = 0.2
LOOK_SECONDS = 2.0
PATIENCE_SECONDS = 60.0


class OtherWork:
    """Cores that other processes keep busy, from the time this was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._all, self._own = _busy_seconds(), _own_seconds()

    def cores(self) -> float:
        """How many cores were busy with something else on average."""
        seconds = time.monotonic() - self._started
        others = (_busy_seconds() - self._all) - (_own_seconds() - self._own)
        return max(0.0, others) / seconds


def wait_for_quiet(say: Callable[[str], None]) -> None:
    """Return once next to nothing else runs.

    Raises:
        LabError: Something else keeps running; the sentence names it.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        other = OtherWork()
        time.sleep(LOOK_SECONDS)
        cores = other.cores()
        if cores <= MAX_OTHER_CORES:
            return
        if time.monotonic() >= until:
            raise LabError(
                f"Other programs keep {cores:.1f} cores busy ({_busiest()}), so nothing measured "
                "now would mean much. Stop them, or pass `--busy` to measure all the same."
            )
        say(f"Waiting: other programs keep {cores:.1f} cores busy.")


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def _own_seconds() -> float:
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    total = 0.0
    for process in family:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _busiest() -> str:
    own = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    processes = [process for process in psutil.process_iter(["name"]) if process.pid not in own]
    shares = []
    for process in processes:
        try:
            process.cpu_percent()
        except psutil.Error:
            continue
        shares.append(process)
    time.sleep(0.5)
    found = []
    for process in shares:
        try:
            found.append((process.cpu_percent(), process.info["name"], process.pid))
        except psutil.Error:
            continue
    _, name, pid = max(found, default=(0.0, "unknown", 0))
    return f"the busiest is {name}, process {pid}"
