"""A server that is away for a while: everything that keeps up with a run goes on by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from l335.components.encodings.gaussian import GaussianEncoding
from l335.spec import ClassifySpec, FitImageSpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

LONG = 120_000  # milliseconds a snapshot may take on a busy machine
AWAY = "The server does not answer. Reconnecting …"
ASKED = re.compile(r"/api/(runs|metrics|looks|artifacts|test-labels)")


def classifier(dashboard: Dashboard) -> str:
    return dashboard.lab.submit(ClassifySpec(train_size=20_000, epochs=60))


def fit(dashboard: Dashboard) -> str:
    image = dashboard.lab.images()[0]
    spec = FitImageSpec(
        **image.settings,
        image_size=64,
        encoding=GaussianEncoding(sigma=3.0, num_frequencies=32),
        width=64,
        steps=20_000,
    )
    return dashboard.lab.submit(spec)


@pytest.fixture(params=["explorer", "course"])
def kept_up_with(request: pytest.FixtureRequest, dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    """A run that trains for long, and the part of its page that shows its course."""
    uid = {"explorer": classifier, "course": fit}[request.param](dashboard)
    yield uid, request.param
    dashboard.lab.stop(uid)
    eventually(lambda: dashboard.lab.run(uid).state == "cancelled", 30, "a stopped run")


def gone(route: Route) -> None:
    route.abort("connectionrefused")


def a_proxy_whose_server_is_away(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")


@pytest.mark.parametrize("away", [gone, a_proxy_whose_server_is_away])
def test_a_course_goes_on_by_itself(
    page: Page, dashboard: Dashboard, kept_up_with: tuple[str, str], away: object
) -> None:
    uid, part = kept_up_with
    screen = Screen(page, dashboard.url)
    screen.open(f"/{'classify' if part == 'explorer' else 'fit-image'}?run={uid}")
    view = page.locator(f".{part}")
    step = view.locator(".step-label")
    expect(step).to_have_text(re.compile(r"[1-9]"), timeout=LONG)
    page.route(ASKED, away)
    note = view.get_by_text(AWAY)
    expect(note).to_be_visible(timeout=LONG)
    expect(view.get_by_role("button", name="Try again")).to_have_count(0)
    seen = step.text_content()
    recorded = len(dashboard.lab.snapshots(uid))
    eventually(lambda: len(dashboard.lab.snapshots(uid)) > recorded, 120, "a further snapshot")
    assert step.text_content() == seen
    page.unroute(ASKED)
    expect(note).to_be_hidden(timeout=LONG)
    expect(step).not_to_have_text(seen or "", timeout=LONG)
    assert dashboard.lab.run(uid).state == "running"


def test_what_a_look_shows_comes_once_the_server_answers(page: Page, dashboard: Dashboard) -> None:
    lab = dashboard.lab
    uid = lab.submit(ClassifySpec(train_size=600, epochs=1))
    eventually(lambda: lab.run(uid).state == "completed", 60, "a trained net")
    page.route(re.compile("/api/(looks|artifacts)"), gone)
    Screen(page, dashboard.url).open(f"/classify?run={uid}")
    view = page.locator(".explorer")
    expect(view.get_by_text(AWAY)).to_be_visible(timeout=LONG)
    page.unroute(re.compile("/api/(looks|artifacts)"))
    expect(view.locator(".verdict")).to_contain_text("Prediction", timeout=LONG)
    expect(view.get_by_text(AWAY)).to_be_hidden()


def test_the_chart_library_is_fetched_once_the_server_answers(
    page: Page, dashboard: Dashboard
) -> None:
    uid = dashboard.lab.submit(ClassifySpec(train_size=600, epochs=1, seed=1))
    page.route("**/plotly.min.js*", gone)
    screen = Screen(page, dashboard.url)
    screen.open(f"/classify?run={uid}")
    expect(page.locator(".l335-trouble").get_by_text(AWAY)).to_be_visible(timeout=LONG)
    page.unroute("**/plotly.min.js*")
    expect(page.locator(".l335-plot .main-svg").first).to_be_visible(timeout=LONG)
    expect(page.locator(".l335-trouble")).to_be_hidden()
