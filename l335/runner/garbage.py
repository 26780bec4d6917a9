"""Deletes stored files nothing refers to any more."""

from __future__ import annotations

import logging
import time

from l335.data.blobs import Blobs
from l335.store import Store, artifacts
from l335.store.locks import BACKUP_LOCK, FileLock

log = logging.getLogger("l335.runner")

GRACE_SECONDS = 60.0
ORPHAN_SECONDS = 24 * 3600.0


class Garbage:
    """Files that were dropped, deleted after a while so that nobody is reading them."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store, self._blobs = store, blobs
        self._dropped: dict[str, float] = {}
        self._is_sweep_due = False

    def add(self, addresses: list[str]) -> None:
        """Note files that a commit stopped referring to."""
        self._dropped |= dict.fromkeys(addresses, time.monotonic())

    def collect(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Delete dropped files whose time has come; while a backup is made they wait for its end.

        Raises:
            Unusable: The store can't be read now.
        """
        latest = time.monotonic() - grace_seconds
        due = [address for address, since in self._dropped.items() if since <= latest]
        if not due and not self._is_sweep_due:
            return
        lock = FileLock(self._store.path.with_name(BACKUP_LOCK))
        if not lock.acquire(wait=False):
            return
        with lock:
            for sha256 in due:
                self._delete(sha256, grace_seconds)
                del self._dropped[sha256]
            if self._is_sweep_due:
                self._delete_orphans(ORPHAN_SECONDS)

    def sweep(self, grace_seconds: float = ORPHAN_SECONDS) -> None:
        """Delete old files no row refers to: a crash between file and row leaves one behind.

        Where a backup is being made, `collect` does so later.

        Raises:
            Unusable: The store can't be read now.
        """
        self._is_sweep_due = True
        lock = FileLock(self._store.path.with_name(BACKUP_LOCK))
        if lock.acquire(wait=False):
            with lock:
                self._delete_orphans(grace_seconds)

    def _delete_orphans(self, grace_seconds: float) -> None:
        num_unfinished = self._blobs.delete_unfinished(grace_seconds=grace_seconds)
        if num_unfinished:
            log.info("deleted %d files whose writers were killed", num_unfinished)
        for sha256 in list(self._blobs.addresses()):
            self._delete(sha256, grace_seconds)
        self._is_sweep_due = False

    def _delete(self, sha256: str, grace_seconds: float) -> None:
        with self._store.read() as connection:
            if artifacts.is_referred(connection, sha256, with_checkpoints=True):
                return
        if self._blobs.delete(sha256, grace_seconds=grace_seconds):
            log.info("deleted the unused file %s", sha256)
