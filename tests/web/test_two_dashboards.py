"""Two dashboards on one data folder: the second joins, and neither takes the other's runs along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from l335.core.settings import ROOT, Settings
from l335.service import Lab
from l335.store.locks import RUNNER_LOCK
from tests.installation import LONG, eventually, prepare

pytestmark = pytest.mark.slow


class Served:
    """``python -m l335 serve`` with what it says."""

    def __init__(self, data_dir: Path, port: int, said: str = "") -> None:
        self.port, self.said = port, data_dir / f"{said or port}.txt"
        options = {"slots": 2, "threads": 1, "device": "cpu", "data_dir": data_dir, "port": port}
        env = os.environ | {f"L335_{name.upper()}": str(value) for name, value in options.items()}
        with self.said.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, "-u", "-m", "l335", "serve"],
                cwd=ROOT,
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        eventually(self._is_ready, 60, "a dashboard that answers")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz").json()
        except httpx.HTTPError:
            return False
        return bool(answer.get("runner") == "alive")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def test_a_second_dashboard_joins_and_stopping_either_leaves_the_runs(
    tmp_path: Path, free_port: int
) -> None:
    folder = prepare(tmp_path / "data")
    lab = Lab.open(Settings(data_dir=folder, slots=2, threads=1, device="cpu"))
    ports = [free_port, free_port + 1]
    dashboards = [Served(folder, ports[0])]
    try:
        dashboards[0].wait()
        assert "unfinished runs go on at the next start" in dashboards[0].said.read_text()
        runner = psutil.Process(json.loads((folder / RUNNER_LOCK).read_text())["pid"])

        same_port = Served(folder, ports[0], said="same-port")
        assert same_port.process.wait(60) == 2
        assert "Is the dashboard already running?" in same_port.said.read_text()

        for place in (1, 0):  # each of them leaves once, and comes back to the other
            joining = Served(folder, ports[place])
            dashboards.append(joining)
            joining.wait()
            said = joining.said.read_text()
            assert "this one joins it" in said
            assert f"(process {runner.pid})" in said
            uid = lab.submit(LONG)
            at_step(lab, uid, 50)
            dashboards.pop(0).stop()
            eventually(lambda uid=uid: lab.run(uid).is_over, 120, "the end of the run")
            assert (lab.run(uid).state, lab.run(uid).attempt) == ("completed", 1)
            assert runner.is_running()

        uid = lab.submit(LONG)
        at_step(lab, uid, 50)
        dashboards.pop().stop()
        eventually(lambda: not lab.runner_alive(), 30, "the runner leaves with the last")
        assert lab.run(uid).state == "queued"
    finally:
        for dashboard in dashboards:
            dashboard.stop()
        eventually(lambda: not lab.runner_alive(), 30, "the runner leaves")
        lab.close()


def at_step(lab: Lab, uid: str, step: int) -> None:
    eventually(lambda: lab.run(uid).step > step, 60, "training")
