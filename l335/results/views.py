"""What pages and the command line see of the store: plain values, never rows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from l335.core.metrics import HELD_OUT_HEADLINE
from l335.core.wording import decimal
from l335.spec import ClassifySpec, Spec
from l335.spec.identity import bends, is_of, usual_precision

OVER = frozenset({"completed", "failed", "cancelled"})


@functools.cache  # made anew for each of thousands of titles it takes as long as reading them
def _usual_spec(kind: type[Spec]) -> Spec:
    return kind()


@dataclass(frozen=True)
class RunView:
    """A run at one moment.

    Attributes:
        uid: Its public name, 32 hexadecimal digits.
        state: ``queued``, ``running``, ``paused``, ``completed``, ``failed`` or ``cancelled``.
        want: What was asked for last: ``run``, ``pause`` or ``cancel``.
        train_seconds: Training time so far, without evaluation and previews.
        attempt: How often a worker has taken it up.
        summary: For each metric key ``last``, ``last_step``, ``best`` and ``best_step``; a value
            is None where it was not a number, and infinite where it was.
        queue_position: 1 for the next in line; None where it does not wait.
        has_checkpoint: Whether it can be looked into and gone on with.
        is_deleted: Whether it is hidden from every list.
        continued: Steps it had each time it was trained on past its end.
        precision: How products were computed: ``float32``, ``tf32``, ``bf16``, or several with
            commas between them; empty before its first attempt.
    """

    uid: str
    task: str
    spec: Spec
    state: str
    want: str
    step: int
    total_steps: int
    train_seconds: float
    num_parameters: int
    seed: int
    threads: int
    device: str
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str
    error_text: str
    summary: dict[str, dict[str, Any]]
    queue_position: int | None
    has_checkpoint: bool
    is_deleted: bool = False
    continued: tuple[int, ...] = ()
    precision: str = ""

    @property
    def bends(self) -> tuple[int, ...]:
        """Steps at which it was continued and so left the course of a run of its settings."""
        return bends(self.spec, self.continued)

    def is_of(self, precision: str) -> bool:
        """Whether its products are computed like this, as far as that is known."""
        return is_of(self.precision, self.device, precision)

    def repeats(self, precision: str) -> bool:
        """Whether a new run of its settings, in this precision, would come to its figures."""
        return not self.bends and self.is_of(precision)

    @property
    def mark(self) -> str:
        """What tells it from a run of its settings; begins with a comma, empty for most."""
        words = [f"continued at step {' and '.join(f'{step:,}' for step in self.bends)}"]
        words = words if self.bends else []
        if self.precision and self.precision != usual_precision(self.device):
            words.append(self.precision)
        return "".join(f", {word}" for word in words)

    @property
    def headline(self) -> str:
        """Key of the metric it is judged by."""
        return self.spec.headline

    @property
    def of_what(self) -> str:
        """What its headline is of, where that is not the usual; begins with a blank, or empty."""
        return " held out" if self.headline == HELD_OUT_HEADLINE else ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless a person resumes it."""
        return self.state in OVER

    @property
    def title(self) -> str:
        """A short name from its settings, such as "CNN, lr 0.001, batch 64"."""
        spec = self.spec
        if isinstance(spec, ClassifySpec):
            name = type(spec.model).title.partition(" (")[0]
            settings = f"lr {decimal(spec.lr)}, batch {spec.batch_size}"
            return f"{name}, {settings}{self._unusual}{self.mark}"
        encoding = type(spec.encoding).title.partition(" (")[0]
        sigma = getattr(spec.encoding, "sigma", None)
        shown = encoding if sigma is None else f"{encoding}, sigma {sigma:g}"
        settings = f"{shown}, lr {decimal(spec.lr)}"
        return f"{spec.image_name or 'Image'}, {settings}{self._unusual}{self.mark}"

    @property
    def _unusual(self) -> str:
        # Optimiser and schedule are named where they are not the usual ones.
        usual = _usual_spec(type(self.spec))
        chosen = [
            type(part)
            for part, other in (
                (self.spec.optimizer, usual.optimizer),
                (self.spec.schedule, usual.schedule),
            )
            if part.kind != other.kind
        ]
        return "".join(f", {part.title.partition(' (')[0]}" for part in chosen)

    @property
    def seconds_left(self) -> float | None:
        """Training time left at the pace so far; None where there is no pace yet."""
        if self.state != "running" or not self.step or not self.train_seconds:
            return None
        return self.train_seconds / self.step * (self.total_steps - self.step)


@dataclass(frozen=True)
class UnreadableRun:
    """A stored run this version can't read, such as one of a newer version.

    Attributes:
        uid: Its public name, 32 hexadecimal digits.
        reason: What does not fit, as a sentence or more.
    """

    uid: str
    task: str
    state: str
    created_at: datetime
    reason: str


