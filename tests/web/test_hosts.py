"""Which names the dashboard answers to, asked as browsers, proxies and scripts ask."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from l335.core.settings import Settings
from l335.web.hosts import HostNames, is_own_page, machine_names

NAMES = "lab.example.org, *.example.net"


async def page(request: Request) -> Response:
    return PlainTextResponse("here")


async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def app(hosts: str = NAMES, host: str = "127.0.0.1") -> Starlette:
    settings = Settings(data_dir=Path("unused"), hosts=hosts, host=host)
    return Starlette(
        routes=[Route("/", page), WebSocketRoute("/stream", stream)],
        middleware=[Middleware(HostNames, settings=settings)],
    )


def ask(served: Starlette, host: str, accept: str = "*/*") -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(served)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/", headers={"host": host, "accept": accept})

    return anyio.run(get)


def open_socket(served: Starlette, host: str, origin: str | None) -> str:
    """The type of the first message a websocket is answered with."""
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope = {
        "type": "websocket",
        "path": "/stream",
        "headers": headers,
        "query_string": b"",
        "subprotocols": [],
    }
    answers: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        answers.append(message["type"])

    async def connect() -> None:
        await served(scope, receive, send)

    anyio.run(connect)
    return answers[0]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "LOCALHOST.",
        "lab.localhost:8501",
        "127.0.0.1:8501",
        "127.3.2.1",
        "[::1]:8501",
        "192.168.7.9:8501",
        "[2001:db8::7]",
        "lab.example.org",
        "Lab.Example.org:8443",
        "a.b.example.net",
        "",
    ],
)
def test_own_names_and_addresses_in_digits_are_answered(host: str) -> None:
    assert ask(app(), host).text == "here"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "example.net",
        "evilexample.net",
        "lab.example.org.evil.example:8443",
        "notlocalhost",
    ],
)
def test_a_foreign_name_is_told_what_to_set(host: str) -> None:
    name = host.partition(":")[0]
    answer = ask(app(), host, "text/html")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")
    assert f"does not answer to the name {name}." in answer.text
    assert f"set L335_HOSTS={name} where it is started" in answer.text
    assert ask(app(), host).json() == {"error": answer.text}


@pytest.mark.parametrize(
    "host", ["a b", "*", "<script>", "x:y", "x:", "[::1", "user@lab.example.org"]
)
def test_what_is_no_name_is_refused_without_advice(host: str) -> None:
    answer = ask(app(), host)
    assert answer.status_code == 403
    assert "is not a name the dashboard could have" in answer.json()["error"]


def test_the_machines_names_and_the_one_it_listens_on_are_answered() -> None:
    assert {socket.gethostname().lower()} <= machine_names()
    for name in machine_names():
        assert ask(app(hosts=""), f"{name}:8501").text == "here"
    assert ask(app(hosts="", host="gpu.example.org"), "gpu.example.org:8501").text == "here"


def test_a_star_answers_to_any_name() -> None:
    assert ask(app(hosts="*"), "evil.example").text == "here"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8501", "localhost:8501"),
        ("http://lab.example.org:8143", "lab.example.org:8143"),
        ("https://lab.example.org", "lab.example.org"),
        ("https://Lab.example.org", "lab.example.org:443"),
        ("http://lab.example.org", "lab.example.org:80"),
        ("http://[::1]:8501", "[::1]:8501"),
        (None, "lab.example.org"),
    ],
)
def test_a_page_of_the_same_place_opens_the_websocket(origin: str | None, host: str) -> None:
    assert origin is None or is_own_page(origin, host)
    assert open_socket(app(), host, origin) == "websocket.accept"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "localhost:8501"),
        ("http://localhost.evil.example:8501", "localhost:8501"),
        ("http://lab.example.org:8143", "lab.example.org"),
        ("https://lab.example.org", "lab.example.org:80"),
        ("https://lab.example.org:8443", "lab.example.org:443"),
        ("http://192.168.7.9:9000", "192.168.7.9:8501"),
        ("http://localhost:3000", "localhost:8501"),
        ("http://localhost:8501", "127.0.0.1:8501"),
        ("file://", "localhost:8501"),
        ("null", "localhost:8501"),
        ("", "localhost:8501"),
    ],
)
def test_a_page_of_another_place_does_not(
    origin: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert not is_own_page(origin, host)
    with caplog.at_level(logging.WARNING):
        assert open_socket(app(), host, origin) == "websocket.close"
    assert f"A page opened at {origin} asks for its websocket under the name {host}" in caplog.text
    assert "proxy_set_header Host $http_host;" in caplog.text


def test_a_page_that_asks_again_and_again_is_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    served = app()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert open_socket(served, "evil.example", "http://evil.example") == "websocket.close"
    assert caplog.text.count("L335_HOSTS=evil.example") == 1
