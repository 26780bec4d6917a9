"""Routes for looking inside a run: its snapshots, looks made by workers, and test images."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from l335.data.datasets import CLASS_NAMES, NUM_TEST_IMAGES, test_image, test_labels
from l335.service.current import current_lab
from l335.service.visitors import visitor_at
from l335.web.payload import look_payload, snapshots_payload, waiting_payload
from l335.web.requests import (
    FOREVER,
    BadRequest,
    refuse_other_sites,
    same_origin_json,
    uid_of,
)

MAX_STRIP_IMAGES = 200


async def snapshots(request: Request, prefix: str) -> Response:
    """Steps at which a run was recorded, and where the evaluation of each is."""
    uid = uid_of(request)

    def read() -> dict[str, Any]:
        lab = current_lab()
        return snapshots_payload(lab.run(uid), lab.snapshots(uid), prefix)

    answer = await to_thread.run_sync(read)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def ask(request: Request) -> Response:
    """Queue a look at a run; the same question asked again is the same look."""
    uid = uid_of(request)
    values = await same_origin_json(request)
    kind = values.pop("kind", None)
    if not isinstance(kind, str):
        raise BadRequest("`kind` is missing; it must be the name of a look, as `feature_maps`.")
    visitor = visitor_at(request.client.host if request.client else None)
    look = await to_thread.run_sync(
        lambda: current_lab().analyses.request(uid, kind, values, asked_by=visitor)
    )
    return JSONResponse({"look": look}, headers={"Cache-Control": "no-store"})


async def look(request: Request, prefix: str) -> Response:
    """How far a look is, and its products once it is done."""
    uid = uid_of(request)
    job = await to_thread.run_sync(lambda: current_lab().analyses.one(uid))
    return JSONResponse(look_payload(job, prefix), headers={"Cache-Control": "no-store"})


async def unfinished(request: Request) -> Response:
    """``GET /api/looks``: every look that is worked on or waits, in the order of their turns."""
    jobs = await to_thread.run_sync(lambda: current_lab().analyses.unfinished())
    answer = {"looks": [waiting_payload(job) for job in jobs]}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def cancel(request: Request) -> Response:
    """``DELETE /api/looks/UID``: end a look; one that is over stays as it is."""
    refuse_other_sites(request)
    uid = uid_of(request)
    await to_thread.run_sync(lambda: current_lab().analyses.cancel(uid))
    return JSONResponse({"look": uid}, headers={"Cache-Control": "no-store"})


async def image_strip(request: Request) -> Response:
    """Test images side by side, [28, 28 n] grey; PNG."""
    indices = _indices(request.query_params.get("indices", ""))
    data = await to_thread.run_sync(lambda: _strip(current_lab().settings.data_dir, indices))
    return Response(data, media_type="image/png", headers={"Cache-Control": FOREVER})


async def labels(request: Request) -> Response:
    """True class of every test image, and the names of the classes."""
    data = await to_thread.run_sync(lambda: _labels(current_lab().settings.data_dir))
    headers = {"Cache-Control": FOREVER}
    return Response(data, media_type="application/json", headers=headers)


def _indices(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > MAX_STRIP_IMAGES:
        raise BadRequest(
            f"`indices` names {len(parts):,} images; it may name {MAX_STRIP_IMAGES} at most."
        )
    for part in parts:
        is_number = part.isascii() and part.isdigit() and len(part) <= 5
        if not is_number or int(part) >= NUM_TEST_IMAGES:
            raise BadRequest(
                f"`indices` holds `{part[:20]}`; each must be a whole number between 0 and "
                f"{NUM_TEST_IMAGES - 1:,}, with commas between."
            )
    return [int(part) for part in parts]


def _strip(data_dir: Path, indices: list[int]) -> bytes:
    pixels: NDArray[np.uint8] = np.hstack([test_image(data_dir, index) for index in indices])
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def _labels(data_dir: Path) -> bytes:
    found = test_labels(data_dir).tolist()
    return json.dumps({"names": CLASS_NAMES, "labels": found}).encode()
