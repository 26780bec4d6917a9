"""A recorder that keeps everything, and the resources of this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from l335.engine.train import Resources


@dataclass
class Kept:
    """Everything a run recorded."""

    rows: dict[tuple[str, int], float] = field(default_factory=dict)
    previews: list[tuple[int, str, bytes]] = field(default_factory=list)
    snapshots: dict[tuple[int, str], bytes] = field(default_factory=dict)
    checkpoints: list[tuple[int, bytes]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    def progress(self, step: int, train_seconds: float) -> None:
        self.steps.append(step)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        self.rows.update({(key, step): value for key, value in values.items()})

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self.previews.append((step, name, data))

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self.snapshots[(step, name)] = data

    def checkpoint(self, step: int, data: bytes) -> None:
        self.checkpoints.append((step, data))

    def series(self, key: str) -> list[float]:
        return [value for (name, _), value in sorted(self.rows.items()) if name == key]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def resources(data_dir: Path) -> Resources:
    images = Path(__file__).parents[2] / "assets" / "images"
    return Resources("cpu", 1, data_dir, lambda _: (images / "sky.png").read_bytes())
