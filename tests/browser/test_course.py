"""The course of an image fit: the slider moves everything that is shown, and asks for nothing."""

from __future__ import annotations

import re

import pytest
from PIL import Image
from playwright.sync_api import Request, expect

from l335.components.encodings.gaussian import GaussianEncoding
from l335.spec import FitImageSpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

LONG = 60_000  # milliseconds a look may take on a busy machine

# Nothing was fetched for two seconds. Playwright's "networkidle" stays reached once it was.
QUIET = """() => performance.now() - 2000
    > Math.max(...performance.getEntriesByType("resource").map((one) => one.responseEnd))"""


@pytest.fixture(scope="module")
def fitted(dashboard: Dashboard) -> str:
    lab = dashboard.lab
    image = lab.images()[0]
    spec = FitImageSpec(
        **image.settings,
        image_size=32,
        encoding=GaussianEncoding(sigma=3.0, num_frequencies=8),
        width=8,
        depth=2,
        steps=40,
    )
    uid = lab.submit(spec)
    eventually(lambda: lab.run(uid).state == "completed", 120, "a fitted image")
    return uid


def test_the_slider_moves_everything_and_asks_for_nothing(
    screen: Screen, dashboard: Dashboard, fitted: str
) -> None:
    snapshots = dashboard.lab.snapshots(fitted)
    steps = [snapshot.step for snapshot in snapshots]
    page = screen.page
    screen.open(f"/fit-image?run={fitted}")
    course = page.locator(".course")
    loaded = course.locator(f".inside[data-loaded='{len(steps)}']")
    expect(loaded).to_be_visible(timeout=LONG)
    shown = {
        name: course.locator(f"{selector}[data-step]")
        for name, selector in (
            ("picture", ".shown:nth-child(2) img"),
            ("error map", ".shown:nth-child(3) img"),
            ("spectrum", "svg.spectrum"),
            ("heat map", ".heat-marker"),
            ("curve", ".curve .marker"),
        )
    }
    slider = page.get_by_label("Recorded step")
    # The curves above look once more after the run's end, and fetch its last pictures.
    page.wait_for_function(QUIET)
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.startswith(dashboard.url) and "/_stcore/" not in request.url:
            asked.append(request.url)

    page.on("request", note)
    drawn = []
    places = ((None, -1), ("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("End", -1))
    for key, place in places:
        if key:
            slider.press(key)
        step = str(steps[place])
        for one in shown.values():
            expect(one).to_have_attribute("data-step", step)
        expect(slider).to_have_attribute("aria-valuetext", f"step {step} of 40")
        drawn.append(
            [
                shown["picture"].get_attribute("src"),
                shown["error map"].get_attribute("src"),
                shown["spectrum"].locator(".power-error").get_attribute("points"),
                shown["heat map"].get_attribute("x"),
            ]
        )
    assert not asked
    assert drawn[0] == drawn[-1]
    assert all(first != second for first, second in zip(drawn[0], drawn[1], strict=True))
    expect(course.locator(".sentence")).to_contain_text(f"is left at step {steps[-1]}")
    course.locator("svg.heat").hover()
    expect(course.locator(".readout")).to_have_text(
        re.compile(r"^Step \d+, [\d.]+ to [\d.]+ cycles per image: the error has [\d.e−]+ times")
    )


def test_a_unit_opens_large_and_the_film_is_a_gif(
    screen: Screen, dashboard: Dashboard, fitted: str
) -> None:
    page = screen.page
    screen.open(f"/fit-image?run={fitted}")
    course = page.locator(".course")
    course.get_by_text("What each unit draws").click()
    tile = course.get_by_role("button", name="linear1, unit 5", exact=True)
    expect(tile).to_be_visible(timeout=LONG)
    tile.click()
    large = course.locator("canvas.large-map:visible")
    size = large.evaluate("one => [one.width, one.height]")
    spec = dashboard.lab.run(fitted).spec
    assert isinstance(spec, FitImageSpec)
    assert tuple(size) == spec.fitted_size
    expect(course.locator(".large [role=status]")).to_contain_text("Its incoming weights have")
    large.press("Escape")
    expect(large).to_be_hidden()

    with page.expect_download(timeout=LONG) as downloading:
        course.get_by_role("button", name="Download as GIF").click()
    assert downloading.value.suggested_filename == f"course-{fitted[:8]}.gif"
    with Image.open(downloading.value.path()) as film:
        assert film.format == "GIF"
        assert film.n_frames == len(dashboard.lab.snapshots(fitted))
