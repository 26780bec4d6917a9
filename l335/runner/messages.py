"""Messages between runner and worker, each of a declared kind.

They travel as JSON with its constants for nan and infinities, so that a curve keeps them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from l335.core.records import Pointer, Timing


class Message(BaseModel):
    """What one side tells the other."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class Machine(BaseModel):
    """What of an order is the same for every run of an installation.

    Attributes:
        device: Where to compute, such as ``auto``.
        threads: CPU threads.
        precision: How products are computed, such as ``auto``.
        cuda_graphs: Whether steps on a CUDA device are recorded and replayed.
        data_dir: Folder of the decompressed data.
        blobs: Folder of the stored files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str
    threads: int
    precision: str
    cuda_graphs: bool
    data_dir: Path
    blobs: Path


class Train(Message):
    """An order to train a run.

    Attributes:
        attempt: Which attempt at the run this is, from 1.
        spec: The specification as it is stored.
        purpose: ``run``, or ``probe`` for one that only measures speed.
        known_precision: How products were computed in earlier attempts.
        checkpoints: Addresses of its checkpoints, the newest first.
    """

    kind: Literal["train"] = "train"
    attempt: int
    spec: str
    machine: Machine
    purpose: str
    known_precision: str
    checkpoints: tuple[str, ...]


class Analyse(Message):
    """An order to answer a question about a run.

    Attributes:
        attempt: Which attempt at the answer this is, from 1.
        analysis: What is asked.
        params: Its fields, and the snapshots it reads.
        spec: The run's specification as it is stored.
        checkpoint: Address of the run's weights.
    """

    kind: Literal["analyse"] = "analyse"
    attempt: int
    analysis: str
    params: dict[str, Any]
    spec: str
    machine: Machine
    checkpoint: str


Order = Annotated[Train | Analyse, Field(discriminator="kind")]


class Started(Message):
    """A run trains, on this device and with these kinds of products so far."""

    kind: Literal["started"] = "started"
    device: str
    precision: str


class Rows(Message):
    """Values of metrics, and how far training is.

    Attributes:
        rows: Key, step, value and seconds of training of each.
        step: The step reached.
        train_seconds: Seconds of training so far.
    """

    kind: Literal["rows"] = "rows"
    rows: tuple[tuple[str, int, float, float], ...]
    step: int
    train_seconds: float


class FileStored(Message):
    """A file of a run is stored."""

    kind: Literal["file"] = "file"
    of: Literal["preview", "snapshot", "checkpoint"]
    file: Pointer


class WaitsFor(Message):
    """What a worker waits for, as a sentence; empty where it goes on."""

    kind: Literal["waits_for"] = "waits_for"
    reason: str


class Share(Message):
    """The share of an analysis that is done, in [0, 1]."""

    kind: Literal["share"] = "share"
    done: float


class Completed(Message):
    """All was done.

    Attributes:
        timing: Where the time of a run went; None for an analysis.
        products: What an analysis has made.
    """

    state: Literal["completed"] = "completed"
    timing: Timing | None = None
    products: tuple[Pointer, ...] = ()


class Stopped(Message):
    """It was asked to stop, and did."""

    state: Literal["stopped"] = "stopped"
    timing: Timing | None = None


class Failed(Message):
    """It can't go on: a code, and a sentence for people."""

    state: Literal["failed"] = "failed"
    code: str
    text: str


Outcome = Annotated[Completed | Stopped | Failed, Field(discriminator="state")]


class Ended(Message):
    """An order is carried out, or can't be.

    Attributes:
        stays: Whether the worker waits for another order.
    """

    kind: Literal["ended"] = "ended"
    outcome: Outcome
    stays: bool


Report = Annotated[
    Started | Rows | FileStored | WaitsFor | Share | Ended, Field(discriminator="kind")
]

ORDER: TypeAdapter[Train | Analyse] = TypeAdapter(Order)
REPORT: TypeAdapter[Started | Rows | FileStored | WaitsFor | Share | Ended] = TypeAdapter(Report)
