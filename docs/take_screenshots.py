"""Take the README's pictures from real runs: ``python docs/take_screenshots.py``.

Starts the dashboard on a folder of its own, trains both halves, and photographs every page.
Needs what ``make test`` installs: Playwright and a Chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
PORT = 8599
ADDRESS = f"http://127.0.0.1:{PORT}"
SETTLE_SECONDS = 2.0
LONGEST_MILLISECONDS = 300_000
LAB = "lab=learning-rates&train_size=5000&epochs=4&seeds=2"
RUNNER_LEAVES_SECONDS = 8.0


def wait_for_server() -> None:
    """Return once the dashboard answers."""
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{ADDRESS}/healthz", timeout=1).close()  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The dashboard did not start.")


def settle(page: Page) -> None:
    """Wait until the page has nothing left to draw."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    time.sleep(SETTLE_SECONDS)


def photograph(page: Page, name: str) -> None:
    """Save what the page shows."""
    page.mouse.move(0, 0)  # no help of a button that was pressed
    settle(page)
    page.screenshot(path=TARGET / f"{name}.png")
    print(TARGET / f"{name}.png")


def train(page: Page, path: str, seconds: float, preset: str = "") -> None:
    """Open a page, press a preset's button and Train, and let it run for a while."""
    page.goto(f"{ADDRESS}/{path}")
    settle(page)
    if preset:
        page.get_by_role("button", name=preset, exact=True).click()
        settle(page)
    page.get_by_role("button", name="Train").first.click()
    time.sleep(seconds)


def take_lab(page: Page) -> None:
    """A ready lab while its runs race each other, and then their comparison."""
    page.goto(f"{ADDRESS}/labs?{LAB}")
    settle(page)
    page.get_by_role("button", name="Start").first.click()
    # Long enough for curves; some of the runs are still training.
    page.get_by_text("2 of 6 runs done").wait_for(timeout=LONGEST_MILLISECONDS)
    photograph(page, "lab")
    page.get_by_text("All 6 runs done").wait_for(timeout=LONGEST_MILLISECONDS)
    settle(page)
    page.get_by_role("link", name="Compare").last.click()
    photograph(page, "compare")


def take_all(page: Page) -> None:
    """Every page, with runs on it."""
    take_lab(page)
    train(page, "classify", 75, preset="CNN")
    photograph(page, "classify")
    train(page, "fit-image", 25)
    photograph(page, "fit-image")
    page.goto(f"{ADDRESS}/runs")
    photograph(page, "runs")
    page.goto(ADDRESS)
    photograph(page, "home")


def main() -> None:
    """Start the dashboard, take the pictures, stop it."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = subprocess.Popen(
            [sys.executable, "-m", "l335", "serve", "--port", str(PORT), "--data-dir", folder],
            cwd=ROOT,
            env=os.environ,
        )
        try:
            wait_for_server()
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1366, "height": 860})
            take_all(page)
            browser.close()
        finally:
            server.terminate()
            server.wait(timeout=20)
            time.sleep(RUNNER_LEAVES_SECONDS)


if __name__ == "__main__":
    main()
