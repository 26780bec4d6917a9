"""The budget button pressed in a browser: the form, the arithmetic and the undo follow it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from l335.components.architectures.cnn import Cnn
from l335.spec.budget import match_budget
from l335.ui.budget_panel import sizes
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_the_budget_button_fills_the_form(screen: Screen) -> None:
    page = screen.page
    screen.open("/classify")
    screen.press("CNN")
    screen.settle()
    screen.type("Conv layers", "2")
    expect(page.get_by_text("lists 3 values (max, max, none)").first).to_be_visible()
    screen.type("⚠ Pooling", "max")
    screen.press("Match the basic net's budget")
    screen.settle()

    best, second, *_ = match_budget(Cnn(num_convs=2, pooling="max"))
    assert isinstance(best.model, Cnn)
    assert isinstance(second.model, Cnn)
    expect(page.get_by_label("Channels", exact=True)).to_have_value(str(best.model.channels))
    expect(page.get_by_label("Hidden units", exact=True)).to_have_value(str(best.model.hidden))
    expect(page.get_by_text(f"{best.num_parameters:,} parameters").first).to_be_visible()
    table = page.get_by_role("region", name="Arithmetic of the network")
    row = table.get_by_role("row").filter(has_text="Total")
    expect(row).to_contain_text(f"{best.num_parameters:,}")
    expect(page.get_by_role("button", name=sizes(best.model))).to_be_disabled()

    screen.press(sizes(second.model))
    screen.settle()
    expect(page.get_by_label("Channels", exact=True)).to_have_value(str(second.model.channels))
    screen.press("Undo")
    screen.settle()
    expect(page.get_by_label("Channels", exact=True)).to_have_value(str(best.model.channels))


def test_a_narrow_window_scrolls_the_table_and_not_the_page(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 375, "height": 740})
    screen.open("/classify")
    table = screen.page.get_by_role("region", name="Arithmetic of the network")
    expect(table).to_be_visible()
    inside, shown = table.evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert inside > shown
    wide = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert screen.page.evaluate(wide) <= 375