@dataclass(frozen=True)
class Series:
    """Points of one metric, by step; a value that was not a number is None."""

    step: list[int] = field(default_factory=list)
    value: list[float | None] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def put(self, step: int, value: float | None, wall: float) -> None:
        """Add a point; earlier ones of its step and later steps no longer count.

        A run that went on from a checkpoint writes the steps behind it a second time.
        """
        while self.step and self.step[-1] >= step:
            for part in (self.step, self.value, self.wall):
                part.pop()
        self.step.append(step)
        self.value.append(value)
        self.wall.append(wall)

    def at(self, places: Sequence[int]) -> Series:
        """The points at these places alone."""
        return Series(
            [self.step[place] for place in places],
            [self.value[place] for place in places],
            [self.wall[place] for place in places],
        )


@dataclass(frozen=True)
class MetricsPage:
    """Rows of a run behind a cursor.

    Attributes:
        last_seq: The cursor for the next page.
        more: Whether there are rows behind this page already.
    """

    run: RunView
    series: dict[str, Series]
    last_seq: int
    more: bool


@dataclass(frozen=True)
class ArtifactView:
    """A picture or file a run or a look produced."""

    uid: str
    name: str
    step: int
    sha256: str
    media_type: str
    meta: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """What was recorded of a run at one step.

    Attributes:
        parts: The files by name. Of a classifier ``weights`` and ``evaluation``; of an image run
            ``reconstruction``, ``error``, ``spectrum``, ``layers``, ``seeds``, ``folds`` and
            ``weights``, each where it was made.
    """

    step: int
    parts: dict[str, ArtifactView]

    @property
    def weights(self) -> ArtifactView | None:
        """Weights as safetensors, named ``model.<parameter>``, in float16."""
        return self.parts.get("weights")

    @property
    def evaluation(self) -> ArtifactView | None:
        """Confusion matrix, calibration and statistics of the layers as JSON; None where the step
        was not evaluated, such as the untrained network.
        """
        return self.parts.get("evaluation")


@dataclass(frozen=True)
class ImageView:
    """An image runs can be fitted to.

    Attributes:
        bundled: Whether it came with the lab.
        notice: What was changed at the intake; empty where nothing was.
    """

    sha256: str
    name: str
    width: int
    height: int
    bundled: bool
    notice: str

    @property
    def short_name(self) -> str:
        """Its name; of one that came with the lab without what is to be seen on it."""
        return self.name.partition(":")[0] if self.bundled else self.name

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of a specification that make a run fit this image."""
        return {
            "image": self.sha256,
            "image_name": self.short_name,
            "image_width": self.width,
            "image_height": self.height,
        }


@dataclass(frozen=True)
class JobView:
    """A look at a run: feature maps or a denser reconstruction.

    Attributes:
        state: ``queued``, ``running``, ``done`` or ``failed``, as a cancelled one is.
        share: How much is done, in [0, 1].
        products: What it made, by name, in the order made.
        asked_at: When it was asked for last.
        is_large: Whether it waits among the large ones.
        num_ahead: How many are worked on or wait before it, where it waits.
    """

    uid: str
    run_uid: str
    kind: str
    params: dict[str, Any]
    state: str
    share: float
    error_text: str
    products: dict[str, ArtifactView]
    asked_at: datetime
    is_large: bool
    num_ahead: int


@dataclass(frozen=True)
class CellView:
    """One run of a sweep.

    Attributes:
        place: Its number in the sweep, from 0.
        name: What tells it from the others, such as "lr 0.1"; seeds of one setting share it.
        settings: What was set for it, by dotted name, as text.
        run: The run; None where it was deleted or does not count.
        problem: Why its run does not count though it is there; empty where it does.
        is_continued: Whether that is for having been trained on past its end.
    """

    place: int
    name: str
    settings: dict[str, str]
    run: RunView | None
    problem: str = ""
    is_continued: bool = False

    @property
    def missing(self) -> str:
        """Why there is no run to show, in a word; empty where there is one."""
        if self.run is not None:
            return ""
        if self.is_continued:
            return "continued"
        return "unreadable" if self.problem else "deleted"


@dataclass(frozen=True)
class SweepView:
    """Runs that were started together, at one moment.

    Attributes:
        uid: Its public name, 32 hexadecimal digits.
        lab: Name of the ready lab it is of; empty for a grid of a person's own.
        definition: What was chosen, ready for JSON.
    """

    uid: str
    lab: str
    title: str
    definition: dict[str, Any]
    created_at: datetime
    cells: tuple[CellView, ...]

    @property
    def runs(self) -> list[RunView]:
        """Its runs that are not deleted, in order."""
        return [cell.run for cell in self.cells if cell.run is not None]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless a person starts something again."""
        return all(run.is_over for run in self.runs)

    @property
    def to_rerun(self) -> list[CellView]:
        """Cells that have failed, were stopped or deleted; none that do not count."""
        return [
            cell
            for cell in self.cells
            if not cell.problem and (cell.run is None or cell.run.state in ("failed", "cancelled"))
        ]


@dataclass(frozen=True)
class SweepLine:
    """A sweep in a list: how many of its runs are in which state, and what was chosen."""

    uid: str
    lab: str
    title: str
    created_at: datetime
    states: dict[str, int]
    definition: dict[str, Any] = field(default_factory=dict)
