"""One setting moves everything below a path: pages, routes, health checks, links, downloads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from l335.core.settings import ROOT, STREAMLITS_BASE_PATH
from l335.ui.visitor import Tab
from tests.browser.dashboard_process import Dashboard
from tests.dashboard import use
from tests.installation import eventually

pytestmark = pytest.mark.slow

HTML = {"accept": "text/html"}


def test_pages_routes_and_files_are_below_the_path(dashboard: Dashboard) -> None:
    prefix = dashboard.settings.base_path
    with httpx.Client(base_url=dashboard.url, headers=HTML, timeout=60) as client:
        assert client.get("/healthz").json()["status"] == "ok"
        page = client.get("/runs").text
        assert f'BACKEND_BASE_URL: location.origin + "{prefix}/"' in page
        [library] = re.findall(r'<link rel="prefetch" as="script" href="([^"]+)">', page)
        assert library.startswith(f"{prefix}/plotly.min.js?v=")
        [script] = re.findall(r'<script type="module" crossorigin src="\.(/static/[^"]+)"', page)
        assert "javascript" in client.get(script).headers["content-type"]
        assert client.get("/api/test-labels").json()["names"]
        assert client.get("/runs/").headers["location"] == f"{prefix}/runs"


def test_a_page_opens_its_websocket_below_the_path(dashboard: Dashboard) -> None:
    async def open_and_close() -> None:
        tab = Tab(dashboard.url, "runs")
        await tab.open()
        await tab.close()

    anyio.run(open_and_close)


def test_the_library_is_packed_for_a_browser_that_fetches_it_ahead(dashboard: Dashboard) -> None:
    # What Chromium sends for <link rel="prefetch">.
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "sec-purpose": "prefetch"}
    with httpx.stream(
        "GET", f"{dashboard.url}/plotly.min.js", headers=headers, timeout=60
    ) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert sum(map(len, response.iter_raw())) < 2_000_000


def test_the_containers_health_check_follows(dashboard: Dashboard) -> None:
    found = re.findall(r"^    CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    words = [sys.executable, *json.loads(found[-1])[1:]]
    port = {"L335_PORT": str(dashboard.port)}

    def status(**settings: str) -> int:
        done = subprocess.run(words, env=os.environ | port | settings, capture_output=True)
        return done.returncode

    path = dashboard.settings.base_path
    for text in {path, path.strip("/"), f"{path}/"}:
        assert status(L335_BASE_PATH=text) == 0
    assert status(**{STREAMLITS_BASE_PATH: path}) == 0
    if path:
        assert status(L335_BASE_PATH="") != 0


@pytest.mark.parametrize("dashboard", ["/lab"], ids=["path"], indirect=True)
def test_an_address_beside_the_path_leads_there(dashboard: Dashboard) -> None:
    root = f"http://127.0.0.1:{dashboard.port}"
    for path in ("/", "/healthz", "/runs"):
        answer = httpx.get(root + path, headers=HTML, timeout=60)
        assert answer.status_code == 404
        assert "The dashboard is served under /lab/" in answer.text
    # Without scheme and host, which are others before a proxy.
    moved = httpx.get(f"{root}/lab?run=1", headers=HTML, timeout=60)
    assert moved.headers["location"] == "/lab/?run=1"


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        (["-m", "uvicorn", "app:app", "--port"], STREAMLITS_BASE_PATH),
        (["-m", "streamlit", "run", "app.py", "--server.port"], "L335_BASE_PATH"),
    ],
    ids=["uvicorn", "streamlit"],
)
def test_both_variables_count_whichever_server_starts_it(
    command: list[str],
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free_port: int,
) -> None:
    use(tmp_path, monkeypatch)
    monkeypatch.setenv(variable, "course/lab")
    process = subprocess.Popen(
        [sys.executable, *command, str(free_port)],
        cwd=ROOT,
        env=os.environ,
    )

    def answers(path: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{free_port}{path}", timeout=60).text == "ok"
        except httpx.HTTPError:
            return False

    try:
        eventually(lambda: answers("/course/lab/_stcore/health"), 60, "Streamlit below its path")
        page = httpx.get(f"http://127.0.0.1:{free_port}/course/lab/runs", headers=HTML, timeout=60)
        assert 'BACKEND_BASE_URL: location.origin + "/course/lab/"' in page.text
        assert not answers("/_stcore/health")
    finally:
        process.terminate()
        process.wait(30)
