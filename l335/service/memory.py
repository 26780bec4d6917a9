"""Whether the machine has room for a run, asked before the run exists."""

from __future__ import annotations

from pathlib import Path

import psutil

from l335.core.errors import Problem, SpecError
from l335.spec import ClassifySpec, FitImageSpec

PROCESS_BYTES = 300_000_000
"""What a worker takes before it holds data: its share of the libraries."""

_CGROUPS = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Memory that is free for a new run: the machine's, or the container's where that is less."""
    free = int(psutil.virtual_memory().available)
    for limit_name, used_name in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        limit, used = _number(_CGROUPS / limit_name), _number(_CGROUPS / used_name)
        if limit is not None and used is not None:
            free = min(free, max(0, limit - used))
    return free


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such controller, or the word "max"
        return None


def check_memory(spec: ClassifySpec | FitImageSpec, available: int) -> None:
    """Refuse a run that would not fit.

    Raises:
        SpecError: Names the field to lower.
    """
    needed = spec.memory_bytes() + PROCESS_BYTES
    if needed <= available:
        return
    name = _field_to_lower(spec, available)
    short, free = _apart(needed, available)
    message = (
        f"`{name}` is {getattr(spec, name)}: this run needs about {short} of memory, but {free} "
        f"is free. Lower `{name}`, or wait until other runs are over."
    )
    raise SpecError([Problem(name, message)])


def _field_to_lower(spec: ClassifySpec | FitImageSpec, available: int) -> str:
    lowest = spec.LOWEST

    def needed_at_lowest(name: str) -> int:
        return spec.model_copy(update={name: lowest[name]}).memory_bytes() + PROCESS_BYTES

    enough = (name for name in lowest if needed_at_lowest(name) <= available)
    return next(enough, min(lowest, key=needed_at_lowest))


def _apart(needed: int, available: int) -> tuple[str, str]:
    """Two sizes with as many digits as tell them apart."""
    for digits in (1, 3):
        first, second = (f"{count / 1e9:.{digits}f} GB" for count in (needed, available))
        if first != second:
            return first, second
    return f"{needed:,} bytes", f"{available:,} bytes"
