"""The workers of a runner: their processes, channels and what they have said."""

from __future__ import annotations

import itertools
import logging
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from l335.runner.channel import Inbox, pack
from l335.runner.launcher import Exited, Launcher, ServerLost, Started
from l335.runner.messages import Ended
from l335.runner.process import signal_group
from l335.runner.work import Exit, Work

log = logging.getLogger("l335.runner")

STOP_SECONDS = 3.0
SPARE_SECONDS = 1.0  # how long a worker that has done a short run waits for another
MAX_WAITING_ROWS = 20_000
RECEIVE_BYTES = 1 << 20


@dataclass
class Worker:
    """One worker process, from the request to start it until it is gone.

    Attributes:
        work: What it works on; None while it is spare.
        spare_since: Since when it waits for its next work.
    """

    token: int
    work: Work | None
    channel: socket.socket
    spare_since: float = 0.0
    inbox: Inbox = field(default_factory=Inbox)
    pid: int | None = None
    status: int | None = None
    is_gone: bool = False
    is_silent: bool = False  # its end of the channel is closed
    is_stop_asked: bool = False
    kill_at: float | None = None
    is_reading: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come from it: all it said is read and its process is gone."""
        return self.is_gone and self.is_silent


class Workers:
    """Starts, reads, stops and buries workers. Used from the runner's main thread only.

    Those that one sees have work; a worker that stays after a short run waits unseen for the next.
    """

    def __init__(self) -> None:
        self._launcher = Launcher()
        self._selector = selectors.DefaultSelector()
        self._tokens = itertools.count(1)
        self._all: dict[int, Worker] = {}
        self._done: list[Work] = []  # whose workers stay
        self._watched_control: socket.socket | None = None
        self._watch_control()

    def __iter__(self) -> Iterator[Worker]:
        return iter([worker for worker in self._all.values() if worker.work is not None])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _spare(self) -> list[Worker]:
        all_ = self._all.values()
        return [worker for worker in all_ if worker.work is None and not worker.is_silent]

    @property
    def can_start(self) -> bool:
        """Whether a worker would start right away."""
        return self._launcher.is_ready

    def start(self, work: Work) -> Worker:
        """Give the work to a worker that waits for some, else to a new one."""
        for spare in reversed(self._spare()):
            try:
                spare.channel.sendall(pack(work.order()))
            except OSError:  # it is gone, which will be noticed by reading
                continue
            spare.work = work
            log.info("%s: worker %s", work.label, spare.pid)
            return spare
        ours, theirs = socket.socketpair()
        worker = Worker(next(self._tokens), work, ours)
        self._all[worker.token] = worker
        ours.sendall(pack(work.order()))
        ours.setblocking(False)
        self._launcher.start(worker.token, theirs)
        self._read_from(worker, True)
        return worker

    def _read_from(self, worker: Worker, is_wanted: bool) -> None:
        if is_wanted and not worker.is_reading:
            self._selector.register(worker.channel, selectors.EVENT_READ, worker)
        elif worker.is_reading and not is_wanted:
            self._selector.unregister(worker.channel)
        worker.is_reading = is_wanted

    def wait(self, seconds: float) -> None:
        """Read what arrives within this time."""
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Worker):
                self._read(key.data)
        for worker in self._all.values():
            # A store that can't keep up slows training down; nothing is dropped.
            num_waiting = worker.work.num_waiting if worker.work is not None else 0
            self._read_from(worker, not worker.is_silent and num_waiting < MAX_WAITING_ROWS)
        for worker in self._spare():
            if time.monotonic() - worker.spare_since >= SPARE_SECONDS:
                self._dismiss(worker)
        self._note_events()

    def _read(self, worker: Worker) -> None:
        try:
            data = worker.channel.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            worker.is_silent = True
            self._read_from(worker, False)
        for message in worker.inbox.feed(data):
            assert worker.work is not None  # it says nothing unless it is given something to do
            worker.work.take(message)
            if isinstance(message, Ended) and message.stays:
                self._keep(worker, worker.work)

    def _keep(self, worker: Worker, work: Work) -> None:
        if worker.is_stop_asked:  # it is about to leave
            self._dismiss(worker)
            return
        work.finish(Exit(0, was_stopped=False))
        self._done.append(work)
        worker.work, worker.spare_since = None, time.monotonic()

    def _dismiss(self, worker: Worker) -> None:
        self._read_from(worker, False)
        worker.channel.close()  # tells it to leave
        worker.is_silent = True

    def _note_events(self) -> None:
        for event in self._launcher.events():
            if isinstance(event, ServerLost):
                # The kernel kills its workers; the end of their channels proves it.
                for token in event.tokens & self._all.keys():
                    self._all[token].is_gone = True
                self._watch_control()
                continue
            worker = self._all[event.token]
            if isinstance(event, Started):
                worker.pid = event.pid
                if worker.work is not None:
                    log.info("%s: worker %d", worker.work.label, event.pid)
                if worker.is_stop_asked:
                    signal_group(event.pid, signal.SIGTERM)
            elif isinstance(event, Exited):
                worker.is_gone, worker.status = True, event.status

    def _watch_control(self) -> None:
        if self._watched_control is not None:
            self._selector.unregister(self._watched_control)
        self._watched_control = self._launcher.control
        if self._watched_control is not None:
            self._selector.register(self._watched_control, selectors.EVENT_READ, None)

    def stop(self, worker: Worker, seconds: float = STOP_SECONDS) -> None:
        """Ask a worker to stop, and kill it where it takes longer than this."""
        if worker.is_stop_asked:
            return
        worker.is_stop_asked = True
        worker.kill_at = time.monotonic() + seconds
        if worker.pid is not None:
            signal_group(worker.pid, signal.SIGTERM)

    def kill_overdue(self) -> None:
        """Kill workers that did not stop in time."""
        now = time.monotonic()
        for worker in self._all.values():
            if worker.kill_at is not None and now >= worker.kill_at and not worker.is_gone:
                self.kill(worker)

    def kill(self, worker: Worker) -> None:
        """Kill a worker and all its children."""
        if worker.pid is not None and not worker.is_gone:
            signal_group(worker.pid, signal.SIGKILL)

    def bury(self) -> list[Work]:
        """Take out workers that are over; returns work that has ended and been told how."""
        done, self._done = self._done, []
        for worker in [worker for worker in self._all.values() if worker.is_over]:
            del self._all[worker.token]
            worker.channel.close()
            if worker.work is not None:
                log.info("%s: worker ended with status %s", worker.work.label, worker.status)
                worker.work.finish(Exit(worker.status, worker.is_stop_asked))
                done.append(worker.work)
        return done

    def close(self) -> None:
        """Kill what is left and end the fork server."""
        for worker in self._all.values():
            self.kill(worker)
            worker.channel.close()
        self._launcher.close()
        self._selector.close()
