"""The container's files, read and run as far as a machine without a container engine can."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from l335.core.settings import ROOT

NOBODY = 65534
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def exec_form(instruction: str) -> list[str]:
    """Arguments of the last ``CMD`` or of the health check's ``CMD``."""
    found = re.findall(rf"^{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    return list(json.loads(found[-1]))


def requirements(path: Path) -> list[str]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line]


@pytest.mark.skipif(
    not (Path(sys.executable).parent / "hadolint").exists(), reason="hadolint is not for this CPU"
)
def test_the_dockerfile_is_clean() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout == ""
    assert done.returncode == 0


def test_the_container_runs_as_a_numbered_user_who_does_not_own_the_code() -> None:
    assert "\nUSER 10001\n" in DOCKERFILE
    assert "--chown" not in DOCKERFILE
    assert exec_form("CMD") == ["python", "-m", "l335", "serve", "--host", "0.0.0.0"]


def test_the_image_holds_no_secret_and_no_run() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "data", ".env*", ".streamlit/secrets.toml"} <= set(ignored)
    assert "assets" not in ignored, "the container needs its data without a network"


@pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
def test_every_service_is_locked_down(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == ["lab-data:/data"]


def test_profiles_choose_one_service_each() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items()} == {
        "lab-gpu": ["gpu"],
        "lab-cpu": ["cpu"],
    }
    devices = SERVICES["lab-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]
    assert SERVICES["lab-cpu"]["build"]["args"] == {"CPU_ONLY": "1"}


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_bounded_and_explained(name: str) -> None:
    for line in requirements(ROOT / name):
        assert line.startswith("-r ") or ">=" in line
        is_dated = line.startswith(("fsspec", "tzdata"))
        assert line.startswith("-r ") or is_dated or ",<" in line, f"{line} has no upper bound"


def test_the_cpu_image_finds_torch_in_the_requirements() -> None:
    pattern = re.search(r"grep -E '([^']+)' requirements.txt", DOCKERFILE)
    assert pattern
    found = [line for line in requirements(ROOT / "requirements.txt") if re.match(pattern[1], line)]
    assert [line.split(">")[0] for line in found] == ["torch", "torchvision"]


@pytest.fixture
def data_dir_of_nobody() -> Iterator[Path]:
    # Not tmp_path: its parents are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="l335-nobody-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def unprivileged() -> list[str]:
    """Words before a command that make it run as nobody, without any right to write.

    Where the interpreter lies in a closed folder, such as root's home, the right to read it
    is kept; that to write never is.
    """
    folders = Path(sys.executable).resolve().parents
    can_reach = all(folder.stat().st_mode & 0o001 for folder in folders)
    kept = "" if can_reach else ",+dac_read_search"
    capabilities = [f"--{kind}=-all{kept}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *capabilities]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(data_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("L335_DATA_DIR") == str(data_dir):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.getuid() != 0,
    reason="only root can become another user",
)
def test_the_start_command_works_for_a_user_who_may_write_the_data_folder_only(
    data_dir_of_nobody: Path,
) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "L335_DATA_DIR": str(data_dir_of_nobody),
        "L335_PORT": str(free_port()),
        "PYTHONUNBUFFERED": "1",
    }

    def as_nobody(arguments: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*unprivileged(), sys.executable, *arguments[1:]],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finished(arguments: list[str]) -> tuple[int, str]:
        process = as_nobody(arguments)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    server = as_nobody(exec_form("CMD"))
    try:
        deadline = time.monotonic() + 60
        while (health := finished(exec_form("    CMD")))[0] != 0:
            assert server.poll() is None, server.communicate()[0]
            assert time.monotonic() < deadline, health[1]
            time.sleep(0.5)

        tiny = ["--set", "epochs=1", "--set", "train_size=64", "--device", "cpu"]
        status, output = finished(["python", "-m", "l335", "train", "classify-basic", *tiny])
        assert status == 0, output
        owners = {file.stat().st_uid for file in data_dir_of_nobody.rglob("*")}
        assert owners == {NOBODY}
    finally:
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=30)
    assert server.returncode in (0, -signal.SIGTERM), output
    assert "Traceback" not in output
    deadline = time.monotonic() + 10
    while processes_of(data_dir_of_nobody):
        assert time.monotonic() < deadline, "processes are left after the stop"
        time.sleep(0.2)
