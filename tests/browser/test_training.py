"""Both halves trained for real, from the first click to the downloaded picture."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from l335.components.optimizers.sgd import Sgd
from l335.core.settings import ASSETS
from l335.spec import ClassifySpec
from l335.spec.presets import preset
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

UID = re.compile(r"run=([0-9a-f]{32})")


def uid_of(screen: Screen) -> str:
    screen.page.wait_for_url(UID)
    found = UID.search(screen.page.url)
    assert found
    return found[1]


def test_the_cnn_trains_live(screen: Screen, dashboard: Dashboard) -> None:
    screen.open("/classify")
    screen.press("CNN")
    screen.settle()
    expect(screen.page.get_by_text("669,272 parameters").first).to_be_visible()
    screen.type("Training images", "1500")
    screen.type("Epochs", "5")
    screen.press("Train")
    screen.expect_state("Running")
    uid = uid_of(screen)
    screen.watch_move(5)

    # A zoom lasts while points arrive, and can be taken back.
    before = screen.x_range(1)
    screen.drag_zoom(1)
    zoomed = screen.x_range(1)
    assert zoomed[1] - zoomed[0] < 0.6 * (before[1] - before[0])
    seen = screen.points(1)
    screen.page.wait_for_function(
        "n => document.querySelectorAll('.l335-plot')[1].data[0].x.length * 2 > n", arg=seen + 8
    )
    assert screen.x_range(1) == zoomed

    screen.page.reload()
    screen.settle()
    assert uid_of(screen) == uid
    screen.expect_state("Completed")
    screen.page.get_by_role("button", name="Samples").click()
    assert screen.x_range(0)[1] >= 5 * 1500

    screen.open("/runs")
    link = screen.page.get_by_role("link", name="CNN, lr 0.001, batch 64")
    assert uid in str(link.get_attribute("href"))
    link.click()
    screen.expect_state("Completed")
    spec = dashboard.lab.run(uid).spec
    assert isinstance(spec, ClassifySpec)
    assert spec.model == preset("classify-cnn").spec.model  # type: ignore[union-attr]


def test_a_photograph_is_fitted_and_enlarged(screen: Screen, tmp_path: Path) -> None:
    photograph = io.BytesIO()
    with Image.open(ASSETS / "images" / "pavilion.jpg") as image:
        image.crop((40, 40, 340, 240)).save(photograph, "JPEG", quality=90)
    screen.open("/fit-image")
    screen.page.locator("input[type=file]").set_input_files(
        {"name": "My holiday.jpg", "mimeType": "image/jpeg", "buffer": photograph.getvalue()}
    )
    expect(screen.page.get_by_text("My holiday.jpg: 300 × 200 pixels.")).to_be_visible()
    screen.settle()
    screen.type("Resolution", "96")
    screen.type("Steps", "300")
    screen.press("Train")
    screen.watch_move(5)
    for name in ("What the network paints now", "Where the two differ"):
        picture = screen.page.get_by_alt_text(name)
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") == 96
    labels = screen.page.locator(".l335-plot").first.locator(".shape-label")
    expect(labels).to_have_text("mean colour alone")
    screen.expect_state("Completed")

    screen.page.get_by_text("5×", exact=True).click()
    screen.press(re.compile("^.*Make 480 × 320 pixels"))
    with screen.page.expect_download() as caught:
        screen.press(re.compile("Download 480 × 320 PNG"))
    assert caught.value.suggested_filename == "my-holiday-5x.png"
    file = tmp_path / "picture.png"
    caught.value.save_as(file)
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        assert picture.size == (480, 320)


def test_bad_numbers_are_answered_in_the_form(screen: Screen) -> None:
    screen.open("/classify")
    screen.type("Epochs", "0")
    sentence = screen.page.get_by_text("must be a whole number between 1 and 1,000")
    expect(sentence.first).to_be_visible()
    expect(screen.page.get_by_role("button", name="Train").first).to_be_disabled()


def test_stop_ends_a_run_and_resume_goes_on(screen: Screen, dashboard: Dashboard) -> None:
    screen.open("/classify")
    screen.type("Training images", "1000")
    screen.type("Epochs", "400")
    screen.press("Train")
    uid = uid_of(screen)
    screen.watch_move(2)
    screen.press("Stop")
    screen.expect_state("Stopped")
    stopped_at = dashboard.lab.run(uid).step
    screen.press("Resume")
    screen.expect_state("Running")
    screen.page.wait_for_function(
        "step => +document.querySelector('.l335-done').textContent"
        ".match(/step ([0-9,]+)/)[1].replaceAll(',', '') > step",
        arg=stopped_at + 20,
    )
    steps = screen.page.evaluate("document.querySelectorAll('.l335-plot')[1].data[0].x")
    assert steps == sorted(set(steps))
    screen.press("Pause")
    screen.expect_state("Paused")
    dashboard.lab.stop(uid)


def test_a_run_that_diverges_says_what_to_do(screen: Screen, dashboard: Dashboard) -> None:
    # A decay of 1 at lr 10 multiplies every weight by -9 in each step.
    exploding = ClassifySpec(train_size=500, epochs=20, lr=10.0, optimizer=Sgd(weight_decay=1.0))
    uid = dashboard.lab.submit(exploding)
    screen.open(f"/classify?run={uid}")
    screen.expect_state("Failed")
    expect(screen.page.locator(".l335-trouble")).to_contain_text("Lower `lr`")
    expect(screen.page.get_by_role("button", name="Resume")).to_be_visible()


def test_a_hidden_tab_asks_for_nothing(screen: Screen, dashboard: Dashboard) -> None:
    uid = dashboard.lab.submit(ClassifySpec(train_size=2000, epochs=300))
    screen.open(f"/classify?run={uid}")
    screen.watch_move(1)
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    screen.page.evaluate(hide, True)
    screen.page.wait_for_timeout(500)
    asked, points = screen.metrics_requests, screen.points(1)
    screen.page.wait_for_timeout(1500)
    assert screen.metrics_requests == asked
    screen.page.evaluate(hide, False)
    screen.watch_move(1)
    assert screen.points(1) > points
    dashboard.lab.stop(uid)


def test_two_browsers_see_the_same_run_and_rest_when_it_is_over(
    screen: Screen, dashboard: Dashboard, browser: Browser
) -> None:
    uid = dashboard.lab.submit(ClassifySpec(train_size=500, epochs=4))
    with browser.new_context() as context:
        other = Screen(context.new_page(), dashboard.url)
        for one in (screen, other):
            one.open(f"/classify?run={uid}")
        for one in (screen, other):
            one.expect_state("Completed")
        # The last points follow the badge: each tab asks for them in its own time.
        eventually(lambda: screen.points(0) == other.points(0) > 0, 20, "the same curves in both")
        assert not other.complaints
    screen.page.wait_for_timeout(1500)
    asked = screen.metrics_requests
    screen.page.wait_for_timeout(2000)
    assert screen.metrics_requests == asked


def test_a_switch_of_the_theme_keeps_the_curves(screen: Screen, dashboard: Dashboard) -> None:
    uid = dashboard.lab.submit(ClassifySpec(train_size=500, epochs=1))
    screen.open(f"/runs?run={uid}")
    screen.expect_state("Completed")
    color = "document.querySelectorAll('.l335-plot')[0]?._fullData?.[0]?.line.color"
    screen.page.wait_for_function(f"{color} !== undefined")
    screen.page.wait_for_timeout(1000)  # the last poll
    light, points = screen.page.evaluate(color), screen.points(0)
    screen.page.emulate_media(color_scheme="dark")
    screen.page.wait_for_function(f"{color} !== '{light}'")
    assert screen.points(0) == points
