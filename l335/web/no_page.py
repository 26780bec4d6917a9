"""Answers where no page and no route has one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from l335.web.safety import SAFETY_HEADERS


class NoPage:
    """What an address without a page is told.

    Args:
        prefix: The path the dashboard is served under, empty or such as ``/lab``.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    async def __call__(self, request: Request, error: HTTPException) -> Response:
        """Say where the dashboard is, where it is asked for beside its path."""
        path = request.scope["path"]
        if not self._prefix or path == self._prefix or path.startswith(self._prefix + "/"):
            return PlainTextResponse(error.detail, error.status_code, error.headers)
        # A redirection would go round for ever behind a proxy that takes the path away.
        return PlainTextResponse(
            f"The dashboard is served under {self._prefix}/, and this address is not. Open "
            f"{self._prefix}/ on this server. If that is what you opened, a proxy between takes "
            "the path away and must leave it as it is.",
            error.status_code,
        )


async def failed(request: Request, error: Exception) -> Response:
    """What a fault in the dashboard is answered with; the server's log has the rest."""
    # It is sent from outside the middleware that adds these headers.
    return PlainTextResponse(
        "The dashboard failed at this. Its log says why; try again.", 500, SAFETY_HEADERS
    )
