"""Headers that tell a browser what the dashboard's pages may do, on every answer."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "content-security-policy"


def policy(scripts: Iterable[str] = (), host: str = "") -> str:
    """The content security policy: everything from the dashboard itself, nothing from elsewhere.

    Args:
        scripts: Sources of scripts that stand inside a page, as ``sha256_source`` gives them.
        host: Name and port the page was opened under. Browsers before 2022 do not count a
            websocket to the same place as ``'self'``.
    """
    sockets = f" ws://{host} wss://{host}" if host else ""
    # Streamlit loads the scripts of components from blobs and its messages need WebAssembly;
    # Plotly writes programs for parallel coordinates while it draws. Styles stand in the page.
    own = " ".join(["script-src 'self' blob: 'unsafe-eval'", *scripts])
    return "; ".join(
        [
            "default-src 'self'",
            own,
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


SAFETY_HEADERS = {
    POLICY: policy(),
    "referrer-policy": "same-origin",  # addresses name runs, and need not be told elsewhere
    "x-content-type-options": "nosniff",
}


def sha256_source(script: str | bytes) -> str:
    """How a policy names a script that stands inside a page: ``'sha256-...'``."""
    data = script.encode() if isinstance(script, str) else script
    return f"'sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}'"


class SafetyHeaders:
    """ASGI middleware that adds the headers where an answer does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; every answer goes out with the headers."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                for name, value in SAFETY_HEADERS.items():
                    headers.setdefault(name, value)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self.app(scope, receive, send_safely)
