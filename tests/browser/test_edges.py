"""Values an axis has no place for are marked at its edge, said, and taken along in files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from l335.core.settings import ROOT
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen
from tests.browser.test_curves import QUICK
from tests.installation import eventually

pytestmark = pytest.mark.browser

PARTS = ("numbers.js", "edges.js", "curves.js")
PLOTTED = "n => JSON.stringify(document.querySelectorAll('.l335-plot')[n].data)"


@pytest.fixture
def functions(page: Page) -> Page:
    """A page that holds the live view's pure functions and nothing else."""
    page.goto("about:blank")
    for part in PARTS:
        page.add_script_tag(content=(ROOT / "l335/ui/live_view" / part).read_text())
    return page


def test_numbers_json_has_no_word_for(functions: Page) -> None:
    read = functions.evaluate(
        '() => numbersOf([1.5, 0, null, "nan", "inf", "-inf", undefined]).map(String)'
    )
    assert read == ["1.5", "0", "null", "null", "Infinity", "-Infinity", "null"]


def test_the_edge_a_value_lies_behind(functions: Page) -> None:
    edges = "isLog => [1, 0, -2, null, Infinity, -Infinity].map((value) => edgeOf(value, isLog))"
    assert functions.evaluate(edges, False) == [None, None, None, None, "high", "low"]
    assert functions.evaluate(edges, True) == [None, "low", "low", None, "high", "low"]
    shown = functions.evaluate("() => onAxis([1, 0, null, Infinity, 2], true)")
    assert shown == [1, None, None, None, 2]


def test_what_the_marks_are_in_words(functions: Page) -> None:
    say = "([edge, values]) => edgeSentence(edge, numbersOf(values))"
    assert functions.evaluate(say, ["high", ["inf"]]) == "▲ at the upper edge: infinite"
    assert functions.evaluate(say, ["low", ["-inf"]]) == "▼ at the lower edge: minus infinite"
    assert functions.evaluate(say, ["low", [0]]) == (
        "▼ at the lower edge: 0, which a logarithmic axis has no place for"
    )
    assert functions.evaluate(say, ["low", [-1, 0]]).startswith(
        "▼ at the lower edge: 0 or below 0,"
    )
    words = functions.evaluate("() => [0, -0.01234, Infinity, -Infinity].map(inWords)")
    assert words == ["0", "−0.01234", "infinite", "minus infinite"]


def test_a_zero_does_not_pull_the_running_mean_of_logarithms_down_for_good(
    functions: Page,
) -> None:
    smooth = """isLog => {
      const value = [1, 1, 0, 1, null, Infinity, 1];
      return smoothed({ step: value.map((_, k) => k + 1), value, mean: value }, 7, 1, isLog);
    }"""
    assert functions.evaluate(smooth, True) == [1, 1, None, 1, None, None, 1]
    linear = functions.evaluate(smooth, False)
    assert linear[2] == 0
    assert linear[5] is None
    assert linear[6] is not None


def test_a_mean_over_seeds_is_infinite_where_one_is(functions: Page) -> None:
    lines = """() => {
      const line = (raw) => ({ step: [1, 2, 3], x: [1, 2, 3], raw, numRecorded: 3 });
      const made = averaged([line([1, Infinity, 3]), line([3, 5, -Infinity])]);
      return [made.raw, made.high].map((values) => values.map(String));
    }"""
    assert functions.evaluate(lines) == [["2", "Infinity", "-Infinity"], ["3", "Infinity", "3"]]
    best = "better => bestIndex([3, Infinity, null, 0], better)"
    assert functions.evaluate(best, "max") == 1
    assert functions.evaluate(best, "min") == 3


def test_many_marks_are_thinned_and_keep_their_ends(functions: Page) -> None:
    places = functions.evaluate('() => placesBehind(Array(5000).fill(0), true, "low")')
    assert len(places) == 48
    assert (places[0], places[-1]) == (0, 4999)


@pytest.fixture
def odd_losses(screen: Screen, dashboard: Dashboard) -> Iterator[str]:
    """A run whose answers hold losses of 0, gaps and infinite values."""
    uid = dashboard.lab.submit(QUICK)
    eventually(lambda: dashboard.lab.run(uid).state == "completed", 120, "a run")

    def changed(route: Route) -> None:
        answer = route.fetch()
        content: dict[str, Any] = answer.json()
        for key, rows in content["series"].items():
            if key == "train/loss" and len(rows["value"]) > 6:
                rows["value"][5:] = [0.0] * len(rows["value"][5:])
                rows["value"][2] = "nan"
            if key == "test/accuracy" and rows["value"]:
                rows["value"][-1] = "inf"
        route.fulfill(response=answer, body=json.dumps(content))

    screen.page.route("**/metrics?after=*", changed)
    yield uid
    screen.page.unroute_all(behavior="ignoreErrors")


def test_zeros_on_a_log_axis_are_marked_and_said(
    screen: Screen, odd_losses: str, tmp_path: Path
) -> None:
    page = screen.page
    screen.open(f"/classify?run={odd_losses}")
    captions = page.locator(".l335-caption")
    expect(captions.nth(0)).to_contain_text("▲ at the upper edge: infinite", timeout=LONG)
    expect(captions.nth(0)).to_contain_text("★ Best test: infinite at epoch 3")
    expect(captions.nth(1)).not_to_contain_text("edge")  # the axis is linear
    page.get_by_role("button", name="Log loss").click()
    said = "▼ at the lower edge: 0, which a logarithmic axis has no place for"
    expect(captions.nth(1)).to_contain_text(said)
    data = json.loads(page.evaluate(PLOTTED, 1))
    [marks] = [trace for trace in data if trace["meta"]["part"] == "edge"]
    assert set(marks["text"]) == {"0"}
    assert set(marks["y"]) == {0}
    assert marks["marker"]["symbol"] == "triangle-down"
    # The marks stand at the edge of the drawing, whatever the zoom.
    drawn = "n => document.querySelectorAll('.l335-plot')[1].querySelectorAll('.xy2 path').length"
    before = page.evaluate(drawn)
    assert before >= len(marks["x"])
    screen.drag_zoom(1)
    assert page.evaluate("document.querySelectorAll('.l335-plot')[1]._fullLayout.yaxis2.range") == [
        0,
        1,
    ]
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as saved:
        screen.press("Charts as one HTML page")
    saved.value.save_as(tmp_path / "page.html")
    assert said in (tmp_path / "page.html").read_text()
