"""Seeds trained from the page, and the network behind a clicked dot."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser

DOTS = "document.querySelector('.js-plotly-plot')"


def test_a_click_on_a_dot_shows_that_network(screen: Screen, dashboard: Dashboard) -> None:
    page = screen.page
    screen.open("/initialisers?studio.size=16&studio.seeds=5&studio.steps=30")
    screen.press("Train 6 runs")
    expect(page.get_by_text("All 6 runs of these settings are here.")).to_be_visible()
    # The progress bar comes and goes, and moves the dots as it does: only when every run is over
    # does it stay away.
    while any(not run.is_over for run in dashboard.lab.runs(limit=6)):  # the latest six
        page.wait_for_timeout(200)
    expect(page.get_by_text("of 6 runs completed")).to_have_count(0, timeout=LONG)
    expect(page.get_by_text("Stop all")).to_have_count(0)
    expect(page.get_by_text("What each seed made, worst first")).to_be_visible()
    screen.settle()

    rule, place, score = page.evaluate(
        f"(() => {{const t = {DOTS}.data.find(t => t.customdata?.[0]?.[0] === 'Xavier uniform');"
        "return [...t.customdata[3], t.x[3]]})()"
    )
    assert (rule, place) == ("Xavier uniform", 3)
    x, y = page.evaluate(
        f"(() => {{const plot = {DOTS}, {{xaxis, yaxis}} = plot._fullLayout;"
        "const t = plot.data.find(t => t.customdata?.[0]?.[0] === 'Xavier uniform');"
        "const box = plot.querySelector('.nsewdrag').getBoundingClientRect();"
        "return [box.x + xaxis.d2p(t.x[3]), box.y + yaxis.d2p(t.y[3])]})()"
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    title = f"Xavier uniform, seed 3: {score:.2f} dB"
    expect(page.get_by_role("img", name=title)).to_be_visible()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("3")
    expect(page.get_by_text("Before the first step:", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Fold lines on the picture.")).to_have_count(2)

    # What the page shows is what the run has stored.
    run = next(run for run in dashboard.lab.runs() if run.spec.initialiser.kind == "xavier_uniform")
    stored = dashboard.lab.metrics(run.uid).series["seed_3/psnr_db"].value[-1]
    assert stored == pytest.approx(score)
    # Without a mouse the two boxes do the same.
    screen.type("Seed", "1")
    expect(page.get_by_role("img", name="Xavier uniform, seed 1:")).to_be_visible()
