from __future__ import annotations

import math
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from l335.core.records import Pointer, Timing
from l335.runner.channel import Inbox, pack, receive, send
from l335.runner.garbage import Garbage
from l335.runner.messages import (
    ORDER,
    REPORT,
    Analyse,
    Completed,
    Ended,
    Failed,
    FileStored,
    Machine,
    Rows,
    Share,
    Started,
    Stopped,
    Train,
    WaitsFor,
)
from l335.runner.work import Exit, ending_of
from l335.store import Store
from l335.store.queue import ClaimedRun

FILE = Pointer("maps/conv1", 3, "image/png", "0" * 64, 12, {"shape": [2, 4, 8, 8]})
TIMING = Timing(10, 1.5, 2.0, 0.5)
MESSAGES = [
    Rows(rows=(("train/loss", 1, 0.1, 0.0),), step=1, train_seconds=0.25),
    Rows(rows=(), step=2, train_seconds=0.5),
    Rows(rows=(("a", 3, math.inf, 0.0), ("b", 3, -math.inf, 0.0)), step=3, train_seconds=1.0),
    WaitsFor(reason="é" * 300),
    Share(done=0.5),
    Started(device="cpu", precision="float32"),
    FileStored(of="preview", file=FILE),
    Ended(outcome=Completed(timing=TIMING), stays=True),
    Ended(outcome=Completed(products=(FILE,)), stays=False),
    Ended(outcome=Stopped(), stays=False),
    Ended(outcome=Failed(code="diverged", text="The loss became nan."), stays=False),
]
MACHINE = Machine(
    device="auto",
    threads=2,
    precision="auto",
    cuda_graphs=True,
    data_dir=Path("data"),
    blobs=Path("data/blobs"),
)
ORDERS = [
    Train(
        attempt=2,
        spec='{"task": "classify"}',
        machine=MACHINE,
        purpose="run",
        known_precision="",
        checkpoints=("1" * 64,),
    ),
    Analyse(
        attempt=1,
        analysis="feature_maps",
        params={"index": 3, "snapshots": [[0, "2" * 64]]},
        spec="{",
        machine=MACHINE,
        checkpoint="3" * 64,
    ),
]


@given(st.lists(st.integers(1, 50), min_size=1))
def test_messages_arrive_whole_however_they_are_cut(sizes: list[int]) -> None:
    data, inbox, arrived = b"".join(map(pack, MESSAGES)), Inbox(), []
    while data:
        for size in sizes:
            arrived += inbox.feed(data[:size])
            data = data[size:]
    assert arrived == MESSAGES


def test_a_torn_message_is_never_seen() -> None:
    assert Inbox().feed(pack(MESSAGES[1])[:-1]) == []


def test_a_value_that_is_no_number_stays_one() -> None:
    [rows] = Inbox().feed(pack(Rows(rows=(("a", 1, math.nan, 0.0),), step=1, train_seconds=0.0)))
    assert isinstance(rows, Rows)
    assert math.isnan(rows.rows[0][2])


def test_every_kind_of_message_is_tried() -> None:
    def kinds(adapter: TypeAdapter[Any]) -> set[str]:
        return set(adapter.json_schema()["discriminator"]["mapping"])

    assert {message.model_dump()["kind"] for message in MESSAGES} == kinds(REPORT)
    assert {order.kind for order in ORDERS} == kinds(ORDER)


def test_both_ends_understand_each_other() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for order in ORDERS:
            send(ours, order)
            assert receive(theirs, ORDER) == order
        ours.close()
        with pytest.raises(EOFError):
            receive(theirs, ORDER)


@pytest.mark.parametrize(
    ("told", "exit_", "num_killed", "num_lost", "expected"),
    [
        (Completed(), Exit(0, False), 0, 0, ("completed", "")),
        (Completed(), Exit(-9, True), 0, 0, ("completed", "")),
        (Stopped(), Exit(0, True), 0, 0, ("queued", "")),
        (
            Failed(code="diverged", text="x"),
            Exit(0, False),
            0,
            0,
            ("failed", "diverged"),
        ),
        (None, Exit(-9, True), 1, 2, ("queued", "")),
        (None, Exit(-9, False), 0, 0, ("queued", "")),
        (None, Exit(-9, False), 1, 0, ("failed", "killed_probably_oom")),
        (None, Exit(7, False), 0, 0, ("failed", "crashed")),
        (None, Exit(None, False), 0, 0, ("queued", "")),
        (None, Exit(None, False), 0, 2, ("failed", "runner_lost")),
    ],
)
def test_how_an_attempt_ends(
    told: Completed | Stopped | Failed | None,
    exit_: Exit,
    num_killed: int,
    num_lost: int,
    expected: tuple[str, str],
) -> None:
    run = ClaimedRun(1, "a" * 32, 1, "{}", "cpu", 1, "", num_lost, num_killed, "run", [])
    ending = ending_of(told, exit_, run)
    assert (ending.state, ending.error_code) == expected


def test_garbage_spares_what_is_referred_to(tmp_path) -> None:
    from l335.data.blobs import Blobs
    from l335.results.views import ImageView
    from l335.store import artifacts

    store, blobs = Store.open(tmp_path), Blobs(tmp_path / "blobs")
    kept, dropped, fresh = (blobs.put(data) for data in (b"kept", b"dropped", b"fresh"))
    with store.write() as connection:
        artifacts.add_image(connection, ImageView(kept, "x", 8, 8, False, ""))
    garbage = Garbage(store, blobs)
    garbage.add([kept, dropped])
    garbage.collect()
    assert set(blobs.addresses()) == {kept, dropped, fresh}
    garbage.collect(grace_seconds=0)
    assert set(blobs.addresses()) == {kept, fresh}
    garbage.sweep()
    assert set(blobs.addresses()) == {kept, fresh}
    garbage.sweep(grace_seconds=0)
    assert set(blobs.addresses()) == {kept}
    store.close()
