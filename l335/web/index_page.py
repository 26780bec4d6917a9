"""Tells the page's script where its server is, and the browser which scripts the page may run.

Streamlit's script guesses: opened at ``/runs`` it first looks below ``/runs/``, and the browser's
console shows two errors before it asks at the root. The address written into the page saves the
guess; the script reads it from ``window.__streamlit``. Were that name to change in a later
Streamlit, the guessing would come back and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from l335.core.addresses import plotly_url
from l335.web.safety import POLICY, policy, sha256_source

TITLE = b"<title>Streamlit</title>"
NOT_FORWARDED = ("accept-encoding", "if-none-match", "if-modified-since")
NO_PAGES = ("/api/", "/_stcore/", "/component/", "/media/", "/static/")
INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class IndexPage:
    """ASGI middleware that completes the one HTML page of the dashboard.

    Args:
        app: What it passes requests on to.
        prefix: The path the dashboard is served under, empty or such as ``/lab``.
        scripts: Sources of further scripts, which frames within the page hold.
    """

    def __init__(self, app: ASGIApp, prefix: str, scripts: Sequence[str] = ()) -> None:
        self.app = app
        self._prefix, self._scripts = prefix, scripts
        address = f"location.origin + {json.dumps(prefix + '/')}"
        script = f"<script>window.__streamlit = {{ BACKEND_BASE_URL: {address} }}</script>"
        # Fetched while nothing else is: the first page with charts need not wait for 1.4 MB.
        ahead = f'<link rel="prefetch" as="script" href="{plotly_url(prefix)}">'
        self._head = b"<head>" + (script + ahead).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a page asked for by a browser comes back completed."""
        if scope["type"] != "http" or not self._is_page(scope):
            await self.app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in NOT_FORWARDED:  # the page is needed whole and as plain text
            del headers[name]
        completed = _Completed(send, self._finished, headers.get("host", ""))
        await self.app({**scope, "headers": headers.raw}, receive, completed)

    def _is_page(self, scope: Scope) -> bool:
        # Chromium asks for what it fetches ahead as if it were a page, so the path counts too.
        path = scope["path"].removeprefix(self._prefix)
        is_file = "." in path.rpartition("/")[2] or path.startswith(NO_PAGES)
        return not is_file and "text/html" in Headers(scope=scope).get("accept", "")

    def _finished(self, body: bytes, host: str) -> tuple[bytes, str]:
        body = body.replace(b"<head>", self._head, 1)
        body = body.replace(TITLE, b"<title>L335 Lab</title>", 1)
        inline = (sha256_source(script) for script in INLINE_SCRIPT.findall(body))
        return body, policy([*inline, *self._scripts], host)


class _Completed:
    def __init__(
        self, send: Send, finished: Callable[[bytes, str], tuple[bytes, str]], host: str
    ) -> None:
        self._send, self._finished, self._host = send, finished, host
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if message["status"] == 200 and kind.startswith("text/html"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body, allowed = self._finished(self._body, self._host)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers[POLICY] = allowed
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified", "accept-ranges"):
            del headers[name]
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
