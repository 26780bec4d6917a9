"""Tells the page's script where its server is.

Streamlit's script guesses: opened at ``/runs`` it first looks below ``/runs/``, and the browser's
console shows two errors before it asks at the root. The address written into the page saves the
guess; the script reads it from ``window.__streamlit``. Were that name to change in a later
Streamlit, the guessing would come back and nothing else.
"""

from __future__ import annotations

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from l335.web.routes import plotly_url

TITLE = b"<title>Streamlit</title>"
NOT_FORWARDED = ("accept-encoding", "if-none-match", "if-modified-since")


class IndexPage:
    """ASGI middleware that completes the one HTML page of the dashboard."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        address = f"location.origin + {json.dumps(prefix + '/')}"
        script = f"<script>window.__streamlit = {{ BACKEND_BASE_URL: {address} }}</script>"
        # Fetched while nothing else is: the first page with charts need not wait for 1.4 MB.
        ahead = f'<link rel="prefetch" as="script" href="{plotly_url(prefix)}">'
        self._head = b"<head>" + (script + ahead).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a page asked for by a browser comes back completed."""
        is_page = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        if not is_page:
            await self.app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in NOT_FORWARDED:  # the page is needed whole and as plain text
            del headers[name]
        completed = _Completed(send, self._head)
        await self.app({**scope, "headers": headers.raw}, receive, completed)


class _Completed:
    def __init__(self, send: Send, head: bytes) -> None:
        self._send, self._head = send, head
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
        body = self._body.replace(b"<head>", self._head, 1)
        body = body.replace(TITLE, b"<title>L335 Lab</title>", 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified", "accept-ranges"):
            del headers[name]
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
