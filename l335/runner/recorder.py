"""The engine's recorder: stores files, and reports rows in small groups."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from l335.blobs import Blobs
from l335.faults import fault
from l335.runner.channel import Message

INTERVAL_SECONDS = 0.05


class GroupingRecorder:
    """Sends rows at most every 50 ms, the first at once; files go as pointers.

    What was recorded first is sent first: a checkpoint never overtakes the rows before it.
    """

    def __init__(self, blobs: Blobs, send: Callable[[Message], None]) -> None:
        self._blobs, self._send = blobs, send
        self._rows: list[tuple[str, int, float, float]] = []
        self._step, self._train_seconds = 0, 0.0
        self._is_unsent = False
        self._sent_at = -math.inf

    def progress(self, step: int, train_seconds: float) -> None:
        fault("progress")
        self._step, self._train_seconds = step, train_seconds
        self._is_unsent = True
        self._flush_if_due()

    def metrics(self, step: int, values: dict[str, float]) -> None:
        seconds = self._train_seconds
        self._rows += [(key, step, float(value), seconds) for key, value in values.items()]
        self._is_unsent = True
        self._flush_if_due()

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._point("preview", step, name, media_type, data)

    def checkpoint(self, step: int, data: bytes) -> None:
        self._point("checkpoint", step, "checkpoint", "application/octet-stream", data)

    def flush(self) -> None:
        """Send what is waiting."""
        if self._is_unsent:
            self._send(
                {"rows": self._rows, "step": self._step, "train_seconds": self._train_seconds}
            )
        self._rows, self._is_unsent, self._sent_at = [], False, time.monotonic()

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._sent_at >= INTERVAL_SECONDS:
            self.flush()

    def _point(self, kind: str, step: int, name: str, media_type: str, data: bytes) -> None:
        sha256 = self._blobs.put(data)
        fault(f"{kind}_stored")
        self.flush()
        self._send(
            {
                kind: {
                    "name": name,
                    "step": step,
                    "media_type": media_type,
                    "sha256": sha256,
                    "num_bytes": len(data),
                }
            }
        )
