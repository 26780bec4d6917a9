"""Numbers, lists and times in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

MINUTE, HOUR = 60, 3600
SHORT_SECONDS = 9.95  # below it a digit behind the point is shown


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 epoch", "2,000 epochs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def signed(value: float, digits: int) -> str:
    """A number with its sign: "+1.2", "−0.3", "+∞", and zero without one."""
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    text = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


def fixed(value: float, digits: int) -> str:
    """A number with so many digits: "1.20", "−0.30", "∞"."""
    return signed(value, digits).removeprefix("+")


def decimal(value: float) -> str:
    """A setting with up to six digits, written out: ``0.00001`` reads easier than ``1e-05``."""
    return f"{Decimal(f'{value:g}'):f}"


def exact(value: float) -> str:
    """A number as it is, with every digit that tells it from others: "2,147,483,647", "1e-07"."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return repr(float(value)) if isinstance(value, float) else f"{value:,}"


def listed(words: Sequence[str]) -> str:
    """Words as people list them: "3", "3 and 5", "3, 5 and 8"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def duration(seconds: float | None) -> str:
    """A length of time in at most two units, none of them zero: "59 min 59 s", "2 h".

    ``live_view/numbers.js`` says the same in the browser.
    """
    if seconds is None:
        return "–"
    if seconds < SHORT_SECONDS:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds + 0.5)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _in_two(whole, MINUTE, "min", "s")
    return _in_two(math.floor(seconds / MINUTE + 0.5), MINUTE, "h", "min")


def _in_two(number: int, size: int, large: str, small: str) -> str:
    rest = f" {number % size} {small}" if number % size else ""
    return f"{number // size} {large}{rest}"
