from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from l335.web.routes import routes
from tests.browser.dashboard_process import Dashboard
from tests.dashboard import Trained, trained, use
from tests.installation import prepare

__all__ = ["trained"]


class Client:
    """Asks the routes, without a server between."""

    def __init__(self, prefix: str = "") -> None:
        self._transport = httpx.ASGITransport(Starlette(routes=routes(prefix)))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._send("GET", path, options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._send("POST", path, options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self._send("DELETE", path, options)

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async def ask() -> httpx.Response:
            base = "http://lab"
            async with httpx.AsyncClient(transport=self._transport, base_url=base) as client:
                return await client.request(method, path, **options)

        return anyio.run(ask)


@pytest.fixture
def client(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Client:
    use(trained.lab.settings.data_dir, monkeypatch)
    return Client()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", params=["", "/lab"], ids=["root", "path"])
def dashboard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The real dashboard as it stands behind a proxy, at the root and under a path."""
    folder = prepare(tmp_path_factory.mktemp("behind"))
    dashboard = Dashboard(folder, base_path=request.param, hosts="lab.example.org")
    try:
        dashboard.start()
        yield dashboard
    finally:
        dashboard.close()
