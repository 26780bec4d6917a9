"""Whether a run fits badly, well or too well, said from the evidence in its curves."""

from l335.results.verdict.curves import RunSeries
from l335.results.verdict.judge import judge, judge_runs
from l335.results.verdict.words import Cause, Evidence, Label, Outcome, Range, Remedy, Verdict

__all__ = [
    "Cause",
    "Evidence",
    "Label",
    "Outcome",
    "Range",
    "Remedy",
    "RunSeries",
    "Verdict",
    "judge",
    "judge_runs",
]
