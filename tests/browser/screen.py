"""What a person does and sees, in the words of the tests."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

READY = (
    "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
)
LONG = 120_000  # milliseconds a training may take on a busy machine


class Screen:
    """One tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.metrics_requests = 0
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self._note(message.type, message))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._count)

    def _note(self, kind: str, message: Any) -> None:
        if kind == "error":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _count(self, request: Any) -> None:
        self.metrics_requests += "/metrics?after=" in request.url

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page's script has run."""
        self.page.wait_for_selector(READY)
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector(READY)

    def type(self, label: str, value: str) -> None:
        box = self.page.get_by_label(label, exact=True)
        box.fill(value)
        box.press("Enter")
        self.settle()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    @property
    def badge(self) -> Locator:
        return self.page.locator(".l335-badge")

    def expect_state(self, state: str, timeout: int = LONG) -> None:
        expect(self.badge).to_have_text(state, timeout=timeout)

    def points(self, panel: int) -> int:
        """Points of all curves of a panel together."""
        return int(
            self.page.evaluate(
                "n => (document.querySelectorAll('.l335-plot')[n]?.data ?? [])"
                ".reduce((sum, trace) => sum + trace.x.length, 0)",
                panel,
            )
        )

    def watch_move(self, times: int) -> None:
        """Wait until the curves of both panels have moved this many times."""
        counts: list[set[int]] = [set(), set()]
        for _ in range(LONG // 100):
            for panel, seen in enumerate(counts):
                seen.add(self.points(panel))
            if all(len(seen) > times for seen in counts):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the curves moved {[len(seen) - 1 for seen in counts]} times")

    def x_range(self, panel: int) -> list[float]:
        found: list[float] = self.page.evaluate(
            "n => document.querySelectorAll('.l335-plot')[n]._fullLayout.xaxis.range", panel
        )
        return found

    def drag_zoom(self, panel: int) -> None:
        """Drag over the middle of a chart, as one does to look closer."""
        area = self.page.locator(".l335-plot").nth(panel).locator(".nsewdrag").first
        box = area.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.3 * box["height"])
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
        self.page.mouse.up()
