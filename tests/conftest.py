"""What folders of tests share: the browser, the rule that CI must have used it, installations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from l335.service.doctor import find_browser

if TYPE_CHECKING:
    from tests.installation import Installation

IS_BROWSER_REQUIRED = os.environ.get("L335_REQUIRE_BROWSER") == "1"
NO_BROWSER = "no Chromium here; as root: apt-get install chromium"

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "lab", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("lab")

_browser_outcomes: list[str] = []


def is_of_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last, because Playwright keeps an event loop running in this thread until the session
    # ends, and whoever starts one of their own would be refused.
    items.sort(key=is_of_browser)
    if find_browser() is None:
        for item in filter(is_of_browser, items):
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The distribution's Chromium, as Playwright's fixtures start it."""
    return {
        "executable_path": find_browser(),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    }


# Installations: what they need is imported where a test asks for one, and by no other.


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the decompressed data."""
    from tests.installation import prepare

    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Installation]:
    """An installation with a runner, for tests that leave it in order."""
    from tests.installation import new_installation

    installation = new_installation(tmp_path_factory.mktemp("shared") / "data", prepared)
    installation.start()
    yield installation
    installation.close()


@pytest.fixture
def own(tmp_path: Path, prepared: Path) -> Iterator[Installation]:
    """An installation of the test's own, without a runner yet."""
    from tests.installation import new_installation

    installation = new_installation(tmp_path / "data", prepared)
    yield installation
    installation.close()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "browser" in report.keywords and (report.when == "call" or report.skipped):
        _browser_outcomes.append(report.outcome)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Any:
    if _is_browser_lacking() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _is_browser_lacking():
        terminalreporter.write_line(
            "L335_REQUIRE_BROWSER is 1, but browser tests were skipped or there were none.",
            red=True,
        )


def _is_browser_lacking() -> bool:
    return IS_BROWSER_REQUIRED and (not _browser_outcomes or "skipped" in _browser_outcomes)
