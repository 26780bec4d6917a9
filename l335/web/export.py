"""The points of runs as one table, for spreadsheets and pandas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from l335.core.addresses import MAX_RUNS
from l335.core.tables import cell_text, csv_text
from l335.results.views import RunView, Series
from l335.service import Lab
from l335.service.current import current_lab
from l335.web.requests import uids_of

COLUMNS = ["run", "title", "seed", "metric", "step", "epoch", "samples", "seconds", "value"]


async def metrics_csv(request: Request) -> Response:
    """``GET /api/metrics.csv?runs=UID,UID``: one line for each point, as ``COLUMNS`` say.

    ``seconds`` is training time; a value that was no finite number reads
    ``nan``, ``inf`` or ``-inf``. Where a run went on
    from a checkpoint, only the points that count are here.
    """
    uids = uids_of(request, "runs", MAX_RUNS)
    lab = current_lab()
    runs = await to_thread.run_sync(lambda: [lab.run(uid) for uid in uids])
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(runs)}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(csv_parts(lab, runs), media_type="text/csv", headers=headers)


def file_name(runs: list[RunView]) -> str:
    """A name that says what is inside: ``cnn-lr-0.01-batch-64-seed-3.csv``, ``3-runs.csv``."""
    if len(runs) > 1:
        return f"{len(runs)}-runs.csv"
    words = re.sub(r"[^a-z0-9.]+", "-", f"{runs[0].title} seed {runs[0].seed}".lower())
    return f"{words.strip('-.')[:80]}.csv"


def csv_parts(lab: Lab, runs: list[RunView]) -> Iterator[str]:
    """The table in pieces; never more than one run is held in memory."""
    yield csv_text([COLUMNS])
    for run in runs:
        for metric, series in sorted(lab.series(run.uid).items()):
            yield csv_text(_rows(run, metric, series))


def _rows(run: RunView, metric: str, series: Series) -> Iterator[list[Any]]:
    start = [run.uid, cell_text(run.title), run.seed, metric]
    for step, value, wall in zip(series.step, series.value, series.wall, strict=True):
        epoch, samples = run.spec.epochs_at(step), run.spec.samples_at(step)
        shown = "nan" if value is None else value
        yield [*start, step, f"{epoch:.6g}", samples, f"{wall:.6f}", shown]
