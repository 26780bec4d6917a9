from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from l335.errors import LabError
from l335.spec import ClassifySpec
from l335.store import Store, artifacts, database, runs, tables
from l335.store.writer import Pointer, add_artifacts


def test_migrations_from_nothing_give_exactly_the_declared_tables(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    folder = Path(database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == tables.REVISION == store.revision()


def test_a_store_of_the_first_layout_keeps_its_pictures(tmp_path: Path) -> None:
    old = Store.open(tmp_path)
    with old.write() as connection:
        uid = runs.add(connection, ClassifySpec(), "cpu", 1)
        number = runs.run_id(connection, uid)
        picture = Pointer("reconstruction", 3, "image/jpeg", "b" * 64, 10, {"width": 2})
        add_artifacts(connection, "preview", [picture], run_id=number)
        image = Pointer("Sky", 0, "image/png", "c" * 64, 10)
        add_artifacts(connection, "image", [image])
        # The table as the first layout made it: without snapshots among the kinds.
        made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'artifact'"))
        first = made.replace("'snapshot', ", "")
        assert first != made
        connection.execute(text("ALTER TABLE artifact RENAME TO newer"))
        for name in ("run", "job", "sha256", "image"):
            suffix = "_sha256" if name == "sha256" else f"_{name}"
            connection.execute(text(f"DROP INDEX ix_artifact{suffix}"))
        connection.execute(text(first))
        connection.execute(text("INSERT INTO artifact SELECT * FROM newer"))
        connection.execute(text("DROP TABLE newer"))
        for index in tables.artifact.indexes:
            index.create(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    old.close()
    new = Store.open(tmp_path)
    assert (tmp_path / "lab.before-0001.sqlite3").exists()
    with new.write() as connection:
        kept = artifacts.previews(connection, uid)["reconstruction"]
        assert (kept.sha256, kept.meta) == ("b" * 64, {"width": 2})
        weights = Pointer("weights", 3, "application/octet-stream", "d" * 64, 10)
        add_artifacts(connection, "snapshot", [weights], run_id=number)
        assert [one.step for one in artifacts.snapshots(connection, uid)] == [3]
    with pytest.raises(IntegrityError), new.write() as connection:
        add_artifacts(connection, "image", [image])  # an image counts once, as before
    with new.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    new.close()


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def open_and_add() -> None:
        try:
            store = Store.open(tmp_path)
            with store.write() as connection:
                runs.add(connection, ClassifySpec(), "cpu", 1)
            store.close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = Store.open(tmp_path)
    with store.read() as connection:
        assert runs.count(connection, None) == 6
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    store.close()


def test_a_store_from_the_future_is_refused(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LabError, match="Use the newer version"):
        Store.open(tmp_path)
    assert (tmp_path / "lab.before-9999.sqlite3").exists()


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.write() as connection:
            runs.add(connection, ClassifySpec(), "cpu", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as connection:
        assert runs.count(connection, None) == 0


def test_foreign_keys_are_checked(store: Store) -> None:
    orphan = insert(tables.run_event).values(run_id=99, at=0.0, attempt=1, kind="x")
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(orphan)


def test_watch_notices_commits_of_others_only_once(store: Store) -> None:
    watch = store.watch()
    assert watch.has_changed()
    assert not watch.has_changed()
    with store.write() as connection:
        runs.add(connection, ClassifySpec(), "cpu", 1)
    assert watch.has_changed()
    assert not watch.has_changed()
    watch.close()


@pytest.mark.parametrize(
    ("version", "has_bug"),
    [((3, 40, 1), True), ((3, 44, 6), False), ((3, 51, 2), True), ((3, 53, 0), False)],
)
def test_known_sqlite_bug(version: tuple[int, ...], has_bug: bool) -> None:
    assert database.has_wal_reset_bug(version) is has_bug
