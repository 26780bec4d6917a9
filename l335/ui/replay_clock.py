"""The clock of a replay: seconds that have passed while it was not held."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field


@dataclass
class ReplayClock:
    """Runs until it is held, and on from there.

    Attributes:
        token: Another one for each start, so that charts begin anew.
    """

    token: str
    _before: float = 0.0
    _since: float | None = field(default_factory=time.monotonic)

    @classmethod
    def started(cls) -> ReplayClock:
        """A clock that runs from 0 on."""
        return cls(uuid.uuid4().hex)

    @property
    def is_paused(self) -> bool:
        """Whether it is held."""
        return self._since is None

    @property
    def elapsed(self) -> float:
        """Seconds it has run."""
        passed = 0.0 if self._since is None else time.monotonic() - self._since
        return self._before + passed

    def toggle(self) -> None:
        """Hold it, or let it run on."""
        self._before, self._since = (
            self.elapsed,
            time.monotonic() if self._since is None else None,
        )
