"""The enlarged pictures of a fit: one zoom for all, their difference, and the file."""

from __future__ import annotations

from pathlib import Path

import png
import pytest
from playwright.sync_api import Locator, expect

from l335.spec import FitImageSpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

WHOLE = "translate(0%, 0%) scale(1)"


@pytest.fixture(scope="module")
def fitted(dashboard: Dashboard) -> str:
    lab = dashboard.lab
    sky = next(image for image in lab.images.all() if image.name.startswith("Sky"))
    spec = FitImageSpec(
        image=sky.sha256, image_size=32, hold_back=2, steps=30, width=16, batch_pixels="all"
    )
    uid = lab.submit(spec)
    eventually(lambda: lab.run(uid).state == "completed", 60, "a fitted picture")
    return uid


def transforms(viewer: Locator) -> list[str]:
    found: list[str] = viewer.locator(".moved").evaluate_all(
        "all => all.map(one => one.style.transform)"
    )
    return found


def test_all_pictures_move_together_and_the_file_has_sixteen_bits(
    screen: Screen, fitted: str, tmp_path: Path
) -> None:
    page = screen.page
    screen.open(f"/fit-image?run={fitted}")
    page.get_by_test_id("stButtonGroup").get_by_text("16", exact=True).click()
    screen.settle()
    screen.press("Make 32 × ")
    viewer = page.locator(".viewer[data-look]")
    expect(viewer).to_be_visible(timeout=LONG)
    expect(viewer.locator("figcaption:visible")).to_have_text(
        ["Network", "Bicubic", "Lanczos", "Nearest", "Original"]
    )
    expect(page.get_by_text("is nearest the original, at ")).to_be_visible()
    assert set(transforms(viewer)) == {WHOLE}

    bicubic = viewer.get_by_role("group", name="Bicubic: arrow keys")
    bicubic.scroll_into_view_if_needed()
    box = bicubic.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.wheel(0, -500)
    expect(viewer.get_by_role("status")).not_to_have_text("1.0×")
    [zoomed] = set(transforms(viewer))
    assert zoomed != WHOLE
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"], steps=4)
    page.mouse.up()
    [panned] = set(transforms(viewer))
    assert panned not in (zoomed, WHOLE)
    bicubic.press("ArrowRight")
    bicubic.press("+")
    [by_keys] = set(transforms(viewer))
    assert by_keys != panned
    viewer.get_by_role("button", name="Reset").click()
    assert set(transforms(viewer)) == {WHOLE}

    viewer.get_by_role("button", name="Nearest").click()
    expect(viewer.locator("figcaption:visible")).to_have_count(4)
    viewer.get_by_role("button", name="Difference").click()
    shown = viewer.locator("figcaption:visible")
    expect(shown.last).to_have_text("Network − Original")
    expect(viewer.get_by_text("brighter by 0.250")).to_be_visible()
    canvas = viewer.locator("canvas[aria-label='Network − Original']")
    before = canvas.evaluate("one => one.toDataURL()")
    viewer.get_by_label("Gain").select_option("32")
    expect(viewer.get_by_text("brighter by 0.0313")).to_be_visible()
    assert canvas.evaluate("one => one.toDataURL()") != before

    with page.expect_download() as download:
        screen.press("Download 32 × ")
    file = tmp_path / "large.png"
    download.value.save_as(file)
    with file.open("rb") as opened:
        width, _, _, facts = png.Reader(file=opened).read()
    assert (width, facts["bitdepth"]) == (32, 16)
    assert download.value.suggested_filename.endswith("-2x.png")
