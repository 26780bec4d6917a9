from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import prepare


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    dashboard = Dashboard(prepare(tmp_path_factory.mktemp("dashboard")))
    dashboard.start()
    yield dashboard
    dashboard.close()
    complaints = [
        line
        for line in dashboard.log.read_text().splitlines()
        if any(word in line.lower() for word in ("error", "traceback", "deprecated"))
    ]
    assert not complaints


@pytest.fixture
def screen(page: Page, dashboard: Dashboard) -> Iterator[Screen]:
    """A tab whose console must stay free of errors."""
    page.set_viewport_size({"width": 1366, "height": 768})
    screen = Screen(page, dashboard.url)
    yield screen
    assert not screen.complaints


@pytest.fixture(scope="session")
def base_url() -> None:
    """Takes the place of pytest-base-url's, which pytest 9 warns about; addresses are whole."""
