from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l335.runner.channel import Inbox, pack, receive, send
from l335.runner.garbage import Garbage
from l335.runner.work import Exit, ending_of
from l335.store import Store
from l335.store.queue import ClaimedRun

MESSAGES = [{"rows": [["train/loss", 1, 0.1, 0.0]]}, {"text": "é" * 300}, {}]


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


def test_both_ends_understand_each_other() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, MESSAGES[1])
        assert receive(theirs) == MESSAGES[1]
        ours.close()
        with pytest.raises(EOFError):
            receive(theirs)


@pytest.mark.parametrize(
    ("told", "exit_", "num_killed", "num_lost", "expected"),
    [
        ({"state": "completed"}, Exit(0, False), 0, 0, ("completed", "")),
        ({"state": "completed"}, Exit(-9, True), 0, 0, ("completed", "")),
        ({"state": "stopped"}, Exit(0, True), 0, 0, ("queued", "")),
        (
            {"state": "failed", "code": "diverged", "text": "x"},
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
    told: dict[str, str] | None,
    exit_: Exit,
    num_killed: int,
    num_lost: int,
    expected: tuple[str, str],
) -> None:
    run = ClaimedRun(1, "a" * 32, 1, {}, "cpu", 1, "", num_lost, num_killed, "run", [])
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
