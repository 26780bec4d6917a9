"""Opens the store: connections, transactions and migrations."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, inspect, text
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from l335.disk import Unusable, make_folder
from l335.errors import LabError
from l335.store import tables
from l335.store.locks import FileLock
from l335.store.trouble import StoreBroken, busy, in_sentences, is_busy

FILE_NAME = "lab.sqlite3"
BUSY_SECONDS = 10.0
WAL_RETRY_SECONDS = 0.02
WAL_PAGES_BEFORE_CHECKPOINT = 1000
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"}


def _sqlite_module() -> ModuleType:
    # SQLite 3.7.0 to 3.51.2 can lose committed rows in WAL mode; pysqlite3 brings a fixed one.
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    return pysqlite3  # type: ignore[no-any-return]


def has_wal_reset_bug(version: tuple[int, ...]) -> bool:
    """Whether this SQLite can lose rows when two connections write back the WAL at once."""
    backports = ((3, 44, 6), (3, 50, 7))
    is_backport = any(version[:2] == fix[:2] and version >= fix for fix in backports)
    return not is_backport and version < (3, 51, 3)


class Store:
    """The database of one installation; safe to use from several threads."""

    def __init__(self, path: Path, *, is_runner: bool = False) -> None:
        self.path = path
        module = _sqlite_module()
        self._checkpoints_wal = is_runner or not has_wal_reset_bug(module.sqlite_version_info)
        self._engine = create_engine(
            f"sqlite:///{path}",
            module=module,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(self._engine, "connect", self._on_connect)
        event.listen(self._engine, "begin", _on_begin)
        event.listen(self._engine, "handle_error", self._on_error, retval=True)
        self._writer = self._engine.execution_options(l335_write=True)

    @classmethod
    def open(cls, data_dir: Path, *, is_runner: bool = False) -> Store:
        """Open the store of a data folder; creates or migrates it first.

        Raises:
            LabError: The folder is on a network file system.
            StoreBroken: The store is damaged, or newer than us.
            Unusable: The folder or the store can't be used now; the text says why.
        """
        make_folder(data_dir)
        _refuse_network(data_dir)
        store = cls(data_dir / FILE_NAME, is_runner=is_runner)
        if store.revision() != tables.REVISION:
            with FileLock(data_dir / "migrate.lock"):
                store.migrate()
        return store

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
        return in_sentences(error, self.path, BUSY_SECONDS)

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except NoConnectionFree:  # each of them waits for the store
            raise Unusable(busy(self.path, BUSY_SECONDS)) from None

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

    def refuse_newer(self, revision: str) -> None:
        """Go no further with a store of a later version.

        Raises:
            StoreBroken: This version does not know its layout.
        """
        if revision > tables.REVISION:
            raise StoreBroken(
                f"The store {self.path} has the layout `{revision}`, which this version does not "
                f"know; it knows those up to `{tables.REVISION}`. Use the newer version it was "
                "written with."
            )

    def migrate(self) -> None:
        """Bring the tables up to date; keeps a copy of an older store beside it."""
        # Alembic takes 0.2 s to import and is needed once per upgrade.
        from alembic import command
        from alembic.config import Config

        before = self.revision()
        if before == tables.REVISION:
            return
        self.refuse_newer(before)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        if before:
            self._back_up(before)
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _back_up(self, revision: str) -> None:
        copy = self.path.with_suffix(f".before-{revision}.sqlite3")
        if not copy.exists():
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("VACUUM INTO ?", (str(copy),))
            except _sqlite_module().Error as error:
                copy.unlink(missing_ok=True)  # half a copy would be taken for a whole one
                raise (self._told(error) or error) from error
            finally:
                raw.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _enter_wal(connection: Any) -> None:
    # Two that turn a new file to WAL at once: one is refused without waiting, whatever the timeout.
    deadline = time.monotonic() + BUSY_SECONDS
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
        except _sqlite_module().Error as error:
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
