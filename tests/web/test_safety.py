"""Every answer of the dashboard carries its headers: pages, files, routes, refusals and faults."""

from __future__ import annotations

import re

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from l335.export.report.html import script_sources
from l335.web.chart_library import plotly_js
from l335.web.no_page import NoPage, failed
from l335.web.safety import SafetyHeaders, sha256_source
from tests.browser.dashboard_process import Dashboard


def get(app: object, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return anyio.run(ask)


def directives(response: httpx.Response) -> dict[str, list[str]]:
    parts = response.headers["content-security-policy"].split("; ")
    return {name: sources for name, *sources in (part.split() for part in parts)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status", "host"),
    [
        ("/", 200, "localhost"),
        ("/runs", 200, "localhost"),
        ("/runs/", 301, "localhost"),
        ("/favicon.png", 200, "localhost"),
        ("/plotly.min.js", 200, "localhost"),
        ("/healthz", 200, "lab.example.org:8443"),
        ("/api/runs/x/metrics", 400, "localhost"),
        ("/_stcore/agent/x", 404, "localhost"),
        ("/", 403, "evil.example"),
    ],
)
def test_every_answer_has_the_headers(
    dashboard: Dashboard, path: str, status: int, host: str
) -> None:
    for accept in ("text/html", "*/*"):
        headers = {"accept": accept, "host": host}
        response = httpx.get(dashboard.url + path, headers=headers, timeout=60)
        assert response.status_code == status
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        found = directives(response)
        assert found["default-src"] == ["'self'"]
        assert found["frame-ancestors"] == ["'self'"]
        assert found["object-src"] == ["'none'"]
        assert "'unsafe-inline'" not in found["script-src"]
        elsewhere = {source for sources in found.values() for source in sources if "//" in source}
        assert elsewhere <= {f"ws://{host}", f"wss://{host}"}


@pytest.mark.slow
def test_a_page_runs_the_scripts_inside_it_and_those_of_a_report(dashboard: Dashboard) -> None:
    address = f"{dashboard.url}/report"
    response = httpx.get(address, headers={"accept": "text/html"}, timeout=60)
    sources = directives(response)["script-src"]
    inside = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    assert len(inside) == 2
    assert {sha256_source(script) for script in inside} <= set(sources)
    # The same library stands in the report as it is served to charts.
    assert sha256_source(plotly_js()) in script_sources()
    assert set(script_sources()) <= set(sources)


def test_an_answer_keeps_what_it_says_itself() -> None:
    async def strict(request: Request) -> Response:
        return Response(headers={"content-security-policy": "default-src 'none'"})

    app = Starlette(routes=[Route("/", strict)], middleware=[Middleware(SafetyHeaders)])
    response = get(app, "/")
    assert response.headers["content-security-policy"] == "default-src 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_fault_is_a_sentence_with_the_headers() -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("broken on purpose")

    app = Starlette(routes=[Route("/", broken)], exception_handlers={Exception: failed})
    response = get(app, "/")
    assert response.status_code == 500
    assert response.text == "The dashboard failed at this. Its log says why; try again."
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors" in directives(response)


@pytest.mark.parametrize("path", ["/", "/healthz", "/labs", "/runs"])
def test_an_address_beside_the_path_says_where_the_dashboard_is(path: str) -> None:
    app = Starlette(exception_handlers={404: NoPage("/lab")})
    response = get(app, path)
    assert response.status_code == 404
    assert "The dashboard is served under /lab/, and this address is not." in response.text
    assert "a proxy between takes the path away" in response.text
    assert get(app, f"/lab{path}").text == "Not Found"
