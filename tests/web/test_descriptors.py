"""Open files of the web process: its limit is raised, and closed tabs give theirs back."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from websockets import Subprotocol
from websockets.sync.client import connect

from l335.core import descriptors
from l335.core.settings import ROOT
from tests.dashboard import use
from tests.installation import eventually

SOFT = 256
NUM_TABS = 80  # four each: more than the soft limit allows

FORGET_SOON = """
import runpy, sys
import streamlit
import l335.ui.sessions

streamlit.config.set_option("server.disconnectedSessionTTL", 1)
l335.ui.sessions.CHECK_SECONDS = 0.5
sys.argv = ["l335", "serve"]
runpy.run_module("l335", run_name="__main__")
"""
"""The dashboard, with seconds where Streamlit and the lab wait minutes."""


def _lower_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT, hard))


@pytest.mark.slow
def test_many_tabs_are_open_under_a_low_limit_and_give_back_what_they_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    use(tmp_path, monkeypatch)
    env = os.environ | {"L335_PORT": str(free_port)}
    process = psutil.Popen(
        [sys.executable, "-c", FORGET_SOON], cwd=ROOT, env=env, preexec_fn=_lower_limit
    )
    url = f"http://127.0.0.1:{free_port}"
    try:
        eventually(lambda: _is_healthy(url), 60, "a dashboard with a runner")
        assert process.rlimit(psutil.RLIMIT_NOFILE)[0] > SOFT
        before = process.num_fds()
        with contextlib.ExitStack() as tabs:
            for _ in range(NUM_TABS):
                address = f"ws://127.0.0.1:{free_port}/_stcore/stream"
                tabs.enter_context(connect(address, subprotocols=[Subprotocol("streamlit")]))
            assert process.num_fds() > before + 3 * NUM_TABS
        eventually(lambda: process.num_fds() < before + 40, 60, "descriptors given back")
    finally:
        process.terminate()
        process.wait(30)


def _is_healthy(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/healthz").json()["runner"] == "alive")
    except httpx.HTTPError:
        return False


def test_the_limit_is_raised_to_what_is_allowed_and_never_lowered() -> None:
    code = (
        "import resource\n"
        "from l335.core.descriptors import raise_limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    for soft, hard, expected in ((100, 300, "300 300 300"), (300, 300, "300 300 300")):
        command = [sys.executable, "-c", code.format(soft=soft, hard=hard)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == expected


def test_how_many_tabs_a_limit_is_enough_for() -> None:
    assert descriptors.num_tabs(100) == 0
    assert descriptors.num_tabs(descriptors.FEW) == (1024 - 200) // 4
