"""The runner: claims runs and looks, gives each a worker, and commits what they report."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from l335.core.disk import Unusable
from l335.core.faults import fault
from l335.core.settings import Settings
from l335.data.blobs import Blobs
from l335.runner import said
from l335.runner.garbage import Garbage
from l335.runner.work import LookWork, RunWork, Work
from l335.runner.workers import Worker, Workers
from l335.store import Store, queue

log = logging.getLogger("l335.runner")

POLL_SECONDS = 0.02  # how long a queued run or a wish goes unseen; idle, 1.3 % of a core
COMMIT_SECONDS = 0.2
RETRY_SECONDS = 0.5
HEARTBEAT_SECONDS = 3.0
SHUTDOWN_KILL_SECONDS = 5.0
SHUTDOWN_SECONDS = 7.0


class Runner:
    """One runner; everything happens in ``run``, on the main thread."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        blobs: Blobs,
        blobs_root: Path,
        tell_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._store, self._blobs_root = settings, store, blobs_root
        self._tell_wait = tell_wait  # for pages, what the runs wait for
        self._told_wait = self._store_trouble = ""
        self._workers = Workers()
        self._watch = store.watch()
        self._garbage = Garbage(store, blobs)
        self._ended: list[Work] = []
        self._is_stale = True  # whether the store should be looked at again
        self._committed_at = self._beat_at = self._retry_at = 0.0
        with store.write() as connection:
            self._number = queue.register(connection)
            num_runs = queue.take_back(connection, words_of=self._words_of)
        if num_runs:
            log.info("took back %d runs of a runner that is gone", num_runs)

    def run(self, should_leave: Callable[[Callable[[], bool]], bool]) -> None:
        """Work until told to leave; ``should_leave`` may ask whether there is nothing to do."""
        try:
            self._sweep()
            while not should_leave(self._is_idle):
                self._turn()
            self._shut_down()
        finally:
            self._workers.close()
            self._watch.close()

    def _sweep(self) -> None:
        try:
            self._garbage.sweep()
        except Unusable as error:  # it is due again later
            self._wait_for_store(error)

    def _words_of(self, pid: int) -> str:
        return said.words_of(self._settings.data_dir, pid)

    def _turn(self) -> None:
        self._workers.wait(POLL_SECONDS)
        self._bury()
        # Before the commit, so that a worker has its next run while the end of the last is written.
        if time.monotonic() >= self._retry_at:
            try:
                self._look_at_store()
                self._beat()
                if not self._news():  # else the commit will tell
                    self._store_trouble = ""
            except Unusable as error:
                self._wait_for_store(error)
        self._commit_if_due()
        self._workers.kill_overdue()
        self._say_what_runs_wait_for()

    def _wait_for_store(self, error: Unusable) -> None:
        # Locked or full: workers and what they have reported are kept, and all is tried again.
        log.warning("the store can't be used yet: %s", error)
        self._retry_at = time.monotonic() + RETRY_SECONDS
        self._store_trouble = str(error)
        self._is_stale = True

    def _say_what_runs_wait_for(self) -> None:
        of_workers = (worker.work.waits_for for worker in self._workers if worker.work)
        reason = self._store_trouble or next(filter(None, of_workers), "")
        if reason != self._told_wait:
            self._told_wait = reason
            self._tell_wait(reason)
            log.info("runs wait: %s", reason or "no longer")

    def _look_at_store(self) -> None:
        if self._watch.has_changed() or self._is_stale:
            self._is_stale = False
            self._follow_wishes()
            self._claim()

    def _bury(self) -> None:
        for work in self._workers.bury():
            self._ended.append(work)
            self._is_stale = True

    # Commits

    def _commit_if_due(self) -> None:
        news = self._news()
        is_due = time.monotonic() - self._committed_at >= COMMIT_SECONDS
        if time.monotonic() < self._retry_at:
            return
        if news and (is_due or any(work.is_urgent for work in news)):
            self._commit(news)
        elif not news:
            self._ended.clear()

    def _news(self) -> list[Work]:
        works = [*self._ended, *(worker.work for worker in self._workers if worker.work)]
        return [work for work in works if work.has_news]

    def _commit(self, news: list[Work]) -> None:
        stale: list[Work] = []
        dropped: list[str] = []
        fault("before_commit")
        try:
            with self._store.write() as connection:
                for work in news:
                    result = work.write(connection)
                    if result.stale:
                        stale.append(work)
                    dropped += result.dropped
        except Unusable as error:
            self._wait_for_store(error)
            return
        fault("after_commit")
        self._committed_at = time.monotonic()
        self._store_trouble = ""
        for work in news:
            work.forget()
        self._ended.clear()
        self._garbage.add(dropped)
        for worker in self._workers:
            # By the attempt, not by the run: a later attempt of it may be ours again.
            if worker.work in stale:
                log.warning("%s: another attempt has taken over", worker.work.label)
                worker.is_stop_asked = True
                self._workers.kill(worker)

    # The store's side

    def _follow_wishes(self) -> None:
        with self._store.read() as connection:
            wishes = queue.wishes(connection, self._number)
            held = queue.held_jobs(connection, self._number)
        for worker in self._workers:
            work = worker.work
            if isinstance(work, RunWork) and work.run.id in wishes:
                self._workers.stop(worker)
            elif isinstance(work, LookWork) and not work.is_wanted(held):
                self._workers.stop(worker, 0.0)  # there is nothing to keep

    def _num_runs(self) -> int:
        return sum(isinstance(worker.work, RunWork) for worker in self._workers)

    def _has_look_slot(self, is_large: bool) -> bool:
        """Whether the one place of the small or of the large looks is free."""
        works = [worker.work for worker in self._workers]
        return all(work.job.is_large != is_large for work in works if isinstance(work, LookWork))

    def _claim(self) -> None:
        if not self._workers.can_start:
            self._is_stale = True
            return
        while True:
            with self._store.read() as connection:
                has_run, has_small, has_large = queue.has_waiting(connection)
            wants_run = has_run and self._num_runs() < self._settings.slots
            sizes = [
                is_large
                for is_large, waits in ((False, has_small), (True, has_large))
                if waits and self._has_look_slot(is_large)
            ]
            if not wants_run and not sizes:
                return
            self._claim_one(wants_run, sizes)

    def _claim_one(self, wants_run: bool, sizes: list[bool]) -> None:
        number = self._number
        with self._store.write() as connection:
            run = queue.claim(connection, number) if wants_run else None
            jobs = [queue.claim_job(connection, number, is_large=size) for size in sizes]
        fault("claimed")
        if run is not None:
            self._workers.start(RunWork(run, self._settings, self._blobs_root))
        for job in filter(None, jobs):
            self._workers.start(LookWork(job, self._settings, self._blobs_root))

    def _beat(self) -> None:
        if time.monotonic() - self._beat_at < HEARTBEAT_SECONDS:
            return
        self._beat_at = time.monotonic()
        with self._store.read() as connection:
            has_others = queue.is_held_by_others(connection, self._number)
        if has_others or self._num_runs():
            with self._store.write() as connection:
                queue.renew(connection, self._number)
                queue.take_back(connection, words_of=self._words_of)
        said.trim(self._settings.data_dir)
        self._garbage.collect()

    def _is_idle(self) -> bool:
        if len(self._workers) or self._ended or self._is_stale:
            return False
        try:
            with self._store.read() as connection:
                return queue.is_idle(connection)
        except Unusable:
            return False

    def _shut_down(self) -> None:
        log.info("stopping; %d workers write their checkpoints", len(self._workers))
        started = time.monotonic()
        for worker in self._workers:
            self._let_go(worker)
        while len(self._workers) and time.monotonic() - started < SHUTDOWN_SECONDS:
            self._workers.wait(POLL_SECONDS)
            self._workers.kill_overdue()
            self._bury()
            self._commit_if_due()

    def _let_go(self, worker: Worker) -> None:
        self._workers.stop(worker, SHUTDOWN_KILL_SECONDS)
        if isinstance(worker.work, LookWork):
            self._workers.kill(worker)
