"""A link with settings, locks and gaps, from the first look to a reloaded run."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser

SMALL = "set=train_size=500&set=epochs=2"
LINK = f"/classify?preset=classify-cnn&{SMALL}&set=lr=0.02&lock=lr,preset&hide=optimizer"


def expect_held(page: Page) -> None:
    rate = page.get_by_role("spinbutton", name="Learning rate", exact=True)
    expect(rate).to_be_disabled(timeout=LONG)
    expect(rate).to_have_value("0.02")
    expect(page.get_by_role("button", name="Basic net", exact=True)).to_be_disabled()
    expect(page.get_by_role("spinbutton", name="Batch size")).to_be_enabled()
    expect(page.get_by_role("combobox", name="Optimiser")).to_have_count(0)
    expect(page.get_by_text("Some settings are locked or left out by this link.")).to_be_visible()


def share(screen: Screen) -> str:
    """The link of the Share popover."""
    screen.press("Share")
    text = screen.page.get_by_text(re.compile(r"^http.*\?")).first.inner_text()
    screen.page.keyboard.press("Escape")
    return text


def test_what_a_link_locks_stays_locked_through_training_and_a_reload(
    screen: Screen, dashboard: Dashboard
) -> None:
    page = screen.page
    screen.open(LINK)
    expect_held(page)
    screen.type("Batch size", "50")
    screen.press("Train")
    screen.expect_state("Completed")
    spec = dashboard.lab.run(parse_qs(urlsplit(page.url).query)["run"][0]).spec
    assert isinstance(spec, ClassifySpec)
    assert (spec.model.kind, spec.lr, spec.batch_size, spec.epochs) == ("cnn", 0.02, 50, 2)
    assert "lock=" in page.url
    page.reload()
    screen.settle()
    expect_held(page)
    screen.expect_state("Completed")
    screen.press("Open without it")
    screen.settle()
    expect(page.get_by_role("spinbutton", name="Learning rate", exact=True)).to_be_enabled()
    expect(page.get_by_role("combobox", name="Optimiser")).to_have_count(1)
    assert "lock=" not in page.url
    screen.expect_state("Completed")
    assert not screen.complaints


def test_a_shared_link_opens_elsewhere_with_the_same_settings(screen: Screen) -> None:
    page = screen.page
    screen.open("/classify")
    screen.press("CNN")
    screen.settle()
    screen.type("Learning rate", "0.005")
    link = share(screen)
    assert link == f"{screen.url}/classify?preset=classify-cnn&set=lr=0.005"
    other = Screen(page.context.browser.new_page(), "")  # type: ignore[union-attr]
    other.open(link)
    rate = other.page.get_by_role("spinbutton", name="Learning rate", exact=True)
    expect(rate).to_have_value("0.005")
    other.page.close()


def test_a_labs_hidden_settings_are_never_seen_and_count(screen: Screen) -> None:
    page = screen.page
    screen.open("/sigma?sigma.images=Grass&sigma.steps=40&lock=images&hide=steps,size")
    expect(page.get_by_role("button", name="Train 6 runs")).to_be_enabled()
    expect(page.get_by_label("Steps", exact=True)).to_have_count(0)
    screen.type("Seeds", "2")
    expect(page.get_by_role("button", name="Train 12 runs")).to_be_enabled()
    link = share(screen)
    assert parse_qs(urlsplit(link).query) == {
        "sigma.images": ["Grass"],
        "sigma.steps": ["40"],
        "sigma.draws": ["2"],
        "lock": ["images"],
        "hide": ["size,steps"],
    }
    screen.press("Open without it")
    screen.settle()
    expect(page.get_by_label("Steps", exact=True)).to_have_value("40")
    expect(page.get_by_role("spinbutton", name="Seeds")).to_have_value("2")
    assert not screen.complaints
