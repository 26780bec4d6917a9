"""Recorders that keep nothing."""

from __future__ import annotations

import math
import time


class DroppingRecorder:
    """Records nothing."""

    def progress(self, step: int, train_seconds: float) -> None:
        """Drop it."""

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Drop them."""

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        """Drop it."""

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        """Drop it."""

    def checkpoint(self, step: int, data: bytes) -> None:
        """Drop it."""

    def close(self) -> None:
        """Nothing waits."""


class GoalRecorder(DroppingRecorder):
    """Keeps nothing but the moment a PSNR was reached.

    Attributes:
        reached_seconds: From the making of this until then; None before.
    """

    def __init__(self, psnr_db: float = math.inf) -> None:
        self._goal, self._started = psnr_db, time.perf_counter()
        self.reached_seconds: float | None = None

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Look for the goal in them."""
        is_reached = values.get("train/psnr_db", -math.inf) >= self._goal
        if is_reached and self.reached_seconds is None:
            self.reached_seconds = time.perf_counter() - self._started
