"""The verdict on a run, and which other seeds are judged with it."""

from __future__ import annotations

from l335.results.verdict import Verdict, judge_runs
from l335.results.views import RunView
from l335.service import Lab
from l335.spec import ClassifySpec


def verdict_on(lab: Lab, run: RunView) -> Verdict | None:
    """What the curves of a classifier say, with those of its other seeds; None for a fit.

    Pages, comparisons and ``show`` ask here. A report judges the runs it is about and no others.
    """
    if not isinstance(run.spec, ClassifySpec):
        return None
    return judge_runs(judged_together(lab, run), lab.series)


def judged_together(lab: Lab, run: RunView) -> list[RunView]:
    """The run and its siblings that have come as far, one for each seed, by seed.

    One that has diverged counts however far it came: leaving it out would flatter the others.
    """
    as_far = {
        other.seed: other
        for other in lab.siblings(run.uid)
        if _progress(other) >= _progress(run) or other.error_code == "diverged"
    }
    return [seed for _, seed in sorted({**as_far, run.seed: run}.items())]


def _progress(run: RunView) -> tuple[int, bool]:
    # A stopped run may have taken its last step without being judged after it.
    return run.step, run.state == "completed"
