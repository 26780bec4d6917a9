"""Many runs in one chart: what is asked of the server for it, and that all are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route
from sqlalchemy import update

from l335.bench.browser import NUM_DRAWN
from l335.bench.installation import Installation, installation
from l335.bench.many_runs import chart_paths, fill
from l335.core.settings import ROOT
from l335.store import tables
from l335.web.routes import MAX_AT_ONCE

pytestmark = pytest.mark.browser

NUM_RUNS = 51


@pytest.fixture(scope="module")
def filled(prepared: Path) -> Iterator[Installation]:
    with installation(prepared) as own:
        fill(own.lab, 80)
        own.start_web()
        yield own


def test_fifty_runs_are_asked_for_together_and_drawn_when_all_are_there(
    filled: Installation, page: Page
) -> None:
    asked: list[list[str]] = []

    def note(route: Route) -> None:
        asked.append(re.findall(r"\b[0-9a-f]{32}\b", route.request.url))
        route.continue_()

    page.route(re.compile(r"/api/metrics\?after="), note)
    page.goto(f"{filled.url}/{chart_paths(filled.lab, NUM_RUNS)['runs']}")
    page.wait_for_function(f"({NUM_DRAWN})() === {NUM_RUNS}")
    first = asked[: -(-NUM_RUNS // MAX_AT_ONCE)]
    assert sorted(map(len, first)) == [NUM_RUNS - MAX_AT_ONCE, MAX_AT_ONCE]
    assert len(set().union(*first)) == NUM_RUNS


def test_a_run_that_is_gone_takes_no_other_with_it(filled: Installation, page: Page) -> None:
    runs = filled.lab.runs(limit=3, task="classify")
    page.route(
        re.compile(r"/api/metrics\?after="),
        lambda route: route.continue_(url=route.request.url.replace(runs[2].uid, "0" * 32)),
    )
    uids = ",".join(run.uid for run in runs[1:])
    page.goto(f"{filled.url}/classify?run={runs[0].uid}&with={uids}")
    page.wait_for_function(f"({NUM_DRAWN})() === 2")


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", "27 Oct 2024 00:30", "27 Oct 2024 23:30"),
        ("America/Sao_Paulo", "26 Oct 2024 19:30", "27 Oct 2024 19:30"),
    ],
)
def test_times_are_the_viewer_s_and_those_of_their_date(
    filled: Installation, browser: Browser, zone: str, before: str, after: str
) -> None:
    uids = [run.uid for run in filled.lab.runs(limit=2)]
    moments = [datetime(2024, 10, day, 22, 30, tzinfo=UTC).timestamp() for day in (26, 27)]
    with filled.lab.store.write() as connection:
        for uid, at in zip(uids, moments, strict=True):
            row = tables.run.c.uid == uid
            connection.execute(update(tables.run).where(row).values(created_at=at))
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    page.goto(f"{filled.url}/runs")
    for words in (before, after):
        page.get_by_text(re.compile(f"^{words} ·")).wait_for()
    page.goto(f"{filled.url}/runs?run={uids[0]}")
    page.get_by_text(re.compile(f"submitted {before} ·")).wait_for()
    context.close()


def test_the_chart_asks_for_no_more_than_is_answered() -> None:
    text = (ROOT / "l335/ui/live_view/questions.js").read_text()
    assert f"const MOST_AT_ONCE = {MAX_AT_ONCE};" in text
