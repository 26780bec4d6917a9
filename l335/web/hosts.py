"""Under which names the dashboard answers, and which pages may open its websocket.

Whoever owns a domain can point one of its names at this machine, even at 127.0.0.1. A browser
then takes that site and the dashboard for one, and a page of theirs may ask for everything. So a
name must be one of the installation's own. An address in digits can't be pointed anywhere, and
every one is answered.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from l335.core.settings import Settings, split_hosts

FORBIDDEN = 403
MAX_TOLD = 100  # different refusals in the log; pages that are refused ask again and again

_HEADER = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

logger = logging.getLogger(__name__)


class HostNames:
    """ASGI middleware that refuses requests under foreign names, and websockets of other sites."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._names = [*split_hosts(settings.hosts), settings.host.lower()]
        self._own: frozenset[str] | None = None
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be asked; answer everything else with a sentence."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        problem = await self._problem(scope)
        if not problem:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _refusal(scope, problem)(scope, receive, send)
        else:
            self._tell(problem)
            await WebSocket(scope, receive, send).close()

    def _tell(self, problem: str) -> None:
        if problem not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(problem)
            logger.warning(problem)

    async def _problem(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if host and not await self._is_answered(host):
            return _foreign_name(host)
        if scope["type"] == "websocket" and not (origin is None or is_own_page(origin, host)):
            return (
                f"A page opened at {_shown(origin)} asks for its websocket under the name "
                f"{_shown(host)}, so it is refused and stays empty. A proxy between must pass on "
                "name and port as they came; for nginx: proxy_set_header Host $http_host;"
            )
        return ""

    async def _is_answered(self, host: str) -> bool:
        name = host_name(host)
        if name is None:
            return False
        if is_local_name(name) or _is_address(name) or self._is_set(name):
            return True
        if self._own is None:
            self._own = await to_thread.run_sync(machine_names)
        return name in self._own

    def _is_set(self, name: str) -> bool:
        return any(
            pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
            for pattern in self._names
        )


def host_name(header: str) -> str | None:
    """The name in a ``Host`` header, without port and in lower case; None where there is none."""
    found = _HEADER.fullmatch(header)
    return found[1].lower().rstrip(".") if found else None


def is_own_page(origin: str, host: str) -> bool:
    """Whether a page of this origin is the dashboard's own: it asks where it was opened.

    Other programs of this very machine have pages too, so ``localhost`` on another port is no
    exception.

    Args:
        origin: The ``Origin`` header, such as ``https://lab.example.org:8443``.
        host: The ``Host`` header. A proxy may name the scheme's usual port in it, a browser
            leaves that out of both.
    """
    parts = urlsplit(origin.lower())
    usual = _DEFAULT_PORTS.get(parts.scheme)
    if usual is None or not parts.netloc:
        return False
    return parts.netloc.removesuffix(usual) == host.lower().removesuffix(usual)


def is_local_name(name: str) -> bool:
    """Whether every browser takes this name for the machine it runs on."""
    return name == "localhost" or name.endswith(".localhost")


def machine_names() -> frozenset[str]:
    """What this machine calls itself, alone, in its domain and in the local network.

    It may ask a name server, and so take seconds.
    """
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    names = {name, short, f"{short}.local"}
    try:
        found = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)
    except OSError:
        return frozenset(names)  # it has no domain, or the network is away
    return frozenset(names | {entry[3].lower().rstrip(".") for entry in found if entry[3]})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _foreign_name(host: str) -> str:
    name = host_name(host)
    if name is None:
        return f"`{_shown(host)}` is not a name the dashboard could have."
    return (
        f"The dashboard does not answer to the name {name[:100]}. If that is its name, set "
        f"L335_HOSTS={name[:100]} where it is started, and start it again."
    )


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:100])


def _refusal(scope: Scope, problem: str) -> Response:
    if "text/html" in HTTPConnection(scope).headers.get("accept", ""):
        return PlainTextResponse(problem, FORBIDDEN)
    return JSONResponse({"error": problem}, FORBIDDEN)
