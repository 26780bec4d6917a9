"""Designs trained from the page, to their ranking, at equal seconds, and their file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser

SMALL = "/designs?" + "&".join(
    [
        "designs.sizes=16",
        "designs.depth=1",
        "designs.width=16",
        "designs.loss=L1",
        "designs.optimizer=SGD",
    ]
)


def above_base(screen: Screen) -> list[str]:
    """The column of differences, from the first row to the last."""
    cells = screen.page.get_by_role("region", name="Designs, the best first").locator(
        "tbody td:nth-child(3)"
    )
    return cells.all_inner_texts()


def test_designs_train_rank_read_at_equal_seconds_and_can_be_downloaded(
    screen: Screen, tmp_path: Path
) -> None:
    page = screen.page
    screen.open(SMALL)
    screen.type("Steps", "40")
    screen.press("Train 12 runs")
    expect(page.get_by_text("mattered most, on the mean of ")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Stop all")).to_have_count(0, timeout=LONG)
    shown = [float(text.replace("−", "-")) for text in above_base(screen)]
    assert len(shown) == 6
    assert shown == sorted(shown, reverse=True)
    assert 0 in shown
    expect(page.get_by_role("link", name="Sky, 16 px, made by depth 1")).to_be_visible()
    page.get_by_text("Seconds", exact=True).first.click()
    expect(page.get_by_text("Every run is read off at")).to_be_visible()
    expect(page.get_by_text("All 12 runs of these settings are here.")).to_be_visible()
    assert len(above_base(screen)) == 6
    with page.expect_download() as download:
        screen.press("Download CSV")
    file = tmp_path / "designs.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 12
    assert all(float(row["test/psnr_db"]) > 3 for row in rows)
    assert {row["state"] for row in rows} == {"completed"}
    # The settings are in the address, so a reload finds the same runs.
    page.reload()
    screen.settle()
    expect(page.get_by_text("All 12 runs of these settings are here.")).to_be_visible()
