"""The script of a run, with what beside its settings decides its figures."""

from __future__ import annotations

from l335.export.standalone import script
from l335.results.views import RunView


def script_of(run: RunView) -> str:
    """A run as a script in plain PyTorch.

    Raises:
        LabError: A setting or a component can't be written out; the text names it.
    """
    return script(
        run.spec,
        threads=run.threads,
        device=run.device,
        continued=run.bends,
        precision=run.precision,
    )
