"""Several runs in one chart, what can be taken home, and runs that go on."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen
from tests.installation import eventually

pytestmark = pytest.mark.browser

QUICK = ClassifySpec(train_size=600, epochs=3, lr=0.01)
PARTS = """n => document.querySelectorAll('.l335-plot')[n].data.map(trace => ({
    part: trace.meta.part, name: trace.name, color: trace.line?.color ?? trace.marker.color,
    dash: trace.line?.dash, x: trace.x, y: trace.y,
}))"""


def traces(screen: Screen, panel: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = screen.page.evaluate(PARTS, panel)
    return found


def has_parts(screen: Screen, panel: int, part: str, count: int) -> None:
    screen.page.wait_for_function(
        "([n, part, count]) => document.querySelectorAll('.l335-plot')[n]?.data"
        "?.filter(trace => trace.meta?.part === part).length === count",
        arg=[panel, part, count],
    )


@pytest.fixture(scope="module")
def pairs(dashboard: Dashboard) -> list[str]:
    """Two settings with two seeds each, all finished."""
    lab = dashboard.lab
    other = QUICK.model_copy(update={"lr": 0.05})
    uids = lab.submit_seeds(QUICK, 2) + lab.submit_seeds(other, 2)
    eventually(lambda: all(lab.run(uid).state == "completed" for uid in uids), 120, "four runs")
    return uids


def address(uids: list[str]) -> str:
    return f"/classify?run={uids[0]}&with={','.join(uids[1:])}"


def test_seeds_of_a_setting_are_one_curve_with_a_band(
    screen: Screen, dashboard: Dashboard, pairs: list[str]
) -> None:
    screen.open(address(pairs))
    has_parts(screen, 0, "band", 8)
    found = traces(screen, 0)
    lines = [trace for trace in found if trace["part"] == "line"]
    assert [line["name"] for line in lines] == [
        "lr 0.01: train",
        "lr 0.01: test",
        "lr 0.05: train",
        "lr 0.05: test",
    ]
    colors = [line["color"] for line in lines]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert [line["dash"] for line in lines] == ["dash", "solid"] * 2
    rows = [dashboard.lab.metrics(uid).series["test/accuracy"].value for uid in pairs[:2]]
    means = [(one + two) / 2 for one, two in zip(*rows, strict=True) if one and two]
    assert lines[1]["y"] == pytest.approx(means)
    low, high = [trace["y"] for trace in found if trace["part"] == "band"][2:4]
    assert low == pytest.approx([min(pair) for pair in zip(*rows, strict=True)])
    assert high == pytest.approx([max(pair) for pair in zip(*rows, strict=True)])
    best = [trace for trace in found if trace["part"] == "best"]
    assert [star["y"] for star in best] == [[max(lines[1]["y"])], [max(lines[3]["y"])]]
    expect(screen.page.locator(".l335-legend")).to_contain_text("lr 0.01 (n = 2)")
    expect(screen.page.locator(".l335-legend")).to_contain_text("band: lowest to highest seed")

    screen.page.get_by_role("button", name="Each seed").click()
    has_parts(screen, 0, "seed", 8)
    screen.page.locator(".l335-setting").first.click()
    has_parts(screen, 0, "line", 2)
    screen.page.reload()
    screen.settle()
    has_parts(screen, 0, "band", 8)


def test_smoothing_keeps_the_raw_line_and_log_axes_can_be_chosen(
    screen: Screen, pairs: list[str]
) -> None:
    screen.open(f"/classify?run={pairs[0]}")
    has_parts(screen, 1, "raw", 1)
    screen.page.locator(".l335-smoothing select").select_option("Off")
    has_parts(screen, 1, "raw", 0)
    kinds = "[...document.querySelectorAll('.l335-plot')].map(p => p._fullLayout.yaxis.type).join()"
    assert screen.page.evaluate(kinds) == "linear,linear"
    screen.page.get_by_role("button", name="Log loss").click()
    screen.page.wait_for_function(f"{kinds} === 'linear,log'")
    screen.page.get_by_role("button", name="Log x").click()
    screen.page.wait_for_function(
        "document.querySelectorAll('.l335-plot')[0]._fullLayout.xaxis.type === 'log'"
    )


def test_several_running_runs_grow_and_a_zoom_lasts(screen: Screen, dashboard: Dashboard) -> None:
    uids = dashboard.lab.submit_seeds(ClassifySpec(train_size=2000, epochs=200), 2)
    screen.open(address(uids))
    has_parts(screen, 1, "band", 4)
    screen.page.evaluate("document.querySelectorAll('.l335-plot')[1].marked = true")
    screen.drag_zoom(1)
    zoomed = screen.x_range(1)
    for _ in range(2):
        seen = len(traces(screen, 1)[-1]["x"]) + screen.points(1)
        screen.page.wait_for_function(
            "n => document.querySelectorAll('.l335-plot')[1].data"
            ".reduce((sum, trace) => sum + trace.x.length, 0) > n",
            arg=seen,
        )
    assert screen.x_range(1) == zoomed
    assert screen.page.evaluate("document.querySelectorAll('.l335-plot')[1].marked")
    for uid in uids:
        dashboard.lab.stop(uid)


def test_data_and_figures_are_taken_home(
    screen: Screen, dashboard: Dashboard, pairs: list[str], tmp_path: Path, context: BrowserContext
) -> None:
    screen.open(address(pairs))
    has_parts(screen, 0, "band", 8)

    def saved(button: str) -> Path:
        screen.page.locator("summary", has_text="Save").click()
        with screen.page.expect_download() as caught:
            screen.press(button)
        file = tmp_path / caught.value.suggested_filename
        caught.value.save_as(file)
        return file

    table = saved("Data as CSV")
    assert table.name == "4-runs.csv"
    with table.open(newline="") as text:
        rows = list(csv.DictReader(text))
    for uid, (key, series) in itertools.product(
        pairs, dashboard.lab.metrics(pairs[0]).series.items()
    ):
        series = dashboard.lab.metrics(uid).series[key]
        own = [row for row in rows if row["run"] == uid and row["metric"] == key]
        assert [int(row["step"]) for row in own] == series.step
        assert [float(row["value"]) for row in own] == series.value

    assert saved("Accuracy as PNG").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in saved("Cross-entropy as SVG").read_bytes()[:200]
    page_file = saved("Charts as one HTML page")
    context.set_offline(True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length === 2")
    assert page.locator(".scatterlayer .trace").count() >= 8
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    context.set_offline(False)
    page.close()


def test_a_finished_run_goes_on_in_the_same_chart(screen: Screen, dashboard: Dashboard) -> None:
    uid = dashboard.lab.submit(QUICK)
    screen.open(f"/classify?run={uid}")
    screen.expect_state("Completed")
    screen.settle()
    screen.press("Continue")
    screen.type("Further epochs", "2")
    screen.press("Train on")
    screen.page.wait_for_function(
        "end => Math.max(...(document.querySelectorAll('.l335-plot')[1].data[0]?.x ?? [0])) >= end",
        arg=4.9,
    )
    screen.expect_state("Completed")
    assert dashboard.lab.run(uid).total_steps == 5 * QUICK.steps_per_epoch
    steps = traces(screen, 1)[0]["x"]
    assert steps == sorted(set(steps))


def test_seeds_beside_train_open_in_one_chart(screen: Screen, dashboard: Dashboard) -> None:
    screen.open("/classify")
    screen.type("Training images", "500")
    screen.type("Epochs", "2")
    screen.type("Seeds", "3")
    screen.press("Train")
    has_parts(screen, 0, "band", 4)
    newest = dashboard.lab.runs(limit=3)
    assert sorted(run.seed for run in newest) == [0, 1, 2]
    assert all(run.uid in screen.page.url for run in newest)
    expect(screen.page.locator(".l335-legend")).to_contain_text("(n = 3)")
