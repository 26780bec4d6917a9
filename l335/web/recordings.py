"""Routes for recorded runs, which the live view shows again on a clock of its own."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from l335.export.recordings import Recording, bundled, recording_of
from l335.service.current import current_lab
from l335.web.payload import run_payload, series_payload
from l335.web.requests import uid_of


async def bundled_recording(request: Request) -> Response:
    """``GET /api/recordings/LAB``: the runs of the recording that came with a lab."""
    name = str(request.path_params["lab"])
    answer = await to_thread.run_sync(lambda: recording_payload(bundled(name)))
    return JSONResponse(answer, headers={"Cache-Control": "max-age=3600"})


async def sweep_recording(request: Request) -> Response:
    """``GET /api/sweeps/UID/recording``: the runs of a sweep of this machine, downsampled."""
    uid = uid_of(request)
    answer = await to_thread.run_sync(lambda: recording_payload(recording_of(current_lab(), uid)))
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def recording_payload(recording: Recording) -> dict[str, Any]:
    """What the live view needs of a recording, ready for JSON."""
    return {
        "runs": {
            run.uid: {
                "run": run_payload(run),
                "series": {
                    key: series_payload(series) for key, series in recording.series[run.uid].items()
                },
            }
            for run in recording.sweep.runs
        }
    }
