"""A sweep trained from the page, to its curves, its filmstrip and its file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser


def test_a_sweep_trains_draws_itself_and_can_be_downloaded(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    screen.open("/sigma?sigma.size=32")
    screen.type("Steps", "30")
    screen.press("Train 12 runs")
    expect(page.get_by_text("Best held-out PSNR: ")).to_have_count(2, timeout=LONG)
    expect(page.get_by_role("img", name="Sky fitted with sigma 100", exact=True)).to_be_visible()
    expect(page.get_by_text("All 12 runs of these settings are here.")).to_be_visible()
    points = page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data[1].x.length)"
    )
    assert points == [5, 5]
    with page.expect_download() as download:
        screen.press("Download CSV")
    file = tmp_path / "sigma.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 12
    assert [row["sigma"] for row in rows].count("") == 2  # without encoding, once a picture
    assert all(float(row["test/psnr_db"]) > 5 for row in rows)
    # The settings are in the address, so a reload finds the same runs.
    page.reload()
    screen.settle()
    expect(page.get_by_text("All 12 runs of these settings are here.")).to_be_visible()
