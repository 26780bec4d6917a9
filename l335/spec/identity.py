"""What beside its settings decides a run's figures: where it was continued, and its precision."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from l335.components.schedules import Schedule
from l335.spec import Spec

WORDS_ALONE = {"image_name", "image_width", "image_height"}
"""Settings that say in words and numbers what the address of the picture says already."""


def settings_text(spec: Spec) -> str:
    """Settings as text that is the same for runs of the same figures.

    A picture counts by its address: called otherwise, or given as a file, it is the same.
    """
    return spec.model_dump_json(exclude=WORDS_ALONE)


def usual_precision(device: str) -> str:
    """The precision of a device where none is asked for; empty where the device is not known."""
    if device.startswith("cuda"):
        return "tf32"
    return "" if device == "auto" else "float32"


def is_of(precision: str, device: str, wanted: str) -> bool:
    """Whether a run is of a precision; one that is not known may be any.

    Args:
        precision: What is stored of it; empty before its first attempt, or of an older version.
        device: Its device.
        wanted: The precision; empty for any.
    """
    own = precision or usual_precision(device)
    return not own or not wanted or own == wanted


def counts_on_length(spec: Spec) -> bool:
    """Whether training a run of these settings on makes it another one than a straight run."""
    return _bends(spec.schedule, spec.total_steps, 2 * spec.total_steps)


@functools.lru_cache(maxsize=1024)
def _bends(schedule: Schedule, steps: int, total: int) -> bool:
    # A schedule counts on the length, or does not: a few places tell.
    places = {1 + place * (steps - 1) // 63 for place in range(64)}
    return any(schedule.factor(at, steps) != schedule.factor(at, total) for at in places)


def bends(spec: Spec, continued: Iterable[int]) -> tuple[int, ...]:
    """Of the steps at which a run was continued those that make it another run than a straight one.

    With a constant learning rate a continued run takes the very steps a straight one takes. A
    schedule that counts on the length had another rate at each step before.
    """
    return tuple(at for at in continued if _bends(spec.schedule, at, spec.total_steps))
