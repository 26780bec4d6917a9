from __future__ import annotations

import threading
from pathlib import Path

import pytest

from l335.core.records import Pointer
from l335.data.blobs import Blobs, DiskFull
from l335.runner.messages import FileStored, Message, Rows
from l335.runner.recorder import GroupingRecorder


class Slow(Blobs):
    """Stores a file once it is let."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.let = threading.Event()

    def put(self, data: bytes) -> str:
        assert self.let.wait(10)
        if data == b"too much":
            raise DiskFull("The disk is full.")
        return super().put(data)


@pytest.fixture
def blobs(tmp_path: Path) -> Slow:
    return Slow(tmp_path / "blobs")


def kinds(messages: list[Message]) -> list[str]:
    return [message.of if isinstance(message, FileStored) else "rows" for message in messages]


def files(messages: list[Message]) -> list[Pointer]:
    return [message.file for message in messages if isinstance(message, FileStored)]


def test_training_goes_on_while_a_picture_is_stored(blobs: Slow) -> None:
    messages: list[Message] = []
    recorder = GroupingRecorder(blobs, messages.append)
    recorder.metrics(1, {"train/loss": 2.0})
    recorder.preview(1, "reconstruction", "image/jpeg", b"a picture")
    assert kinds(messages) == ["rows"]
    blobs.let.set()
    recorder.flush()
    assert kinds(messages) == ["rows", "preview"]
    [file] = files(messages)
    assert blobs.get(file.sha256) == b"a picture"


def test_a_checkpoint_comes_behind_all_that_was_recorded_before_it(blobs: Slow) -> None:
    messages: list[Message] = []
    recorder = GroupingRecorder(blobs, messages.append)
    for step in (1, 2, 3):
        recorder.metrics(step, {"train/loss": 1.0 / step})
        recorder.snapshot(step, "weights", "application/octet-stream", b"%d" % step)
    threading.Timer(0.1, blobs.let.set).start()
    recorder.checkpoint(3, b"everything")
    assert kinds(messages)[-1] == "checkpoint", "it returns once the checkpoint is stored and told"
    groups = [message.rows for message in messages if isinstance(message, Rows)]
    assert [row[1] for rows in groups for row in rows] == [1, 2, 3]
    assert [file.step for file in files(messages)[:-1]] == [1, 2, 3]


@pytest.mark.parametrize("interval_seconds", [0.0, 0.05])
def test_a_full_disk_reaches_training_and_nothing_behind_it_is_told(
    blobs: Slow, interval_seconds: float
) -> None:
    blobs.let.set()
    messages: list[Message] = []
    recorder = GroupingRecorder(blobs, messages.append, interval_seconds)
    with pytest.raises(DiskFull, match="disk is full"):  # noqa: PT012, at once or at the next
        recorder.snapshot(1, "weights", "application/octet-stream", b"too much")
        recorder.checkpoint(1, b"everything")
    assert "checkpoint" not in kinds(messages)
    if interval_seconds:
        with pytest.raises(DiskFull):
            recorder.flush()
