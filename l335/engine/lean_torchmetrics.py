"""Imports torchmetrics without what it plots and listens with.

Where matplotlib and SciPy are installed, torchmetrics imports pyplot and ``scipy.signal`` at once.
Training needs neither, and the first run after a start would wait for them: they are three
quarters of the fork server's imports beyond torch's own.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

from lightning_utilities.core import imports

HIDDEN = ("matplotlib", "scipy")


@contextlib.contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Have torchmetrics believe that these are not installed."""
    package_available = imports.package_available
    is_met = imports.RequirementCache.__bool__

    def is_shown(requirement: imports.RequirementCache) -> bool:
        return not str(requirement.requirement).startswith(names) and is_met(requirement)

    def is_available(name: str) -> bool:
        return name not in names and package_available(name)

    imports.package_available = is_available  # type: ignore[assignment]
    imports.RequirementCache.__bool__ = is_shown  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        imports.package_available = package_available
        imports.RequirementCache.__bool__ = is_met  # type: ignore[method-assign]


with _hidden(HIDDEN):
    importlib.import_module("torchmetrics")
