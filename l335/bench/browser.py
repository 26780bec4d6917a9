"""The dashboard in Chromium, where Playwright and a Chromium are installed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from l335.core.errors import LabError
from l335.service.doctor import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY = (
    "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
)
HAS_POINT = (
    "[...document.querySelectorAll('.l335-plot')].some(plot => plot.data?.some(t => t.x.length))"
)
# Notes [time of day, last x of all curves] whenever that has moved, which is the train loss's; the
# data that was drawn is looked at, not its pixels.
NOTE_LAST = """() => {
  window.l335Seen = [];
  setInterval(() => {
    const plots = [...document.querySelectorAll('.l335-plot')];
    const curves = plots.flatMap((plot) => plot.data ?? []);
    const last = Math.max(...curves.map(({ x }) => x[x.length - 1] ?? 0));
    const seen = window.l335Seen;
    if (last > (seen[seen.length - 1]?.[1] ?? 0)) seen.push([Date.now(), last]);
  }, 10);
}"""
# How many runs the curves of the loss stand for: a mean over seeds says at each point of how many.
NUM_DRAWN = """() => {
  const plots = [...document.querySelectorAll('.l335-plot')];
  const lines = plots.flatMap((plot) => plot.data ?? []).filter(
    (trace) => trace.meta?.part === 'line' && trace.legendgroup.endsWith(' train/loss')
  );
  return lines.reduce((sum, { text }) => sum + Math.max(1, ...(text ?? []).map(Number)), 0);
}"""
TIMEOUT_MS = 30_000


class ChromiumMissing(LabError):
    """Playwright or a Chromium is not installed."""


@contextlib.contextmanager
def chromium(url: str) -> Iterator[Screen]:
    """A tab of a Chromium without a window, for the dashboard at an address.

    Raises:
        ChromiumMissing: The text says what to install.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise ChromiumMissing(
            "Playwright is not installed; `pip install playwright` brings it."
        ) from None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_browser())
        except Error:
            raise ChromiumMissing(
                "No Chromium was found; `playwright install chromium` brings one."
            ) from None
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(TIMEOUT_MS)
        yield Screen(page, url)
        browser.close()


class Screen:
    """One tab of the dashboard."""

    def __init__(self, page: Page, url: str) -> None:
        self._page, self._url = page, url

    def open(self, path: str) -> None:
        """Open a page and wait until its script has run."""
        self._page.goto(f"{self._url}/{path}")
        self._page.wait_for_selector(READY)
        self._page.wait_for_timeout(500)
        self._page.wait_for_selector(READY)

    def train(self) -> None:
        """Press Train."""
        self._page.get_by_role("button", name="Train").first.click()

    def wait_for_point(self) -> None:
        """Wait until a chart has a point."""
        self._page.wait_for_function(HAS_POINT)

    def seconds_to_draw(self, path: str, number: int) -> float:
        """From the opening of an address until the curves of so many runs are drawn."""
        self._page.goto("about:blank")
        started = time.perf_counter()
        self._page.goto(f"{self._url}/{path}", wait_until="commit")
        self._page.wait_for_function(f"({NUM_DRAWN})() === {number}")
        return time.perf_counter() - started

    def seen_epochs(self, uid: str, seconds: float) -> list[tuple[float, float]]:
        """Watch the loss of a running classifier for so long.

        Returns:
            Seconds since 1970, and the last epoch the chart held from then on.
        """
        self.open(f"classify?run={uid}")
        self.wait_for_point()
        self._page.evaluate(NOTE_LAST)
        time.sleep(seconds)
        return [(at / 1000, last) for at, last in self._page.evaluate("window.l335Seen")]
