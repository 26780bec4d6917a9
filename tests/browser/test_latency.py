"""How long a person waits. The figures are reported, never judged: machines differ."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUM_RUNS = 5
HAS_POINT = (
    "[...document.querySelectorAll('.l335-plot')].some(plot => plot.data?.some(t => t.x.length))"
)


def report(capsys: pytest.CaptureFixture[str], what: str, seconds: list[float]) -> None:
    with capsys.disabled():
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        print(f"\n{what}: median {middle:.2f} s ({low:.2f} to {high:.2f}, n = {len(seconds)})")


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def test_click_on_train_to_the_first_point(
    screen: Screen, dashboard: Dashboard, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = []
    for seed in range(NUM_RUNS):
        screen.open("/classify")
        screen.type("Seed", str(seed))

        def until_first_point() -> None:
            screen.press("Train")
            screen.page.wait_for_function(HAS_POINT)

        waits.append(timed(until_first_point))
        screen.press("Stop")
        screen.expect_state("Stopped")
    report(capsys, "click on Train to first point", waits)


def test_other_pages_answer_while_two_runs_train(
    screen: Screen, dashboard: Dashboard, capsys: pytest.CaptureFixture[str]
) -> None:
    uids = [dashboard.lab.submit(ClassifySpec(seed=seed)) for seed in (101, 102)]
    screen.open(f"/classify?run={uids[1]}")
    screen.expect_state("Running")
    waits = []
    for name, heading in [("Runs", "Runs"), ("Home", "Watch a network learn")] * NUM_RUNS:
        link = screen.page.get_by_role("link", name=name).first

        def until_there(link=link, heading=heading) -> None:  # type: ignore[no-untyped-def]
            link.click()
            title = screen.page.get_by_role("heading", name=heading, exact=True)
            expect(title).to_be_visible()

        waits.append(timed(until_there))
    report(capsys, "click on another page with two runs training", waits)
    for uid in uids:
        dashboard.lab.stop(uid)
