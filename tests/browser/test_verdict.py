"""From a verdict to the form with one setting changed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_a_remedy_opens_the_form_with_that_one_setting_changed(
    screen: Screen, dashboard: Dashboard
) -> None:
    uid = dashboard.lab.submit(ClassifySpec(train_size=700, epochs=3, seed=5))
    screen.open(f"/classify?run={uid}")
    screen.expect_state("Completed")
    screen.page.get_by_role("button", name="Epochs 3 → 6").click()
    screen.settle()
    expect(screen.page.get_by_label("Epochs", exact=True)).to_have_value("6")
    expect(screen.page.get_by_label("Training images", exact=True)).to_have_value("700")
    expect(screen.page.get_by_label("Seed", exact=True)).to_have_value("5")
