"""Route for the spectra of an image run over its recorded course, and what they say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from l335.data.images.spectrum import nyquist
from l335.results.views import RunView
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import FitImageSpec
from l335.statistics.spectral_bias import course_of, sentence
from l335.web.requests import BadRequest, uid_of


async def spectra(request: Request) -> Response:
    """All recorded spectra of a run in one answer, so that moving a slider needs no other."""
    uid = uid_of(request)

    def read() -> dict[str, Any]:
        lab = current_lab()
        return spectra_payload(lab, lab.run(uid))

    answer = await to_thread.run_sync(read)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def spectra_payload(lab: Lab, run: RunView) -> dict[str, Any]:
    """Power of target, fit and error by band and step, their ratio, and the sentence on it.

    Raises:
        BadRequest: The run fits no image.
    """
    spec = run.spec
    if not isinstance(spec, FitImageSpec):
        raise BadRequest("This run classifies; only a run that fits an image has spectra.")
    found = [
        json.loads(lab.blob(one.parts["spectrum"].sha256))
        for one in lab.snapshots(run.uid)
        if "spectrum" in one.parts
    ]
    course = course_of(found)
    relative = [] if course is None else course.relative.tolist()
    return {
        "steps": [] if course is None else course.steps,
        "bands": found[0]["bands"] if found else [],
        "edges": found[0]["edges"] if found else [],
        "target": found[0]["target"] if found else [],
        "fit": [one["fit"] for one in found],
        "error": [one["error"] for one in found],
        "relative": [[value if np.isfinite(value) else None for value in row] for row in relative],
        "nyquist": nyquist(*spec.fitted_size),
        "sigma": getattr(spec.encoding, "sigma", None),
        "sentence": sentence(found),
    }
