"""Many large pictures, one after the other: the web process holds none of them for long."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually, prepare

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

NUM_PICTURES = 12
NUM_TABS = 5
MAX_MEGABYTES = 300


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Dashboard]:
    dashboard = Dashboard(prepare(tmp_path))
    dashboard.start()
    yield dashboard
    dashboard.close()


class Memory:
    """The most memory a process has had, looked at all the time."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._is_over = threading.Event()
        self.most = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> float:
        return float(self._process.memory_info().rss) / 1e6

    def _watch(self) -> None:
        while not self._is_over.wait(0.02):
            self.most = max(self.most, self.now())

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()


def picture(number: int) -> bytes:
    """Noise that no format makes smaller, 2,500 by 2,600 pixels."""
    pixels = np.random.default_rng(number).integers(0, 256, (2600, 2500, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def test_the_web_process_stays_small_whatever_is_uploaded(
    page: Page, own: Dashboard, tmp_path: Path
) -> None:
    screen = Screen(page, own.url)
    screen.open("/fit-image")
    memory = Memory(psutil.Process(own.pid))
    before, num_bundled = memory.now(), len(own.lab.images.all())
    for number in range(NUM_PICTURES):
        path = tmp_path / f"noise-{number}.png"
        path.write_bytes(picture(number))
        page.locator("input[type=file]").first.set_input_files(path)
        eventually(
            lambda number=number: len(own.lab.images.all()) == num_bundled + number + 1,
            60,
            "another picture",
        )
        expect(page.get_by_text(f"noise-{number}.png: ")).to_be_visible(timeout=60_000)
        path.unlink()
    screen.settle()
    memory.close()
    print(f"{before:.0f} MB before, {memory.most:.0f} at most, {memory.now():.0f} after")
    assert memory.most < MAX_MEGABYTES


def test_uploads_of_many_tabs_at_once_wait_for_each_other(
    page: Page, own: Dashboard, tmp_path: Path
) -> None:
    tabs = [page, *(page.context.new_page() for _ in range(NUM_TABS - 1))]
    for tab in tabs:
        Screen(tab, own.url).open("/fit-image")
    memory = Memory(psutil.Process(own.pid))
    before, num_bundled = memory.now(), len(own.lab.images.all())
    for number, tab in enumerate(tabs):
        path = tmp_path / f"noise-{number}.png"
        path.write_bytes(picture(number))
        tab.locator("input[type=file]").first.set_input_files(path)
    for number, tab in enumerate(tabs):
        expect(tab.get_by_text(f"noise-{number}.png: ")).to_be_visible(timeout=60_000)
    memory.close()
    print(f"{before:.0f} MB before, {memory.most:.0f} at most, {memory.now():.0f} after")
    assert len(own.lab.images.all()) == num_bundled + NUM_TABS
    assert memory.most < MAX_MEGABYTES


def test_a_picture_is_removed_after_a_confirmation(page: Page, own: Dashboard) -> None:
    screen = Screen(page, own.url)
    screen.open("/fit-image")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": picture(0)}
    page.locator("input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]
    expect(page.get_by_text("mine.png: ")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Remove my picture").click()
    expect(page.get_by_text("Remove “mine.png” from this machine for good?")).to_be_visible()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("mine.png: ")).to_be_hidden()
    assert all(image.bundled for image in own.lab.images.all())
