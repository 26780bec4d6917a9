"""Whether a run fits badly, well or too well, said from the evidence in its curves."""

from l335.verdict.curves import RunSeries
from l335.verdict.judge import judge
from l335.verdict.words import Evidence, Label, Range, Remedy, Verdict

__all__ = ["Evidence", "Label", "Range", "Remedy", "RunSeries", "Verdict", "judge"]
