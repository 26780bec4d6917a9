"""Routes beside the pages: live metrics, artifacts, looks, health, and the chart library.

They share the event loop with every open page, so whatever reads the store or the disk runs in
a thread.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from l335.disk import Unusable
from l335.errors import NotFound
from l335.images import SUFFIXES
from l335.lab.waiting import waits_for
from l335.views import ArtifactView
from l335.web import looking
from l335.web.chart_library import plotly
from l335.web.current import current_lab
from l335.web.export import metrics_csv
from l335.web.payload import metrics_payload
from l335.web.recordings import bundled_recording, sweep_recording
from l335.web.requests import FOREVER, BadRequest, Handler, checked_uid, uid_of, with_sentences
from l335.web.spectra import spectra

MAX_AT_ONCE = 32  # runs in one answer; live_view/questions.js asks for no more
MAX_ROWS = 200_000  # of a run in one answer; it bounds the memory an answer takes
SAVED_BY_HAND = {"reconstruction", "error", "original"}
"""Pictures of a run, which people save from the page."""


def routes(prefix: str = "") -> list[BaseRoute]:
    """All routes, below the path the dashboard is served under."""
    handlers: dict[str, Handler] = {
        "/healthz": _healthz,
        "/plotly.min.js": plotly,
        "/api/metrics": partial(_metrics_of_many, prefix=prefix),
        "/api/runs/{uid}/metrics": partial(_metrics, prefix=prefix),
        "/api/artifacts/{uid}": _artifact,
        "/api/metrics.csv": metrics_csv,
        "/api/runs/{uid}/snapshots": partial(looking.snapshots, prefix=prefix),
        "/api/runs/{uid}/spectra": spectra,
        "/api/recordings/{lab}": bundled_recording,
        "/api/sweeps/{uid}/recording": sweep_recording,
        "/api/looks": looking.unfinished,
        "/api/looks/{uid}": partial(looking.look, prefix=prefix),
        "/api/test-images": looking.image_strip,
        "/api/test-labels": looking.labels,
    }
    ask = Route(f"{prefix}/api/runs/{{uid}}/looks", with_sentences(looking.ask), methods=["POST"])
    cancel = Route(
        f"{prefix}/api/looks/{{uid}}", with_sentences(looking.cancel), methods=["DELETE"]
    )
    return [
        *([Route(prefix, partial(_first_page, prefix=prefix))] if prefix else []),
        ask,
        cancel,
        *(Route(prefix + path, with_sentences(handler)) for path, handler in handlers.items()),
    ]


async def _first_page(request: Request, prefix: str) -> Response:
    # Streamlit's own redirection names scheme and host, which are others before a proxy.
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{prefix}/{query}")


def _after(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadRequest(
            f"`after` is `{text[:40]}`; it must be a whole number, 0 or more: "
            "the `last_seq` of the answer before."
        )
    return int(text)


def _news(uid: str, after: int, prefix: str) -> dict[str, Any]:
    lab = current_lab()
    page = lab.metrics(uid, after=after, limit=MAX_ROWS)
    has_previews = page.run.task == "fit-image"
    previews = lab.previews(uid) if has_previews else {}
    reason = "" if page.run.is_over else waits_for(lab)
    return metrics_payload(page, previews, prefix, reason)


async def _metrics(request: Request, prefix: str) -> Response:
    uid, after = uid_of(request), _after(request.query_params.get("after", "0"))
    answer = await to_thread.run_sync(_news, uid, after, prefix)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def _metrics_of_many(request: Request, prefix: str) -> Response:
    """``?after=UID:SEQ,UID:SEQ``: the answers of the route of one run, in this order.

    The answer for a run that does not exist is ``{"error": sentence}``.
    """
    asked = [one.partition(":") for one in request.query_params.get("after", "").split(",")]
    if len(asked) > MAX_AT_ONCE:
        raise BadRequest(f"`after` names {len(asked)} runs; at most {MAX_AT_ONCE} are answered.")
    cursors = [(checked_uid(uid), _after(after or "0")) for uid, _, after in asked]

    def read() -> list[dict[str, Any]]:
        return [_news_or_error(uid, after, prefix) for uid, after in cursors]

    answers = await to_thread.run_sync(read)
    return JSONResponse({"answers": answers}, headers={"Cache-Control": "no-store"})


def _news_or_error(uid: str, after: int, prefix: str) -> dict[str, Any]:
    try:
        return _news(uid, after, prefix)
    except NotFound as error:  # gone or unreadable: the other runs' curves go on
        return {"error": str(error)}


async def _artifact(request: Request) -> Response:
    uid = uid_of(request)

    def read() -> tuple[bytes, ArtifactView]:
        lab = current_lab()
        artifact = lab.artifact(uid)
        return lab.blob(artifact.sha256), artifact

    data, artifact = await to_thread.run_sync(read)
    headers = {"Cache-Control": FOREVER}
    if artifact.name in SAVED_BY_HAND:
        # What the file is called where it is saved; links to other files name them themselves.
        name = f"{artifact.name}-step-{artifact.step}{SUFFIXES[artifact.media_type]}"
        headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(data, media_type=artifact.media_type, headers=headers)


async def _healthz(request: Request) -> Response:
    def look() -> bool:
        lab = current_lab()
        lab.count_runs()
        if reason := waits_for(lab):
            raise Unusable(reason)
        return lab.runner_alive()

    runner = await to_thread.run_sync(look)
    return JSONResponse({"status": "ok", "runner": "alive" if runner else "starting"})
