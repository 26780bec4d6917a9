"""What runners print is kept, bounded, and told on the page of a run that was lost with one."""

from __future__ import annotations

from pathlib import Path

from l335.core.settings import Settings
from l335.runner import said
from l335.runner.launch import ensure_runner
from l335.spec import ClassifySpec
from l335.store import Store, queue, runs
from l335.store.locks import DASHBOARD_LOCK, RUNNER_LOCK, FileLock, is_held
from tests.installation import eventually


def test_each_start_is_kept_under_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / said.FILE
    assert (said.words_of(tmp_path, 7), said.newest_words(tmp_path)) == ("", "")
    path.write_bytes(said.heading(7) + b"first\nsecond\n" + said.heading(8))
    assert said.words_of(tmp_path, 7) == "first\nsecond"
    assert said.words_of(tmp_path, 8) == said.newest_words(tmp_path) == ""
    before = said.size(tmp_path)
    with path.open("ab") as file:
        file.write("third \xff\n".encode("latin-1") * 100)
    assert said.words_since(tmp_path, before).count("third") == said.NUM_LINES
    assert said.newest_words(tmp_path) == said.words_since(tmp_path, before)


def test_a_long_file_keeps_its_end_and_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / said.FILE
    lines = b"".join(b"line %06d\n" % number for number in range(said.MAX_BYTES // 12 + 1))
    path.write_bytes(said.heading(7) + lines)
    with path.open("ab") as printing:  # as a runner does
        said.trim(tmp_path)
        assert said.size(tmp_path) <= said.KEPT_BYTES + 100
        printing.write(b"the end\n")
    assert said.words_of(tmp_path, 7).endswith("\nthe end")
    assert said.words_of(tmp_path, 7).startswith("line ")
    kept = path.read_bytes()
    said.trim(tmp_path)
    assert path.read_bytes() == kept


def test_a_run_keeps_the_last_words_of_the_runner_it_was_lost_with(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.write() as connection:
        uid = runs.add(connection, ClassifySpec(), "cpu", 1)
        number = queue.register(connection)
        for words in ("one", "", "Fatal Python error: Bus error"):
            run = queue.claim(connection, number)
            assert run is not None
            taken = queue.take_back(connection, lambda *_: False, lambda pid, words=words: words)
            assert taken == 1
        assert runs.one(connection, uid).state == "failed"
        assert runs.last_words(connection, uid) == "Fatal Python error: Bus error"
        runs.resume(connection, uid)
        queue.claim(connection, number)
        assert runs.last_words(connection, uid) == ""  # of this attempt nothing is known yet
    store.close()


def test_why_a_runner_does_not_start_is_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", device="cpu")
    store = Store.open(settings.data_dir)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with FileLock(settings.data_dir / DASHBOARD_LOCK):
        for number in (1, 2):
            ensure_runner(settings)  # returns once it has its lock, which may be before it ends
            lock = settings.data_dir / RUNNER_LOCK
            eventually(lambda lock=lock: not is_held(lock), 30, "the runner's end")
            words = said.newest_words(settings.data_dir)
            assert "which this version does not know" in words
            assert "Traceback" not in words
            text = (settings.data_dir / said.FILE).read_text()
            assert text.count("--- runner") == number
