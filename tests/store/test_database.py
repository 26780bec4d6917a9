from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from l335.core.errors import LabError
from l335.core.records import Pointer
from l335.spec import ClassifySpec
from l335.store import Store, artifacts, database, driver, run_rows, runs, tables
from l335.store.writer import add_artifacts


def test_migrations_from_nothing_give_exactly_the_declared_tables(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    folder = Path(database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == tables.REVISION == store.revision()


def store_of_layout(folder: Path, revision: str) -> str:
    """Make a store as an older version did, with a run, its rows and a picture; its run's uid."""
    store = Store(folder / "lab.sqlite3")
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    uid = "a" * 32
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in (
            "INSERT INTO run (id, uid, task, spec_json, seed, threads, device, num_parameters, "
            "total_steps, queue_seq, created_at) "
            f"VALUES (1, '{uid}', 'classify', '{{\"task\": \"classify\"}}', 0, 1, 'cpu', 669706, "
            "18760, 1, 1e9)",
            "INSERT INTO metric_key (id, name) VALUES (1, 'train/loss')",
            "INSERT INTO metric (run_id, key_id, step, value, wall, seq, attempt) "
            "VALUES (1, 1, 5, 0.5, 1, 1, 1)",
            "INSERT INTO artifact (uid, run_id, kind, name, step, sha256, media_type, meta_json, "
            f"created_at) VALUES ('{'b' * 32}', 1, 'preview', 'reconstruction', 3, '{'b' * 64}', "
            "'image/jpeg', '{\"width\": 2}', 1e9)",
            "INSERT INTO artifact (uid, kind, name, sha256, media_type, created_at) VALUES "
            f"('{'c' * 32}', 'image', 'Sky', '{'c' * 64}', 'image/png', 1e9)",
        ):
            connection.exec_driver_sql(statement)
    store.close()
    return uid


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_run_of_an_older_layout_keeps_its_rows(tmp_path: Path, revision: str) -> None:
    uid = store_of_layout(tmp_path, revision)
    store = Store.open(tmp_path)
    with store.read() as connection:
        page = artifacts.metrics(connection, uid, 0, 10)
        assert page.series["train/loss"].value == [0.5]
        assert [run.uid for run in runs.page(connection, 10, 0, None)] == [uid]
        assert artifacts.previews(connection, uid)["reconstruction"].step == 3
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(text("UPDATE run SET purpose = 'nothing'"))
    with store.write() as connection:
        assert inspect(connection).has_table("sweep_cell")
    store.close()


def test_the_history_of_older_runs_says_where_they_were_continued(tmp_path: Path) -> None:
    uid = store_of_layout(tmp_path, "0004")
    spec = ClassifySpec(train_size=1000, batch_size=64, epochs=6).model_dump_json()
    old = Store(tmp_path / "lab.sqlite3")
    with old.write() as connection:
        connection.exec_driver_sql("UPDATE run SET spec_json = ?", (spec,))
        for at, more in ((2e9, 1), (3e9, 3)):
            connection.exec_driver_sql(
                "INSERT INTO run_event (run_id, at, attempt, kind, detail) "
                "VALUES (1, ?, 1, 'asked to continue', ?)",
                (at, f"epochs + {more}"),
            )
    old.close()
    new = Store.open(tmp_path)
    with new.read() as connection:
        run = runs.one(connection, uid)
        text = connection.scalar(select(tables.run.c.continued_json))
        assert (run.continued, run.bends, run.precision) == ((32, 48), (), "")
        assert run_rows.continued_of(text) == [(32, 2e9), (48, 3e9)]
    new.close()


def test_a_store_of_the_first_layout_keeps_its_pictures(tmp_path: Path) -> None:
    uid, number = store_of_layout(tmp_path, "0001"), 1
    new = Store.open(tmp_path)
    assert (tmp_path / "lab.before-0001.sqlite3").exists()
    with new.write() as connection:
        kept = artifacts.previews(connection, uid)["reconstruction"]
        assert (kept.sha256, kept.meta) == ("b" * 64, {"width": 2})
        weights = Pointer("weights", 3, "application/octet-stream", "d" * 64, 10)
        add_artifacts(connection, "snapshot", [weights], run_id=number)
        assert [one.step for one in artifacts.snapshots(connection, uid)] == [3]
    image = Pointer("Sky", 0, "image/png", "c" * 64, 10)
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
    assert not (tmp_path / "lab.before-9999.sqlite3").exists()


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
    assert driver.has_wal_reset_bug(version) is has_bug
