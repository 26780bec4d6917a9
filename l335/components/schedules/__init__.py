"""Schedules: how the learning rate changes during a run."""

from __future__ import annotations

from abc import abstractmethod

from l335.components.component import Component


class Schedule(Component):
    """A multiple of the run's ``lr`` for each step; a pure function, so resuming is exact."""

    @abstractmethod
    def factor(self, step: int, total_steps: int) -> float:
        """What ``lr`` is multiplied by in the update of ``step``, 1 to ``total_steps``."""
