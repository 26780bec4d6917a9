"""Every page lives with the content security policy, and what is fetched ahead comes packed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

from l335.core.settings import ROOT
from tests.browser.dashboard_process import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

MAIN = (ROOT / "l335/ui/main.py").read_text()
PAGES = ["/", "/fit-image"] + [
    f"/{Path(page).stem.replace('_', '-')}"
    for page in sorted(path.name for path in (ROOT / "pages").glob("*.py"))
    if page not in ("home.py", "fit_image.py")
]

# The browser's console names violations too; the event also tells of those that are reported
# only where they happen, as in a frame.
WATCH = """
window.l335Violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.l335Violations.push(
  `${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));
"""


def violations(page: Page) -> list[str]:
    return [text for frame in page.frames for text in frame.evaluate("window.l335Violations ?? []")]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_does_what_its_policy_forbids(screen: Screen, path: str) -> None:
    screen.page.add_init_script(WATCH)
    screen.open(path)
    assert violations(screen.page) == []


def test_the_policy_is_at_work(screen: Screen) -> None:
    page = screen.page
    page.add_init_script(WATCH)
    screen.open("/runs")
    ran = page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.l335Ran = true";
          document.head.append(script);
          return window.l335Ran ?? false;
        }"""
    )
    assert not ran
    assert [text for text in violations(page) if text.startswith("script-src-elem: inline")]
    [said] = screen.complaints
    assert "Content Security Policy" in said
    screen.complaints.clear()


def test_no_other_site_shows_a_page_in_a_frame(page: Page, dashboard: Dashboard) -> None:
    # A page from a file is another site than the dashboard.
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.set_content(f'<iframe src="{dashboard.url}/runs"></iframe>')


def test_the_chart_library_is_fetched_ahead_packed(screen: Screen) -> None:
    with screen.page.expect_event(
        "requestfinished", lambda request: "plotly.min.js" in request.url
    ) as fetched:
        screen.open("/")
    request: Request = fetched.value
    response = request.response()
    assert response is not None
    assert response.header_value("content-encoding") == "gzip"
    assert request.sizes()["responseBodySize"] < 2_000_000
