"""What the components on a page are told about a run."""

from __future__ import annotations

from typing import Any

from l335.core.downsampling import kept_places, means_between
from l335.core.metrics import spelt
from l335.results.views import ArtifactView, JobView, MetricsPage, RunView, Series, Snapshot

MAX_POINTS = 2200
"""Of each curve in one answer: a chart is not wider. A tenth more than the losses a long run
records, so that its evaluations and first step do not cost it a handful of points."""


def run_payload(run: RunView, waits_for: str = "") -> dict[str, Any]:
    """State and progress of a run, ready for JSON.

    Args:
        run: The run.
        waits_for: What the runs of this lab wait for, as a sentence.
    """
    waits = bool(waits_for) and run.state in ("queued", "running")
    return {
        "uid": run.uid,
        "state": run.state,
        "want": run.want,
        "step": run.step,
        "total_steps": run.total_steps,
        "steps_per_epoch": run.spec.steps_per_epoch,
        "samples_per_epoch": run.spec.samples_per_epoch,
        "samples_per_batch": run.spec.samples_per_batch,
        "train_seconds": run.train_seconds,
        "seconds_left": run.seconds_left,
        "error_text": run.error_text,
        "waits_for": f"{waits_for} The run waits and goes on by itself." if waits else "",
        "attempt": run.attempt,
        "queue_position": run.queue_position,
        "summary": spelt(run.summary),
    }


def metrics_payload(
    page: MetricsPage, previews: dict[str, ArtifactView], prefix: str, waits_for: str = ""
) -> dict[str, Any]:
    """The answer of the metrics route: what is new since the sequence number asked for."""
    return {
        "run": run_payload(page.run, waits_for),
        "series": {key: _thinned(series) for key, series in page.series.items()},
        "previews": {
            name: {
                "url": _url(preview, prefix),
                "step": preview.step,
                "is_exact": preview.media_type != "image/jpeg",
            }
            for name, preview in previews.items()
        },
        "last_seq": page.last_seq,
        "more": page.more,
    }


def series_payload(series: Series) -> dict[str, Any]:
    """Points ready for JSON; those that are no finite numbers read ``nan``, ``inf``, ``-inf``."""
    values = ["nan" if value is None else spelt(value) for value in series.value]
    return {"step": series.step, "value": values, "wall": series.wall}


def _thinned(series: Series) -> dict[str, Any]:
    # `num_recorded` is how many points these stand for; `mean`, where some are left out, is what a
    # running mean is made from.
    places = kept_places(series.value, MAX_POINTS)
    kept = series.at(places)
    answer = series_payload(kept)
    answer["num_recorded"] = len(series.step)
    if len(places) < len(series.step):
        answer["mean"] = means_between(series.value, places)
    return answer


def snapshots_payload(run: RunView, snapshots: list[Snapshot], prefix: str) -> dict[str, Any]:
    """The recorded course of a run, oldest step first."""
    return {
        "run": run_payload(run),
        "snapshots": [
            {
                "step": one.step,
                "epoch": run.spec.epochs_at(one.step),
                "evaluation": _url(one.evaluation, prefix) if one.evaluation else None,
                "parts": {name: _url(part, prefix) for name, part in one.parts.items()},
            }
            for one in snapshots
        ],
    }


def look_payload(job: JobView, prefix: str) -> dict[str, Any]:
    """State of a look, and where its products are."""
    return {
        "state": job.state,
        "share": job.share,
        "ahead": job.num_ahead,
        "error": job.error_text or None,
        "products": {
            name: {"url": _url(product, prefix), "meta": product.meta}
            for name, product in job.products.items()
        },
    }


def waiting_payload(job: JobView) -> dict[str, Any]:
    """A look that is worked on or waits, for the list of them."""
    return {
        "look": job.uid,
        "run": job.run_uid,
        "kind": job.kind,
        "state": job.state,
        "share": job.share,
        "ahead": job.num_ahead,
        "is_large": job.is_large,
        "asked_at": job.asked_at.timestamp(),
    }


def _url(artifact: ArtifactView, prefix: str) -> str:
    return f"{prefix}/api/artifacts/{artifact.uid}"
