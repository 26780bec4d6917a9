"""Whatever the store is doing, commands, pages and routes answer with a sentence."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from l335.bench.many_runs import fill
from l335.cli import cli, main
from l335.core.disk import Unusable
from l335.core.errors import LabError
from l335.core.settings import ROOT, Settings
from l335.service import Lab, current
from l335.service.doctor import data
from l335.spec import ClassifySpec
from l335.store import Store
from tests.app.visit import PAGES, Visit
from tests.dashboard import use
from tests.faults import states
from tests.faults.states import STATES
from tests.web.conftest import Client

NUM_RUNS = 30
WAIT_SECONDS = 0.05


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unusable") / "data"
    lab = Lab.open(Settings(data_dir=folder))
    lab.images.all()
    fill(lab, NUM_RUNS)
    lab.close()
    return folder


@pytest.fixture
def folder(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder that nothing has open; afterwards it must hold what it held."""
    monkeypatch.setattr("l335.store.driver.BUSY_SECONDS", WAIT_SECONDS)
    use(filled, monkeypatch)
    current._opened.cache_clear()  # of other tests' folders
    gc.collect()  # a command leaves its store to the end of its process, which is this one
    yield filled
    if current._opened.cache_info().currsize:
        current.current_lab().close()
        current._opened.cache_clear()
    store = Store.open(filled)
    with store.read() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        assert connection.scalar(text("SELECT count(*) FROM run")) == NUM_RUNS
    store.close()


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Enters the state; gives the sentence it is told with."""
    enter, sentence = STATES[request.param]
    with enter(folder):
        yield sentence
        if current._opened.cache_info().currsize:
            current.current_lab().close()


# Commands

COMMANDS = {
    "serve": [],
    "train": ["classify-basic"],
    "lab": ["learning-rates"],
    "sweep": ["classify-basic", "--grid", "seed=0,1"],
    "upsample": ["0", "--out", "x.png"],
    "runs": [],
    "show": ["0"],
    "report": ["0", "--out", "x.html"],
    "script": ["0"],
    "runner": [],
    "backup": ["x.zip"],
    "prune": [],
    "analyses": [],
}
WITHOUT_STORE = {"bench", "doctor", "restore"}


def test_every_command_that_opens_the_store_is_tried() -> None:
    assert set(COMMANDS) | WITHOUT_STORE == set(cli.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_with_a_sentence(name: str, state: str) -> None:
    done = CliRunner().invoke(cli, [name, *COMMANDS[name]])
    assert isinstance(done.exception, LabError), done.exception
    assert state in str(done.exception)


def test_a_sentence_and_no_traceback_reaches_the_terminal(
    state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["l335", "runs"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert state in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["train", "lab", "sweep"])
def test_what_would_write_says_why_it_can_not(name: str, folder: Path) -> None:
    with states.written_by_another(folder):
        done = CliRunner().invoke(cli, [name, *COMMANDS[name]])
        assert isinstance(done.exception, LabError), done.exception
        assert "is locked by another program" in str(done.exception)
        assert CliRunner().invoke(cli, ["runs"]).exit_code == 0


def submit_many(lab: Lab, spec: ClassifySpec) -> None:
    for _ in range(1000):  # the file's last page may have room for some
        lab.submit(spec)


def test_a_disk_that_fills_up_later_costs_a_sentence_and_no_run(folder: Path) -> None:
    with states.on_disk(folder, f"size={states.SMALL_DISK_BYTES}"):
        lab = Lab.open(Settings(data_dir=folder))
        states.fill(folder / "ballast")
        spec = ClassifySpec(seed=NUM_RUNS)
        with pytest.raises(LabError, match=r"is full. Free some space and try again\."):
            submit_many(lab, spec)
        number = lab.count_runs()
        (folder / "ballast").unlink()
        lab.submit(spec)
        assert lab.count_runs() == number + 1
        lab.close()


def test_doctor_says_what_is_wrong(state: str, folder: Path) -> None:
    found = [data.data_folder(folder), data.store(folder), data.blobs(folder)]
    assert any(not check.ok and check.remedy for check in found)


def test_a_folder_of_somebody_else_is_refused_with_a_sentence(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can start a program as somebody else")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    nobody = 65534
    code = f"""
import os, sys
import l335.service
from l335.cli import cli, main
cli.commands["runs"]  # what is imported later nobody may read
os.setgroups([])
os.setuid({nobody})
sys.argv = ["l335", "runs", "--data-dir", {str(private / "data")!r}]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"can't be written by user {nobody}" in done.stderr
    assert "Traceback" not in done.stderr


# Pages


@pytest.mark.parametrize("shown", PAGES)
def test_a_page_shows_the_sentence(shown: str, state: str) -> None:
    visit = Visit().open(shown)
    assert [state in error for error in visit.errors] == [True]


@pytest.mark.parametrize("shown", PAGES)
def test_a_page_that_only_reads_opens_where_nothing_can_be_written(
    shown: str, folder: Path
) -> None:
    Visit().open(shown)
    current.current_lab().close()
    current._opened.cache_clear()
    with states.written_by_another(folder):
        visit = Visit().open(shown)
        assert not visit.errors
        current.current_lab().close()


def test_a_click_that_can_not_be_kept_says_so(folder: Path) -> None:
    visit = Visit().open("classify")
    with states.written_by_another(folder):
        visit.click("Train")
        [error] = visit.errors
        assert "is locked by another program" in error
    visit.at.run()
    assert not visit.errors


# Routes


@pytest.mark.parametrize("path", ["/healthz", "/api/runs/{}/metrics", "/api/metrics?after={}:0"])
def test_a_route_answers_with_the_sentence_and_its_status(path: str, state: str) -> None:
    response = Client().get(path.format("0" * 32))
    assert state in response.json()["error"]
    will_last = any(words in state for words in ("damaged", "does not know"))
    assert response.status_code == (500 if will_last else 503)


def test_a_route_works_again_as_soon_as_the_store_does(folder: Path) -> None:
    with states.locked(folder):
        assert Client().get("/healthz").status_code == 503
    assert Client().get("/healthz").status_code == 200


def test_the_last_connection_is_not_waited_for_in_vain(folder: Path) -> None:
    store = Store.open(folder)
    store._engine.pool._timeout = WAIT_SECONDS
    held = [store._connect(store._engine) for _ in range(15)]
    with pytest.raises(Unusable, match="is locked by another program"), store.read():
        pass
    for connection in held:
        connection.close()
    store.close()
