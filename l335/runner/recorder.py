"""The engine's recorder: stores files beside training, and reports rows in small groups."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from l335.core.faults import fault
from l335.core.records import Pointer
from l335.data.blobs import Blobs, DiskFull
from l335.runner.messages import FileStored, Message, Rows, WaitsFor

INTERVAL_SECONDS = 0.05
MAX_WAITING_FILES = 16
RETRY_SECONDS = 0.25  # between two tries to store a file where the disk is full


class _File(NamedTuple):
    """A file on its way to the disk."""

    kind: Literal["preview", "snapshot", "checkpoint"]
    step: int
    name: str
    media_type: str
    data: bytes


class GroupingRecorder:
    """Sends rows in groups, the first at once; files go as pointers.

    Files are stored in their order while training goes on: waiting for the disk takes a good part
    of a short run. A pointer never overtakes the rows before it, and a checkpoint is waited for,
    so nothing recorded before it is missing when it counts.

    Args:
        blobs: Takes pictures and checkpoints.
        send: Takes messages; called by one thread at a time.
        interval_seconds: Longest wait of a row for others to travel with; 0 sends each at once,
            and stores each file before training goes on.
        waits: Whether to wait for space where the disk is full, asked again and again; the reason
            is sent, and an empty one when it is over.
    """

    def __init__(
        self,
        blobs: Blobs,
        send: Callable[[Message], None],
        interval_seconds: float = INTERVAL_SECONDS,
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._blobs, self._send, self._interval_seconds = blobs, send, interval_seconds
        self._waits = waits
        self._lock = threading.RLock()
        self._has_waiting = threading.Event()
        self._files: queue.Queue[_File | None] = queue.Queue(MAX_WAITING_FILES)
        self._failure: BaseException | None = None  # of a file; raised where training looks next
        self._is_closed = threading.Event()
        of_threads = (self._flush_late, self._store_files) if interval_seconds else ()
        self._threads = [threading.Thread(target=target, daemon=True) for target in of_threads]
        for thread in self._threads:
            thread.start()
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
                self._send_rows()
            else:
                self._has_waiting.set()

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._point(_File("preview", step, name, media_type, data))

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._point(_File("snapshot", step, name, media_type, data))

    def checkpoint(self, step: int, data: bytes) -> None:
        self._point(_File("checkpoint", step, "checkpoint", "application/octet-stream", data))

    def flush(self) -> None:
        """Send what is waiting, once its files are stored.

        Raises:
            DiskFull: There was no space left for a file.
        """
        with self._lock:
            self._send_rows()
        self._files.join()
        self._raise_failure()

    def close(self) -> None:
        """Flush, and end what ran beside training: nothing is sent afterwards.

        Raises:
            DiskFull: There was no space left for a file.
        """
        try:
            self.flush()
        finally:
            self._is_closed.set()
            self._has_waiting.set()
            if self._threads:
                self._files.put(None)
            for thread in self._threads:
                thread.join()

    def _send_rows(self) -> None:
        with self._lock:
            if self._is_unsent:
                self._send(
                    Rows(
                        rows=tuple(self._rows),
                        step=self._step,
                        train_seconds=self._train_seconds,
                    )
                )
            self._rows, self._is_unsent, self._sent_at = [], False, time.monotonic()

    def _flush_late(self) -> None:
        # The last row before a long evaluation must not wait for the row after it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while not self._is_closed.is_set():
                self._has_waiting.wait()
                self._is_closed.wait(self._interval_seconds)
                self._has_waiting.clear()
                self._send_rows()

    def _point(self, file: _File) -> None:
        self._send_rows()
        if not self._interval_seconds:
            self._store(file)
            return
        self._raise_failure()
        self._files.put(file)  # a disk that can't keep up slows training down
        if file.kind == "checkpoint":
            self._files.join()
            self._raise_failure()

    def _store_files(self) -> None:
        while (file := self._files.get()) is not None:
            try:
                if self._failure is None:  # what comes behind a missing file is of no use
                    self._store(file)
            except BaseException as failure:
                self._failure = failure
            finally:
                self._files.task_done()

    def _store(self, file: _File) -> None:
        sha256 = self._put(file.data)
        fault(f"{file.kind}_stored")
        pointer = Pointer(file.name, file.step, file.media_type, sha256, len(file.data))
        with self._lock:
            self._send(FileStored(of=file.kind, file=pointer))

    def _put(self, data: bytes) -> str:
        has_told = False
        while True:
            try:
                sha256 = self._blobs.put(data)
                break
            except DiskFull as full:
                if not self._waits():
                    raise
                if not has_told:
                    self._tell_wait(str(full))
                    has_told = True
            time.sleep(RETRY_SECONDS)
        if has_told:
            self._tell_wait("")
        return sha256

    def _tell_wait(self, reason: str) -> None:
        with self._lock:
            self._send(WaitsFor(reason=reason))

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
