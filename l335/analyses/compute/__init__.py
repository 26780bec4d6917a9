"""Looks at a run that has trained: feature maps, single units, shifted images, upsampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from l335.analyses.compute.compression import compression
from l335.analyses.compute.feature_maps import feature_maps
from l335.analyses.compute.movie import movie
from l335.analyses.compute.neurons import neurons
from l335.analyses.compute.product import Product
from l335.analyses.compute.shifted_accuracy import shifted_accuracy
from l335.analyses.compute.unit import unit
from l335.analyses.compute.upsample import upsample
from l335.analyses.looks import UpsampleLook, look_from_dict
from l335.core.errors import LabError
from l335.engine.train import Resources
from l335.spec import ClassifySpec, FitImageSpec


def run_job(
    kind: str,
    spec: ClassifySpec | FitImageSpec,
    params: dict[str, Any],
    checkpoint: bytes,
    resources: Resources,
    report: Callable[[float], None],
) -> list[Product]:
    """Do one look at a run; ``report`` is told the share done, in [0, 1].

    Args:
        kind: Kind of a look in ``l335.analyses.looks``.
        spec: What the run did.
        params: The look's other fields; ``snapshots``, where it needs them, as (step, SHA-256).
        checkpoint: The newest checkpoint of the run.
        resources: What the look may use.
        report: Told how much is done.

    Raises:
        LabError: The kind does not fit the run, or there is no such layer, unit, image or size.
    """
    torch.set_num_threads(resources.threads)
    if isinstance(spec, ClassifySpec):
        if kind == "feature_maps":
            return feature_maps(spec, params, resources)
        if kind == "unit":
            return [unit(spec, params, resources)]
        if kind == "shifted_accuracy":
            return [shifted_accuracy(spec, checkpoint, resources, report)]
    elif kind == "upsample":
        look = look_from_dict({**params, "kind": kind})
        assert isinstance(look, UpsampleLook)
        return upsample(spec, look, checkpoint, resources, report)
    elif kind == "compression":
        return compression(spec, int(params["place"]), checkpoint, resources, report)
    elif kind == "neurons":
        return neurons(spec, params, checkpoint, resources, report)
    elif kind == "movie":
        return [movie(spec, params, resources, report)]
    raise LabError(f"A run of task `{spec.task}` has no `{kind}`.")
