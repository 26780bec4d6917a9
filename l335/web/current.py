"""The lab this process serves: one for the routes and all pages together."""

from __future__ import annotations

from functools import cache

from l335.lab import Lab
from l335.settings import Settings


@cache
def _opened(settings: Settings) -> Lab:
    return Lab.open(settings)


def current_lab() -> Lab:
    """The lab of the settings in the environment, opened on first use."""
    return _opened(Settings())
