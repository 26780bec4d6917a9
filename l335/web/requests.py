"""What every route checks of a request, and the sentences it refuses one with."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from l335.core.disk import Unusable
from l335.core.errors import LabError, NotFound, SpecError
from l335.store.jobs import TooMany
from l335.store.trouble import StoreBroken
from l335.web.hosts import is_own_page

FOREVER = "public, max-age=31536000, immutable"
MAX_BODY_BYTES = 10_000

Handler = Callable[[Request], Awaitable[Response]]

_UID = re.compile(r"[0-9a-f]{32}")


class BadRequest(LabError):
    """An address, a parameter or a body that can't mean anything."""


class Refused(LabError):
    """A request from a page that is not ours, or of a wrong kind.

    Attributes:
        status: The HTTP status it is answered with.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def with_sentences(handler: Handler) -> Handler:
    """The handler with errors meant for people answered as ``{"error": sentence}``."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except NotFound as error:
            return _answer(error, 404)
        except Refused as error:
            return _answer(error, error.status)
        except (BadRequest, SpecError) as error:
            return _answer(error, 400)
        except TooMany as error:
            return _answer(error, 429)
        except Unusable as error:
            return _answer(error, 503)
        except StoreBroken as error:
            return _answer(error, 500)
        except LabError as error:
            return _answer(error, 409)

    return guarded


def _answer(error: LabError, status: int) -> Response:
    # A sentence may quote what was sent, and half a character is no UTF-8.
    sentence = str(error).encode("utf-8", "replace").decode()
    return JSONResponse({"error": sentence}, status)


def uid_of(request: Request) -> str:
    """The uid in the path.

    Raises:
        BadRequest: It is not one.
    """
    return checked_uid(str(request.path_params["uid"]))


def uids_of(request: Request, parameter: str, most: int) -> list[str]:
    """The uids listed in a query parameter, each once, in their order.

    Raises:
        BadRequest: There is none, there are more than ``most``, or one is no uid.
    """
    uids = list(dict.fromkeys(request.query_params.get(parameter, "").split(",")))
    if uids == [""] or len(uids) > most:
        raise BadRequest(f"`{parameter}` must list 1 to {most} addresses, with commas between.")
    return [checked_uid(uid) for uid in uids]


def checked_uid(uid: str) -> str:
    """A uid from an address.

    Raises:
        BadRequest: It is not one.
    """
    if not _UID.fullmatch(uid):
        raise BadRequest(f"`{uid[:40]}` is not an address here; it must be 32 hexadecimal digits.")
    return uid


def refuse_other_sites(request: Request) -> None:
    """Go no further with a request of another site's page; a browser always names the site.

    Raises:
        Refused: It comes from one.
    """
    origin = request.headers.get("origin")
    if origin is not None and not is_own_page(origin, request.headers.get("host", "")):
        raise Refused(
            403, f"The request comes from {origin[:100]}; only the dashboard's own pages may ask."
        )


async def same_origin_json(request: Request) -> dict[str, Any]:
    """The JSON object a page of our own has sent: fields with plain values.

    A browser sends a form or plain text across sites unasked, but JSON only after asking us,
    and it always names the site it comes from; so both are checked.

    Raises:
        Refused: It comes from another site, is not sent as JSON, or is too long.
        BadRequest: It is no JSON object, or a field holds a list or an object.
    """
    refuse_other_sites(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(
            415, f"The content type is `{media_type[:60]}`; it must be `application/json`."
        )
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refused(413, f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or lists in lists without end
        raise BadRequest("The body is not JSON; send one JSON object.") from None
    if not isinstance(values, dict):
        raise BadRequest("The body is not a JSON object; send the fields of a look.")
    for name, value in values.items():
        if isinstance(value, list | dict):
            raise BadRequest(
                f"`{name[:40]}` holds a list or an object; each field must be one plain value."
            )
    return values
