"""A ready lab opened by a link, started, watched, and found again after a reload."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser

TINY = "lab=learning-rates&rates=0.1,0.001&train_size=1000&epochs=1&seeds=1"


def test_a_lab_is_started_by_key_races_and_is_found_again(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    screen.open("/labs")
    page.get_by_role("link", name="Open lab 2").click()
    expect(page.get_by_role("heading", name="2 · Learning rates")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/labs\?lab=learning-rates$"))
    page.get_by_role("link", name="All labs").click()
    expect(page.get_by_role("link", name="Open lab 2")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/labs$"))
    page.go_back()
    expect(page.get_by_role("heading", name="2 · Learning rates")).to_be_visible()
    screen.settle()
    page.get_by_role("link", name="Labs", exact=True).click()
    expect(page.get_by_role("link", name="Open lab 2")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/labs$"))
    screen.open(f"/labs?{TINY}")
    expect(page.get_by_role("button", name="Start 2 runs")).to_be_enabled()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("What these results show")).to_be_visible(timeout=LONG)
    assert "sweep=" in page.url
    # Both learning rates have a curve for train and one for test, with their own names.
    names = page.evaluate(
        "document.querySelector('.l335-plot').data.filter(t => t.name).map(t => t.name)"
    )
    assert {"lr 0.1: train", "lr 0.1: test", "lr 0.001: train"} <= set(names)
    screen.settle()
    expect(page.get_by_text("Test accuracy is highest with lr 0.1")).to_be_visible()
    table = page.get_by_role("region", name="Learning rates")
    expect(table.get_by_role("row")).to_have_count(3)
    with page.expect_download() as download:
        screen.press("Table as CSV")
    file = tmp_path / "table.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["Setting"] for row in rows] == ["lr 0.1", "lr 0.001"]
    assert float(rows[0]["Test accuracy, %"]) > float(rows[1]["Test accuracy, %"])

    page.reload()
    screen.settle()
    expect(page.get_by_text("What these results show")).to_be_visible()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("1")
    expect(page.get_by_text("All 2 runs done")).to_be_visible()


def test_curves_stay_hidden_until_a_prediction_is_locked_in(screen: Screen) -> None:
    page = screen.page
    screen.open(f"/labs?{TINY}&predict=1&lock=predict")
    expect(page.get_by_text("The curves appear once you have locked it in.")).to_be_visible()
    assert page.locator(".l335-plot").count() == 0
    page.get_by_text("None of them clearly").click()
    screen.settle()
    screen.press("Lock in")
    expect(page.locator(".l335-plot").first).to_be_visible()
    assert "predict=n:50,50" in page.url.replace("%3A", ":").replace("%2C", ",")
