"""Where a run's results go; the engine calls it and never asks what is behind it."""

from __future__ import annotations

from typing import Protocol


class Recorder(Protocol):
    """Receives what training produces, in the order it is produced."""

    def progress(self, step: int, train_seconds: float) -> None:
        """Note how far training is; seconds are without evaluation and previews."""

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Record values at a step, at the seconds last given to ``progress``."""

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        """Record a picture of the state of training."""

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        """Record one part of the course of the run, kept for good: ``weights``, ``evaluation``."""

    def checkpoint(self, step: int, data: bytes) -> None:
        """Record everything needed to go on from this step."""
