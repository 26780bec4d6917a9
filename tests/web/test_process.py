"""The web process as a whole: what it imports, and what it does when the runner dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from l335.core.settings import ROOT
from tests.dashboard import use
from tests.installation import eventually

WITHOUT_TORCH = """
import sys, pkgutil, importlib, runpy
import app, l335.ui, l335.web
for package in (l335.ui, l335.web):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name != "l335.ui.main":
            importlib.import_module(module.name)
print("torch" in sys.modules)
"""


def test_the_web_process_never_imports_torch() -> None:
    output = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert output.stdout.split() == ["False"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "uvicorn", "app:app", "--port", "{port}"],
        ["-m", "streamlit", "run", "app.py", "--server.port", "{port}"],
    ],
    ids=["uvicorn", "streamlit"],
)
def test_every_way_to_start_answers_and_keeps_a_runner_alive(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    use(tmp_path, monkeypatch)
    process = subprocess.Popen(
        [sys.executable, *(word.format(port=free_port) for word in command)],
        cwd=ROOT,
        env=os.environ,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{free_port}") as client:
            eventually(lambda: _is_healthy(client), 60, "a dashboard with a runner")
            runner = _runner_pid(tmp_path)
            os.kill(runner, signal.SIGKILL)
            eventually(lambda: _runner_pid(tmp_path) not in (0, runner), 30, "another runner")
            assert "<div" in client.get("/runs").text
    finally:
        process.terminate()
        assert process.wait(20) in (0, -signal.SIGTERM)
    last = _runner_pid(tmp_path)
    eventually(lambda: not _is_running(last), 15, "the runner leaves with its dashboard")


@pytest.mark.slow
def test_a_dashboard_whose_store_can_not_be_used_says_so_and_begins_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    use(tmp_path, monkeypatch)
    store = tmp_path / "lab.sqlite3"
    store.write_bytes(b"no database" * 1000)
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app:app", "--port", str(free_port)],
        cwd=ROOT,
        env=os.environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{free_port}") as client:
            eventually(lambda: _answers(client), 60, "a dashboard that answers")
            answer = client.get("/healthz")
            assert answer.status_code >= 500
            assert "lab.sqlite3" in answer.json()["error"]
            assert "<div" in client.get("/runs").text  # its script shows the sentence
            assert store.read_bytes() == b"no database" * 1000
            store.rename(tmp_path / "away")
            eventually(lambda: _is_healthy(client), 60, "a dashboard with a runner")
    finally:
        process.terminate()
        said = process.communicate(timeout=20)[1]
    assert said.count("No runner can be started; trying again.") == 1  # not once a second
    assert "Traceback" not in said


def _answers(client: httpx.Client) -> bool:
    try:
        return bool(client.get("/healthz").content)
    except httpx.HTTPError:
        time.sleep(0.1)
        return False


def _is_healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").json() == {"status": "ok", "runner": "alive"}
    except httpx.HTTPError:
        time.sleep(0.1)
        return False


def _runner_pid(data_dir: Path) -> int:
    try:
        return int(json.loads((data_dir / "runner.lock").read_text())["pid"])
    except (OSError, ValueError):
        return 0


def _is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
