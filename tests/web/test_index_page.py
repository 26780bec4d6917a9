from __future__ import annotations

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from l335.web.index_page import IndexPage

PAGE = "<!DOCTYPE html><html><head><title>Streamlit</title></head><body></body></html>"


async def page(request: Request) -> Response:
    encodings = request.headers.get("accept-encoding", "")
    return HTMLResponse(PAGE, headers={"etag": '"1"', "x-encodings": encodings})


async def in_parts(request: Request) -> Response:
    return StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")


async def data(request: Request) -> Response:
    return JSONResponse({"text": "<head>"})


async def file(request: Request) -> Response:
    return Response(b"packed", headers={"x-encodings": request.headers.get("accept-encoding", "")})


async def missing(request: Request) -> Response:
    return HTMLResponse(PAGE, 404)


def ask(path: str, prefix: str = "", accept: str = "text/html,*/*;q=0.8") -> httpx.Response:
    pages = [("/", page), ("/parts", in_parts), ("/data", data), ("/missing", missing)]
    files = ["/plotly.min.js", "/api/artifacts/x", "/static/js/x", "/media/x"]
    app = Starlette(
        routes=[
            *(Route(path, answer) for path, answer in pages),
            *(Route(prefix + path, file) for path in files),
        ],
        middleware=[Middleware(IndexPage, prefix=prefix)],
    )

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.get(path, headers={"accept": accept})

    return anyio.run(get)


@pytest.mark.parametrize("path", ["/", "/parts"])
@pytest.mark.parametrize(("prefix", "root"), [("", "/"), ("/lab", "/lab/")])
def test_a_page_learns_its_server(path: str, prefix: str, root: str) -> None:
    response = ask(path, prefix)
    address = f'BACKEND_BASE_URL: location.origin + "{root}"'
    assert response.text.startswith("<!DOCTYPE html><html><head><script>window.__streamlit")
    assert address in response.text
    assert "<title>L335 Lab</title>" in response.text
    assert response.text.endswith("</html>")
    assert int(response.headers["content-length"]) == len(response.content)


def test_a_completed_page_is_plain_and_has_no_stale_tag() -> None:
    headers = ask("/").headers
    assert headers["x-encodings"] == ""
    assert "etag" not in headers


@pytest.mark.parametrize("prefix", ["", "/lab"])
@pytest.mark.parametrize("path", ["/plotly.min.js", "/api/artifacts/x", "/static/js/x", "/media/x"])
def test_what_chromium_fetches_ahead_is_no_page(path: str, prefix: str) -> None:
    # It accepts text/html first, whatever the link says it is.
    assert "gzip" in ask(prefix + path, prefix).headers["x-encodings"]


def test_a_page_may_open_a_websocket_to_the_name_it_was_opened_under() -> None:
    policy = ask("/").headers["content-security-policy"]
    assert "connect-src 'self' ws://lab wss://lab;" in policy


def test_everything_else_passes_untouched() -> None:
    assert ask("/data").json() == {"text": "<head>"}
    assert ask("/missing").text == PAGE
    assert ask("/", accept="*/*").text == PAGE
    assert ask("/", accept="*/*").headers["etag"] == '"1"'
