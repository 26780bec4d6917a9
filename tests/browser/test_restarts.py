"""Fresh servers, and servers that die."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually, prepare

pytestmark = pytest.mark.browser


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard of the test's own, not started."""
    dashboard = Dashboard(prepare(tmp_path))
    yield dashboard
    dashboard.close()


def test_a_link_to_a_run_may_be_the_first_request(page: Page, own: Dashboard) -> None:
    uid = own.lab.submit(ClassifySpec(train_size=500, epochs=1))
    own.start()
    screen = Screen(page, own.url)
    screen.open(f"/runs?run={uid}")
    expect(page.get_by_role("heading", name="Basic net, lr 0.001, batch 64")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    screen.expect_state("Completed")
    assert not screen.complaints


def test_a_killed_web_process_loses_nothing(page: Page, own: Dashboard) -> None:
    own.start()
    uid = own.lab.submit(ClassifySpec(train_size=2000, epochs=40))
    screen = Screen(page, own.url)
    screen.open(f"/classify?run={uid}")
    screen.watch_move(2)
    own.kill()
    expect(page.get_by_text("Reconnecting").first).to_be_visible()
    at_death = own.lab.run(uid).step
    eventually(lambda: own.lab.run(uid).step > at_death, 20, "training goes on meanwhile")
    own.start()
    screen.expect_state("Completed")
    shown = "document.querySelectorAll('.l335-plot')[1].data[0].y.length"
    stored = own.lab.metrics(uid, limit=1_000_000).series["train/loss"]
    # The last points follow the badge.
    eventually(lambda: page.evaluate(shown) == len(stored.step), 20, "every point on the chart")
    assert len(stored.step) == len(set(stored.step))
    assert own.lab.run(uid).attempt == 1
