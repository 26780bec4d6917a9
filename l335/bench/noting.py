"""A runner whose workers note when they emitted each row, or drop all they record.

``python -m l335.bench.noting`` is a runner like any other, but for the recorder of its workers,
which goes by the file ``recorder`` in the data folder: ``noted`` writes the moment of each training
loss to ``emitted.txt``, ``dropped`` records nothing at all, everything else is what people use.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from l335.bench.dropping import DroppingRecorder
from l335.blobs import Blobs
from l335.runner import launcher, worker, zygote
from l335.runner.channel import Message
from l335.runner.recorder import GroupingRecorder

CHOICE, EMITTED = "recorder", "emitted.txt"
LOSS = "train/loss"


class NotingRecorder(GroupingRecorder):
    """Notes the time of day at which the engine handed over each training loss."""

    def __init__(self, blobs: Blobs, send: Callable[[Message], None], **options: Any) -> None:
        super().__init__(blobs, send, **options)
        self._emitted = (_data_dir() / EMITTED).open("a", buffering=1)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        if LOSS in values:
            self._emitted.write(f"{step} {time.time()}\n")
        super().metrics(step, values)


def _data_dir() -> Path:
    return Path(os.environ["L335_DATA_DIR"])


def choose_recorder(data_dir: Path, word: str) -> None:
    """Set the recorder of the runs that start from now on: ``noted``, ``dropped`` or ``real``."""
    (data_dir / CHOICE).write_text(word)


def emitted(data_dir: Path) -> dict[int, float]:
    """When each step's loss was emitted, in seconds since 1970."""
    lines = (data_dir / EMITTED).read_text().splitlines()
    return {int(step): float(at) for step, at in (line.split() for line in lines)}


def _recorder(blobs: Blobs, send: Callable[[Message], None], **options: Any) -> Any:
    choice = _data_dir() / CHOICE
    word = choice.read_text() if choice.exists() else "real"
    if word == "dropped":
        return DroppingRecorder()
    kind = NotingRecorder if word == "noted" else GroupingRecorder
    return kind(blobs, send, **options)


def main() -> None:
    if len(sys.argv) > 1:  # the fork server of such a runner
        setattr(worker, GroupingRecorder.__name__, _recorder)
        zygote.main()
        return
    from l335.runner.main import main as runner_main
    from l335.settings import Settings

    launcher.SERVER_MODULE = "l335.bench.noting"
    runner_main(Settings())


if __name__ == "__main__":
    main()
