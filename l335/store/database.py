"""Opens the store: connections, transactions and migrations."""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, inspect, text
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from l335.core.disk import Unusable, make_folder
from l335.core.errors import LabError
from l335.store import driver, opening, tables
from l335.store.driver import has_wal_reset_bug, sqlite_module
from l335.store.locks import FileLock
from l335.store.opening import FILE_NAME
from l335.store.trouble import busy, in_sentences, is_busy

WAL_RETRY_SECONDS = 0.02
WAL_PAGES_BEFORE_CHECKPOINT = 1000
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"}


class Store:
    """The database of one installation; safe to use from several threads."""

    def __init__(self, path: Path, *, is_runner: bool = False) -> None:
        self.path = path
        module = sqlite_module()
        self._checkpoints_wal = is_runner or not has_wal_reset_bug(module.sqlite_version_info)
        self._engine = create_engine(
            f"sqlite:///{path}",
            module=module,
            connect_args={"timeout": driver.BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(self._engine, "connect", self._on_connect)
        event.listen(self._engine, "begin", _on_begin)
        event.listen(self._engine, "handle_error", self._on_error, retval=True)
        self._writer = self._engine.execution_options(l335_write=True)
        self._in_use: FileLock | None = None

    @classmethod
    def open(cls, data_dir: Path, *, is_runner: bool = False) -> Store:
        """Open the store of a data folder; creates or migrates it first.

        Raises:
            LabError: The folder is on a network file system.
            StoreBroken: The store is damaged, newer than us, another program's, or lost.
            Unusable: The folder or the store can't be used now; the text says why.
        """
        make_folder(data_dir)
        _refuse_network(data_dir)
        store = cls(data_dir / FILE_NAME, is_runner=is_runner)
        while True:
            lock = opening.shared(data_dir)
            try:
                if opening.revision_of(store.path) == tables.REVISION:
                    store._hold(lock)
                    return store
            except BaseException:
                lock.release()
                raise
            lock.release()
            opening.migrate_alone(data_dir, store.migrate, is_runner=is_runner)
            store.close()

    def _hold(self, lock: FileLock) -> None:
        # Let go with the store, also by those that leave it to the end of their process.
        self._in_use = lock
        weakref.finalize(self, lock.release)

    def _on_connect(self, connection: Any, _record: object) -> None:
        # Transactions are begun by us (see _on_begin), never by the driver.
        connection.isolation_level = None
        pages = WAL_PAGES_BEFORE_CHECKPOINT if self._checkpoints_wal else 0
        _enter_wal(connection)
        for pragma in (
            "synchronous=FULL",  # affordable, because rows are committed in groups
            "foreign_keys=ON",
            f"wal_autocheckpoint={pages}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def _on_error(self, context: ExceptionContext) -> BaseException | None:
        return self._told(context.original_exception)

    def _told(self, error: BaseException) -> LabError | None:
        return in_sentences(error, self.path, driver.BUSY_SECONDS)

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except NoConnectionFree:  # each of them waits for the store
            raise Unusable(busy(self.path, driver.BUSY_SECONDS)) from None

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent moment of the store.

        Raises:
            Unusable: It can't be read now; the text says why.
            StoreBroken: It is damaged.
        """
        with self._connect(self._engine) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction; committed at the end, rolled back on an exception.

        Raises:
            Unusable: It can't be written now; the text says why, and nothing was written.
            StoreBroken: It is damaged.
        """
        with self._connect(self._writer) as connection, connection.begin():
            yield connection

    def watch(self) -> Watch:
        """Tells cheaply whether another connection has changed the store."""
        return Watch(self._engine, self._told)

    def revision(self) -> str:
        """The migration this store is at; empty where it holds nothing yet."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))

    def migrate(self) -> None:
        """Bring the tables up to date; keeps a copy of an older store beside it."""
        # Alembic takes 0.2 s to import and is needed once per upgrade.
        from alembic import command
        from alembic.config import Config

        before = self.revision()
        if before == tables.REVISION:
            return
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        if before:
            self._back_up(before)
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _back_up(self, revision: str) -> None:
        stem = f"{self.path.stem}.before-{revision}"
        names = (f"{stem}{number}.sqlite3" for number in ("", *(f".{n}" for n in range(2, 1000))))
        target = next(path for name in names if not (path := self.path.with_name(name)).exists())
        begun = target.with_suffix(".part")  # half a copy would be taken for a whole one
        try:
            begun.unlink(missing_ok=True)
            driver.copy(self.path, begun)
            os.replace(begun, target)
        finally:
            begun.unlink(missing_ok=True)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        if self._in_use is not None:
            self._in_use.release()


def _enter_wal(connection: Any) -> None:
    # Two that turn a new file to WAL at once: one is refused without waiting, whatever the timeout.
    deadline = time.monotonic() + driver.BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            return
        except connection.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
        time.sleep(WAL_RETRY_SECONDS)


class Watch:
    """Notices commits of other connections without reading a table."""

    def __init__(self, engine: Engine, told: Callable[[BaseException], LabError | None]) -> None:
        self._raw = engine.raw_connection()
        self._told = told
        self._seen = -1

    def has_changed(self) -> bool:
        """Whether anything was committed since the last call; true at the first.

        Raises:
            Unusable: The store can't be read now.
        """
        cursor = self._raw.cursor()
        try:
            row = cursor.execute("PRAGMA data_version").fetchone()
        except sqlite_module().Error as error:
            raise (self._told(error) or error) from error
        finally:
            cursor.close()
        version = int(row[0]) if row else -1
        has_changed, self._seen = version != self._seen, version
        return has_changed

    def close(self) -> None:
        """Give the connection back."""
        self._raw.close()


def _on_begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once, whatever the timeout; one that
    # says so at its begin waits its turn.
    is_write = connection.get_execution_options().get("l335_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _refuse_network(folder: Path) -> None:
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    resolved = folder.resolve()
    best, kind = 0, ""
    for line in mounts.read_text().splitlines():
        _, point, file_system, *_ = line.split(" ")
        place = Path(point.replace("\\040", " "))
        if resolved.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), file_system
    if kind in NETWORK_FILE_SYSTEMS:
        raise LabError(
            f"The data folder {folder} is on a network file system ({kind}), where the store "
            "would be damaged. Choose a local folder with L335_DATA_DIR."
        )
