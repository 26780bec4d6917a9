from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, new_installation, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Installation]:
    """An installation with a runner, for tests that leave it in order."""
    installation = new_installation(tmp_path_factory.mktemp("shared") / "data", prepared)
    installation.start()
    yield installation
    installation.close()


@pytest.fixture
def own(tmp_path: Path, prepared: Path) -> Iterator[Installation]:
    """An installation of the test's own, without a runner yet."""
    installation = new_installation(tmp_path / "data", prepared)
    yield installation
    installation.close()
