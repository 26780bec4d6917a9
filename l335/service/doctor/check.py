"""What one look at the installation has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        ok: Whether it is fine as it is.
        detail: What was found.
        remedy: What to do where it is not fine; empty where it is.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
