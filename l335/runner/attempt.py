"""Training in this very process, for the command line, with the runner's way of committing."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from l335.core.disk import Unusable
from l335.core.errors import LabError, RunFailed
from l335.data.blobs import Blobs, DiskFull
from l335.runner.messages import Message
from l335.runner.recorder import GroupingRecorder
from l335.runner.work import take
from l335.spec import Spec
from l335.store import Store, queue, runs
from l335.store.writer import Batch, Ending, commit

COMMIT_SECONDS = 0.2
HEARTBEAT_SECONDS = 3.0
CLOSE_SECONDS = 60.0


class Attempt:
    """A run that trains here.

    Attributes:
        uid: The run's public name.
        recorder: What the engine reports to.
    """

    def __init__(self, store: Store, blobs: Blobs, run: queue.ClaimedRun, number: int) -> None:
        self.uid = run.uid
        self.recorder = GroupingRecorder(blobs, self._take, interval_seconds=0.0)
        self._store, self._run, self._number = store, run, number
        self._batch = Batch(run.id, run.attempt)
        self._unwritten: list[Batch] = []  # what the store did not take yet, in order
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._is_unwanted = False
        self._ending: Ending | None = None
        self._thread = threading.Thread(target=self._commit_often, daemon=True)
        self._thread.start()

    def should_stop(self) -> bool:
        """Whether someone asked the run to stop or pause, or it is no longer ours."""
        return self._is_unwanted

    def finish(self, finished: bool) -> None:
        """Note that training ended: completed, or stopped before its last step."""
        self._ending = Ending("completed" if finished else "cancelled")

    def fail(self, code: str, text: str) -> None:
        """Note that training can't go on."""
        self._ending = Ending("failed", code, text)

    def close(self) -> None:
        """Commit the rest.

        Raises:
            LabError: The store took nothing more; the run goes on from its last checkpoint.
        """
        self.recorder.flush()
        self._is_over.set()
        self._thread.join()
        with self._lock:
            self._batch.ending = self._ending or Ending("cancelled")
        deadline = time.monotonic() + CLOSE_SECONDS
        while True:
            try:
                return self._commit()
            except Unusable as error:
                if time.monotonic() >= deadline:
                    raise LabError(f"The end of the run could not be stored. {error}") from error
            time.sleep(COMMIT_SECONDS)

    def _take(self, message: Message) -> None:
        with self._lock:
            take(self._batch, message)

    def _commit_often(self) -> None:
        beat_at = time.monotonic()
        while not self._is_over.wait(COMMIT_SECONDS):
            is_beat_due = time.monotonic() - beat_at >= HEARTBEAT_SECONDS
            # Locked or full: everything is kept and tried again.
            with contextlib.suppress(Unusable):
                if is_beat_due or self._unwritten or not self._batch.is_empty():
                    self._commit()
                    beat_at = time.monotonic()
                with self._store.read() as connection:
                    if self._run.id in queue.wishes(connection, self._number):
                        self._is_unwanted = True

    def _commit(self) -> None:
        with self._lock:
            self._unwritten.append(self._batch)
            self._batch = Batch(self._run.id, self._run.attempt)
        with self._store.write() as connection:
            if commit(connection, self._unwritten).stale:
                self._is_unwanted = True
        self._unwritten.clear()


@contextlib.contextmanager
def attempt(
    store: Store, blobs: Blobs, spec: Spec, device: str, threads: int, precision: str = ""
) -> Iterator[Attempt]:
    """A new run for this process; how the block ends decides how the run ends."""
    with store.write() as connection:
        uid = runs.add(connection, spec, device, threads, precision=precision)
        number = queue.register(connection)
        run = queue.claim(connection, number, uid)
    assert run is not None
    own = Attempt(store, blobs, run, number)
    try:
        yield own
    except RunFailed as failure:
        own.fail(failure.code, str(failure))
        raise
    except DiskFull as full:
        own.fail("disk_full", str(full))
        raise
    except LabError as refusal:
        own.fail("refused", str(refusal))
        raise
    except Exception as error:
        own.fail("error", f"Training stopped on an error: {type(error).__name__}: {error}")
        raise
    finally:
        own.close()
