"""The lab this process serves: one for the routes and all pages together."""

from __future__ import annotations

from functools import cache

from l335.core.settings import Settings
from l335.service import Lab


@cache
def _opened(settings: Settings) -> Lab:
    return Lab.open(settings)


def current_lab() -> Lab:
    """The lab of the settings in the environment, opened on first use."""
    return _opened(Settings())
