"""The dashboard below a path and behind a proxy, as visitors of a class see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.browser.test_links import share
from tests.installation import prepare
from tests.web.test_proxies import Proxy

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = prepare(tmp_path_factory.mktemp("below"))
    dashboard = Dashboard(folder, base_path="/lab", hosts="lab.example.org")
    try:
        dashboard.start()
        yield dashboard
    finally:
        dashboard.close()


@pytest.fixture(scope="module")
def proxy(below: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy("nginx", below, tmp_path_factory.mktemp("proxy"))
    yield proxy
    proxy.close()


def test_a_run_is_trained_shared_and_saved_below_a_path(page: Page, proxy: Proxy) -> None:
    root = f"http://127.0.0.1:{proxy.port}/lab"
    screen = Screen(page, root)
    screen.open("/")
    page.get_by_role("link", name="Runs", exact=True).first.click()
    screen.settle()
    assert page.url == f"{root}/runs"

    screen.open("/fit-image?set=steps=20&set=image_size=16&set=width=16")
    screen.press("Train")
    screen.expect_state("Completed")
    page.wait_for_url(re.compile(rf"^{re.escape(root)}/fit-image\?.*run="))
    assert share(screen).startswith(f"{root}/fit-image?")
    pictures = page.locator("img").evaluate_all("all => all.map(one => one.src)")
    served = [address for address in pictures if "/api/artifacts/" in address]
    assert served
    assert all(address.startswith(f"{root}/api/") for address in served)
    assert httpx.get(served[0], timeout=60).status_code == 200
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as download:
        screen.press("Data as CSV")
    assert download.value.url.startswith(f"{root}/api/metrics.csv?runs=")
    assert not screen.complaints
