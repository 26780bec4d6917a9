"""Real proxies with the configuration that docs/operations.md shows, on an unusual port.

Debian's nginx and Caddy are started here on loopback; the name in front of them is the one in the
documentation, so nothing is exempt for being local.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from websockets.exceptions import InvalidStatus

from l335.core.settings import ROOT
from l335.ui.visitor import Tab
from tests.browser.dashboard_process import Dashboard
from tests.installation import eventually

pytestmark = pytest.mark.slow

NAME = "lab.example.org"
TEXT = (ROOT / "docs/operations.md").read_text()
LOOK = {"kind": "feature_maps", "index": 3}
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}

NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.txt;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        server_name {name};
{snippet}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
}}
{snippet}
"""


def snippet(language: str, prefix: str, dashboard_port: int) -> str:
    """What the documentation shows for the root or a path, for this dashboard's port."""
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    assert all("127.0.0.1:8501" in text for text in found)
    return str(found[bool(prefix)].replace("127.0.0.1:8501", f"127.0.0.1:{dashboard_port}"))


class Proxy:
    """A proxy before a dashboard.

    Args:
        kind: ``nginx`` or ``caddy``.
        dashboard: What it passes requests on to.
        folder: Its own, for everything it writes.
        changed: Words of the snippet and what stands in their place.
    """

    def __init__(
        self, kind: str, dashboard: Dashboard, folder: Path, **changed: tuple[str, str]
    ) -> None:
        program = shutil.which(kind, path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            pytest.skip(f"no {kind} here; as root: apt-get install {PACKAGES[kind]}")
        self.prefix, self.port, self._folder = dashboard.settings.base_path, free_port(), folder
        text = snippet(kind, self.prefix, dashboard.port)
        for old, new in changed.values():
            assert old in text
            text = text.replace(old, new)
        file = folder / "configuration"
        if kind == "nginx":
            file.write_text(self._nginx(text))
            words = [program, "-e", f"{folder}/error.txt", "-p", str(folder), "-c", str(file)]
        else:
            file.write_text(self._caddy(text))
            words = [program, "run", "--adapter", "caddyfile", "--config", str(file)]
        env = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        env |= {"XDG_CONFIG_HOME": str(folder)}
        with (folder / "said.txt").open("wb") as said:
            self._process = subprocess.Popen(words, env=env, stdout=said, stderr=said)
        eventually(self._listens, 60, "a proxy that listens")

    def _nginx(self, text: str) -> str:
        # Its workers would be another user, who may not enter the folder of a test.
        user = "user root;" if os.getuid() == 0 else ""
        return NGINX.format(user=user, folder=self._folder, port=self.port, name=NAME, snippet=text)

    def _caddy(self, text: str) -> str:
        # Without a certificate, and on the port of this test.
        return CADDY.format(snippet=text.replace(NAME, f"http://{NAME}:{self.port}"))

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.said
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def said(self) -> str:
        files = [self._folder / "said.txt", self._folder / "error.txt"]
        return "".join(file.read_text() for file in files if file.exists())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    @property
    def origin(self) -> str:
        return f"http://{NAME}:{self.port}"

    def request(self, method: str, path: str, **options: object) -> httpx.Response:
        """What a browser gets that was led to the proxy by its name."""
        headers = {"host": f"{NAME}:{self.port}", "accept": "text/html", "origin": self.origin}
        address = f"http://127.0.0.1:{self.port}{self.prefix}{path}"
        return httpx.request(method, address, headers=headers, timeout=60, **options)  # type: ignore[arg-type]

    def open_page(self, path: str) -> None:
        """Open a page's websocket and wait until its script has run."""

        async def open_and_close() -> None:
            place = {"host": "127.0.0.1", "port": self.port, "proxy": None}
            tab = Tab(self.origin + self.prefix, path, origin=self.origin, **place)
            await tab.open()
            await tab.close()

        anyio.run(open_and_close)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, dashboard: Dashboard, tmp_path: Path) -> Iterator[Proxy]:
    proxy = Proxy(request.param, dashboard, tmp_path)
    yield proxy
    proxy.close()


def test_pages_come_through_and_their_websocket_opens(proxy: Proxy) -> None:
    for path in ("/", "/runs"):
        page = proxy.request("GET", path)
        assert page.status_code == 200
        assert "<title>L335 Lab</title>" in page.text
        allowed = page.headers["content-security-policy"]
        assert f"connect-src 'self' ws://{NAME}:{proxy.port} wss://{NAME}:{proxy.port};" in allowed
        proxy.open_page(path.strip("/"))


def test_routes_and_questions_come_through(proxy: Proxy) -> None:
    assert proxy.request("GET", "/healthz").json()["status"] == "ok"
    # From a page of the dashboard, so it is heard; there is only no such run.
    asked = proxy.request("POST", f"/api/runs/{'0' * 32}/looks", json=LOOK)
    assert asked.status_code == 404
    assert "There is no run" in asked.json()["error"]


@pytest.mark.parametrize("dashboard", ["/lab"], ids=["path"], indirect=True)
def test_the_bare_path_leads_to_the_first_page(proxy: Proxy) -> None:
    moved = proxy.request("GET", "")
    assert moved.status_code in (301, 302)
    assert moved.headers["location"] in ("/lab/", f"{proxy.origin}/lab/")


def test_a_proxy_that_drops_the_port_is_named_in_the_log(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    proxy = Proxy("nginx", dashboard, tmp_path, host=("$http_host", "$host"))
    try:
        with pytest.raises(InvalidStatus, match="403"):
            proxy.open_page("runs")
    finally:
        proxy.close()
    said = dashboard.log.read_text()
    assert f"A page opened at {proxy.origin} asks for its websocket under the name {NAME}," in said
    assert "for nginx: proxy_set_header Host $http_host;" in said


@pytest.mark.parametrize("dashboard", ["/lab"], ids=["path"], indirect=True)
def test_a_proxy_that_takes_the_path_away_is_told(dashboard: Dashboard, tmp_path: Path) -> None:
    proxy = Proxy(
        "nginx", dashboard, tmp_path, address=(f"{dashboard.port};", f"{dashboard.port}/;")
    )
    try:
        answer = proxy.request("GET", "/runs")
    finally:
        proxy.close()
    assert answer.status_code == 404
    assert "a proxy between takes the path away" in answer.text
