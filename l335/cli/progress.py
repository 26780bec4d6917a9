"""Progress of a run in the terminal, around the recorder that keeps its results."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from l335.core.metrics import HEADLINE, METRICS
from l335.engine.recorder import Recorder
from l335.spec import Spec


class ProgressRecorder:
    """Passes everything on and shows it: a bar in a terminal, a line per evaluation elsewhere."""

    def __init__(self, inner: Recorder, spec: Spec) -> None:
        self._inner, self._spec = inner, spec
        self._latest: dict[str, float] = {}
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=spec.total_steps)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def progress(self, step: int, train_seconds: float) -> None:
        self._inner.progress(step, train_seconds)
        self._bar.update(self._task, completed=step)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        self._inner.metrics(step, values)
        self._latest.update(values)
        text = ", ".join(
            f"{METRICS[key].title.lower()} {METRICS[key].show(value)}"
            for key, value in self._latest.items()
            if key in METRICS  # statistics of single layers would fill the line
        )
        self._bar.update(self._task, description=text)
        # The loss, the layers' statistics and the mean colour come before the figures of a step.
        if HEADLINE[self._spec.task] in values and not self._console.is_terminal:
            self._console.print(f"step {step:,}: {text}", highlight=False, soft_wrap=True)

    def preview(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._inner.preview(step, name, media_type, data)

    def snapshot(self, step: int, name: str, media_type: str, data: bytes) -> None:
        self._inner.snapshot(step, name, media_type, data)

    def checkpoint(self, step: int, data: bytes) -> None:
        self._inner.checkpoint(step, data)
