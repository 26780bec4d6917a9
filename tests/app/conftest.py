from __future__ import annotations

from pathlib import Path

import pytest

from l335.service import Lab
from l335.service.current import current_lab
from tests.app.visit import Visit
from tests.dashboard import Trained, trained, use

__all__ = ["trained"]


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all tests that start with no run: its images are cleaned once."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture
def empty_lab(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab without runs and without a runner; what earlier tests started is deleted."""
    use(empty_folder, monkeypatch)
    lab = current_lab()
    for run in lab.listing(limit=1000):
        lab.delete(run.uid)
    for sweep in lab.sweeps.listing(limit=1000):
        lab.sweeps.delete(sweep.uid)
    return lab


@pytest.fixture
def full_lab(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """A lab with one finished run of each sort, and a runner."""
    use(trained.lab.settings.data_dir, monkeypatch)
    return trained


@pytest.fixture
def visit() -> Visit:
    return Visit()
