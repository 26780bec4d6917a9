"""The lecture view, moved by keys alone: live, then the same runs replayed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen

pytestmark = pytest.mark.browser

ADDRESS = "/lecture?lab=learning-rates&rates=0.1,0.01&seeds=1&epochs=2&train_size=600"


def test_a_lab_is_started_paused_and_replayed_by_keys(screen: Screen, dashboard: Dashboard) -> None:
    page = screen.page
    screen.open(ADDRESS)
    expect(page.get_by_text("2 · Learning rates")).to_be_visible()
    expect(page.get_by_role("link", name="Runs")).to_have_count(0)  # no frame on a projector
    expect(page.get_by_text("Live on this machine, about")).to_be_visible(timeout=LONG)
    page.keyboard.press("s")
    expect(page.get_by_text("What these results show")).to_be_visible(timeout=LONG)
    runs = dashboard.lab.runs(limit=2)
    assert {run.spec.lr for run in runs} == {0.1, 0.01}
    assert {run.state for run in runs} == {"completed"}
    screen.settle()
    whole = screen.points(1)

    page.keyboard.press("s")
    expect(page.get_by_text("Replay, ")).to_be_visible()
    expect(page.get_by_text("on this machine")).to_be_visible()
    expect(page.get_by_text("What these results show")).to_have_count(0)
    count = (
        "document.querySelectorAll('.l335-plot')[1].data"
        ".reduce((sum, trace) => sum + trace.x.length, 0)"
    )
    # For a moment the chart still holds the runs that have just ended.
    page.wait_for_function(f"n => {count} < n", arg=whole)
    page.wait_for_function(f"n => {count} > n", arg=screen.points(1))
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    screen.settle()
    held = screen.points(1)
    page.wait_for_timeout(2000)
    assert screen.points(1) == held
    page.keyboard.press("p")
    expect(page.get_by_text("What these results show")).to_be_visible(timeout=LONG)
    assert len(dashboard.lab.runs(limit=2)) == 2
    assert dashboard.lab.runs(limit=2)[0].uid == runs[0].uid, "a replay trains nothing"

    page.keyboard.press("PageDown")
    expect(page.get_by_text("3 · Batch sizes")).to_be_visible()
    assert "lab=batch-sizes" in page.url
    page.keyboard.press("PageUp")
    expect(page.get_by_text("2 · Learning rates")).to_be_visible()
    expect(page).to_have_url(re.compile("train_size=600"))  # back with its settings


def test_what_takes_too_long_here_is_shown_as_it_was_recorded(
    screen: Screen, dashboard: Dashboard
) -> None:
    page = screen.page
    before = dashboard.lab.count_runs()
    screen.open("/lecture?lab=learning-rates&quick=0&live=1")
    expect(page.get_by_text("longer than the 1.0 s there are")).to_be_visible(timeout=LONG)
    page.keyboard.press("s")
    expect(page.get_by_text("times faster than it was: real runs of")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelectorAll('.l335-plot')[1]?.data"
        "?.reduce((sum, trace) => sum + trace.x.length, 0) > 20"
    )
    assert dashboard.lab.count_runs() == before, "a replay trains nothing"
    page.keyboard.press("Escape")
    expect(page.get_by_text("longer than the 1.0 s there are")).to_be_visible()
