"""A report in a browser: made on the page, opened without a network, printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from l335.spec import ClassifySpec
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import LONG, Screen
from tests.dashboard import CNN
from tests.installation import eventually

pytestmark = pytest.mark.browser

OWN = "# Seen\n\n<img src=x onerror=alert(1)> [a](javascript:alert(1)) **more**"


@pytest.fixture(scope="module")
def runs(dashboard: Dashboard) -> list[str]:
    lab = dashboard.lab
    specs = [CNN, ClassifySpec(train_size=300, epochs=2)]
    uids = [lab.submit(spec) for spec in specs]
    eventually(lambda: all(lab.run(uid).state == "completed" for uid in uids), 120, "two runs")
    return uids


def test_a_report_is_made_on_the_page_and_opens_without_a_network(
    screen: Screen, browser: Browser, runs: list[str], tmp_path: Path
) -> None:
    page = screen.page
    screen.open(f"/report?runs={','.join(runs)}")
    text = page.get_by_role("textbox", name="Your own text, in Markdown")
    text.fill(OWN)
    text.blur()
    expect(page.get_by_role("heading", name="Seen")).to_be_visible()
    screen.press("Add feature maps")
    expect(page.get_by_role("button", name="Add feature maps")).to_have_count(0, timeout=LONG)
    with page.expect_download(timeout=LONG) as download:
        screen.press("HTML page")
    file = tmp_path / "report.html"
    download.value.save_as(file)

    offline = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    alone = offline.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    alone.on("console", lambda message: complaints.append(message.text))
    alone.on("pageerror", lambda error: complaints.append(str(error)))
    alone.on("dialog", lambda dialog: complaints.append(dialog.message))
    alone.on("request", lambda request: requests.append(request.url))
    alone.goto(file.as_uri())
    expect(alone.locator(".plot[data-drawn=true]")).to_have_count(2)
    assert alone.locator(".plot .main-svg").count() >= 2
    expect(alone.get_by_role("heading", name="Feature maps")).to_be_visible()
    assert alone.locator("figure img").evaluate_all(
        "all => all.length && all.every(one => one.complete && one.naturalWidth > 0)"
    )
    assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
    assert complaints == []
    assert alone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    printed = alone.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    num_pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 3 <= num_pages <= 12
    alone.emulate_media(media="print")
    widths = alone.locator(".plot, table, img").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right - window.innerWidth)"
    )
    assert max(widths) <= 0, "nothing is cut at the right"
    offline.close()


def test_the_report_can_be_read_on_the_page(screen: Screen, runs: list[str]) -> None:
    page = screen.page
    screen.open(f"/report?runs={runs[0]}")
    page.get_by_text("Show the report here").click()
    frame = page.frame_locator("iframe").last
    expect(frame.get_by_role("heading", name="Accuracy against epochs")).to_be_attached(
        timeout=LONG
    )
    expect(frame.locator(".plot[data-drawn=true]").first).to_be_attached(timeout=LONG)
