"""The real dashboard, started as people start it, on a data folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from l335.core.settings import ROOT, Settings
from l335.service import Lab
from tests.installation import eventually


class Dashboard:
    """``python -m l335 serve`` and the lab behind it, with settings of the test's own."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=data_dir, slots=2, threads=1, device="cpu", **settings)
        self.lab = Lab.open(self.settings)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}{self.settings.base_path}"
        self.log = data_dir / "web.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns once it answers and its runner is ready."""
        values = self.settings.model_dump() | {"port": self.port}
        env = os.environ | {f"L335_{name.upper()}": str(value) for name, value in values.items()}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "l335", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log
            )
        eventually(self._is_healthy, 60, "a dashboard that answers")

    @property
    def pid(self) -> int:
        """Of the web process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End the web process as a crash would; the runner is not asked."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it as Ctrl+C does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        self.stop()
        eventually(lambda: not self.lab.runner_alive(), 30, "the runner leaves")
        self.lab.close()

    def _is_healthy(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/healthz").json()
        except httpx.HTTPError:
            return False
        return bool(answer["runner"] == "alive")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
