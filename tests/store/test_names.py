"""Runs and sweeps by the beginning of their names, in a store of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from l335.bench import many_runs
from l335.cli import cli
from l335.core.errors import NotFound
from l335.core.settings import Settings
from l335.service import Lab
from l335.store import run_rows

NUM_RUNS = 300


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.open(Settings(data_dir=tmp_path_factory.mktemp("named")))
    many_runs.fill(lab, NUM_RUNS)
    yield lab
    lab.close()


@pytest.fixture
def statements(lab: Lab) -> Iterator[list[tuple[str, tuple]]]:
    """What is asked of the store, with its values."""
    asked: list[tuple[str, tuple]] = []

    def note(connection, cursor, statement, values, context, many) -> None:
        if not statement.startswith("BEGIN"):
            asked.append((statement, values))

    event.listen(lab.store._engine, "before_cursor_execute", note)
    yield asked
    event.remove(lab.store._engine, "before_cursor_execute", note)


def names(lab: Lab) -> list[str]:
    return [run.uid for run in lab.runs(limit=NUM_RUNS)]


def test_a_run_among_many_is_found_by_the_index_and_read_alone(lab: Lab, statements) -> None:
    uid = names(lab)[NUM_RUNS // 2]
    run_rows.spec_of.cache_clear()
    statements.clear()
    assert lab.run_called(uid[:12]).uid == uid
    assert run_rows.spec_of.cache_info().misses == 1
    assert len(statements) == 2
    with lab.store.read() as connection:
        for statement, values in list(statements):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "SEARCH run USING INDEX sqlite_autoindex_run_1 (uid" in str(plan)
            assert "SCAN run" not in str(plan)


def test_the_commands_that_take_a_run_read_only_that(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("L335_DATA_DIR", str(lab.settings.data_dir))
    newest = names(lab)[0]
    out = str(tmp_path / "report.md")
    for words in (["show", newest], ["script", newest], ["report", newest, "--out", out]):
        run_rows.spec_of.cache_clear()
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        assert run_rows.spec_of.cache_info().misses == 1, words
    run_rows.spec_of.cache_clear()
    assert newest[:8] in CliRunner().invoke(cli, ["runs"]).output
    assert run_rows.spec_of.cache_info().misses == 20


def test_a_beginning_of_several_names_says_of_how_many(lab: Lab) -> None:
    first, number = Counter(uid[0] for uid in names(lab)).most_common(1)[0]
    with pytest.raises(NotFound, match=f"`{first}` begins the names of {number} runs; give more"):
        lab.run_called(first)


@pytest.mark.parametrize("name", ["", "%", "_", "A", "0g", "é", "' OR 1 --", "0" * 33, "\n"])
def test_what_no_name_begins_with_is_no_run(lab: Lab, name: str) -> None:
    with pytest.raises(NotFound) as refusal:
        lab.run_called(name)
    assert str(refusal.value) == (
        f"There is no run `{name}`. `python -m l335 runs` lists all runs."
    )


def test_a_deleted_run_and_its_name_are_no_longer_found(lab: Lab) -> None:
    uid = names(lab)[0]
    lab.delete(uid)
    with pytest.raises(NotFound, match=f"There is no run `{uid}`"):
        lab.run_called(uid)
    lab.restore(uid)
    assert lab.run_called(uid).uid == uid


def test_a_sweep_is_found_the_same_way(lab: Lab) -> None:
    [sweep, *_] = lab.sweeps.listing()
    assert lab.sweeps.called(sweep.uid[:10]).uid == sweep.uid
    with pytest.raises(NotFound, match="There is no sweep `xyz`"):
        lab.sweeps.called("xyz")


def test_every_run_of_a_long_list_has_a_line_of_its_own(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("L335_DATA_DIR", str(lab.settings.data_dir))
    done = CliRunner().invoke(cli, ["runs", "--limit", "10000"])
    heading, *lines = done.output.splitlines()
    assert heading.split() == ["run", "submitted", "state", "step", "best", "settings"]
    assert [line[:8] for line in lines] == [uid[:8] for uid in names(lab)]
    place = heading.index("settings")
    assert [line[place:] for line in lines] == [run.title for run in lab.runs(limit=NUM_RUNS)]
