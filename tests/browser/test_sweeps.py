"""A sweep from its settings to its end: one that diverges stays visible, all can be stopped."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser


def uid_in(screen: Screen) -> str:
    screen.page.wait_for_url(re.compile(r"/sweeps\?sweep="))
    return screen.page.url.partition("sweep=")[2]


def test_a_sweep_shows_a_run_that_diverges_and_runs_it_again(
    screen: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    page = screen.page
    screen.open("/sweeps")
    page.get_by_role("link", name="New sweep").click()
    screen.settle()
    # Batches of 5 at a learning rate of 10 lose their numbers after some ten steps.
    screen.type("Changed for all runs", "epochs=2 train_size=500")
    for name in ("Learning rate (lr)", "Batch size (batch_size)"):
        vary = page.get_by_role("combobox", name="Settings that vary")
        vary.fill(name)
        expect(page.get_by_role("option")).to_have_count(1)
        vary.press("Enter")
        screen.settle()
    screen.type("Learning rate (lr), values", "0.1, 10")
    screen.type("Batch size (batch_size), values", "5, 500")
    expect(page.get_by_text("2 × 2 = 4 runs")).to_be_visible()
    assert "axis=lr" in page.url
    screen.press("Start 4 runs")
    uid = uid_in(screen)
    expect(page.get_by_text("3 of 4 completed, 1 failed")).to_be_visible(timeout=LONG)
    [failed] = [run for run in dashboard.lab.sweeps.one(uid).runs if run.state == "failed"]
    assert (failed.spec.lr, failed.attempt) == (10, 1)

    page.get_by_role("tab", name="Parallel view").click()
    expect(page.get_by_text("The loss became nan")).to_be_visible()
    expect(page.locator(".parcoords")).to_have_count(1, timeout=LONG)
    page.get_by_role("tab", name="Map").click()
    expect(page.get_by_text("✕ 1 failed")).to_be_visible()
    with page.expect_download() as download:
        screen.press("Download CSV")
    file = tmp_path / "sweep.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["state"] for row in rows].count("failed") == 1
    assert all(float(row["test/accuracy"]) >= 0 for row in rows if row["state"] == "completed")

    screen.press("Rerun 1 failed")
    eventually(lambda: dashboard.lab.run(failed.uid).attempt == 2, 60, "a second attempt")
    expect(page.get_by_text("3 of 4 completed, 1 failed")).to_be_visible(timeout=LONG)


def test_all_runs_of_a_sweep_are_stopped_at_once(screen: Screen, dashboard: Dashboard) -> None:
    page = screen.page
    screen.open("/sweeps?preset=classify-basic&axis=lr=0.1,0.01&seeds=3&set=epochs=1000")
    screen.press("Start 6 runs")
    uid = uid_in(screen)
    expect(page.get_by_text("0 of 6 completed, 2 training, 4 waiting")).to_be_visible(timeout=LONG)
    screen.press("Stop all")
    expect(page.get_by_text("0 of 6 completed, 6 stopped")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Rerun 6 stopped")).to_be_visible()
    assert dashboard.lab.sweeps.one(uid).is_over
    # The settings lead back to where they were chosen.
    page.get_by_role("link", name="Change and run again").click()
    expect(page.get_by_text("2 × 3 seeds = 6 runs")).to_be_visible()
    expect(page).to_have_url(re.compile("seeds=3"))
