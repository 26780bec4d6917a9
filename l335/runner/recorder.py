"""The engine's recorder: stores files, and reports rows in small groups."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable

from l335.blobs import Blobs
from l335.faults import fault
from l335.runner.channel import Message

INTERVAL_SECONDS = 0.05


class GroupingRecorder:
    """Sends rows in groups, the first at once; files go as pointers.

    What was recorded first is sent first: a checkpoint never overtakes the rows before it.

    Args:
        blobs: Takes pictures and checkpoints.
        send: Takes messages; called by one thread at a time.
        interval_seconds: Longest wait of a row for others to travel with; 0 sends each at once.
    """

    def __init__(
        self,
        blobs: Blobs,
        send: Callable[[Message], None],
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._blobs, self._send, self._interval_seconds = blobs, send, interval_seconds
        self._lock = threading.RLock()
        self._has_waiting = threading.Event()
        if interval_seconds:
            threading.Thread(target=self._flush_late, daemon=True).start()
        self._rows: list[tuple[str, int, float, float]] = []
        self._step, self._train_seconds = 0, 0.0
        self._is_unsent = False
        self._sent_at = -math.inf

    def progress(self, step: int, train_seconds: float) -> None:
        fault("progress")
        with self._lock:
            self._step, self._train_seconds = step, train_seconds
            self._is_unsent = True
            self._has_waiting.set()  # not worth a message of its own while rows are coming

    def metrics(self, step: int, values: dict[str, float]) -> None:
        with self._lock:
            seconds = self._train_seconds
            self._rows += [(key, step, float(value), seconds) for key, value in values.items()]
            self._is_unsent = True
            if time.monotonic() - self._sent_at >= self._interval_seconds:
                self.flush()
            else:
                self._has_waiting.set()

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._point("preview", step, name, media_type, data)

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._point("snapshot", step, name, media_type, data)

    def checkpoint(self, step: int, data: bytes) -> None:
        self._point("checkpoint", step, "checkpoint", "application/octet-stream", data)

    def flush(self) -> None:
        """Send what is waiting."""
        with self._lock:
            if self._is_unsent:
                self._send(
                    {"rows": self._rows, "step": self._step, "train_seconds": self._train_seconds}
                )
            self._rows, self._is_unsent, self._sent_at = [], False, time.monotonic()

    def _flush_late(self) -> None:
        # The last row before a long evaluation must not wait for the row after it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while True:
                self._has_waiting.wait()
                time.sleep(self._interval_seconds)
                self._has_waiting.clear()
                self.flush()

    def _point(self, kind: str, step: int, name: str, media_type: str, data: bytes) -> None:
        sha256 = self._blobs.put(data)
        fault(f"{kind}_stored")
        pointer = {
            "name": name,
            "step": step,
            "media_type": media_type,
            "sha256": sha256,
            "num_bytes": len(data),
        }
        with self._lock:
            self.flush()
            self._send({kind: pointer})
