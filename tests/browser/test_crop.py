"""The crop drawn by mouse and keyboard, the run that is started with it, and its bits."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser


def numbers(screen: Screen) -> list[int]:
    """Left, top, width and height, as a screen reader says them."""
    label = screen.page.locator(".l335-box").get_attribute("aria-label") or ""
    return [int(number) for number in re.findall(r"\d+", label)][:4]


def still_stage(screen: Screen) -> dict[str, float]:
    """Where the picture is, once what the last change has brought no longer moves or redraws it."""
    stage = screen.page.locator(".l335-stage")
    seen: list[object] = []
    while len(seen) < 4 or any(one != seen[-1] for one in seen[-4:]):
        assert len(seen) < 60, "the picture does not come to rest"
        seen.append((stage.bounding_box(), numbers(screen)))
        screen.page.wait_for_timeout(200)
    area = stage.bounding_box()
    assert area is not None
    return dict(area)


def drag(screen: Screen, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Over shares of the picture's width and height."""
    area = still_stage(screen)
    points = [
        (area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in (start, end)
    ]
    screen.page.mouse.move(*points[0])
    screen.page.mouse.down()
    screen.page.mouse.move(*points[1], steps=6)
    screen.page.mouse.up()
    screen.settle()


def test_a_part_is_drawn_moved_fitted_and_weighed(screen: Screen, dashboard: Dashboard) -> None:
    page = screen.page
    page.set_viewport_size({"width": 1366, "height": 1200})
    screen.open("/fit-image")
    box = page.locator(".l335-box")
    expect(box).to_be_visible()

    drag(screen, (0.2, 0.2), (0.6, 0.6))
    left, _, width, height = numbers(screen)
    full = page.get_by_text("Whole picture", exact=True)
    assert width > 100
    assert height > 100
    drag(screen, (0.4, 0.4), (0.5, 0.4))  # inside: it moves
    moved = numbers(screen)
    assert moved[0] > left
    assert moved[2:] == [width, height]

    box.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expected = [moved[0] - 1, moved[1] + 1, width + 1, height]
    assert numbers(screen) == expected
    page.wait_for_timeout(800)
    screen.settle()
    screen.press("Undo")
    screen.settle()
    assert numbers(screen) == moved
    page.get_by_role("radio", name="1:1").click()
    screen.settle()
    square = numbers(screen)
    assert square[2] == square[3]
    full.click()
    screen.settle()
    assert numbers(screen)[:2] == [0, 0]
    drag(screen, (0.3, 0.2), (0.7, 0.4))
    final = numbers(screen)

    screen.type("Steps", "60")
    screen.type("Resolution", "48")
    page.get_by_role("button", name="Train").first.click()
    screen.expect_state("Completed")
    run = dashboard.lab.runs()[0]
    assert list(run.spec.crop_box) == final
    original = dashboard.lab.previews(run.uid)["original"]
    with Image.open(io.BytesIO(dashboard.lab.blob(original.sha256))) as stored:
        assert stored.size == run.spec.fitted_size
    assert numbers(screen) == final

    screen.press("Compare with JPEG")
    expect(page.get_by_text(re.compile("bits per pixel, quality"))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("img", name=re.compile("JPEG of nearest PSNR"))).to_be_visible()
