"""Viewers of a run: they ask the metrics route as the live chart does, without drawing anything.

The rhythm is that of ``l335/ui/live_view/feed.js``, connections stay open as a browser's do. Many
of them are a program of their own: ``python -m l335.bench.viewers PORT NUMBER SECONDS UID...``
prints a line when all have the run, and another with what they saw.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import time
from collections.abc import Callable
from typing import Any

HASTY_POLL_SECONDS, HASTE_SECONDS = 0.06, 1.5
FIRST_POLL_SECONDS = 0.15
POLL_SECONDS = 0.4
IDLE_POLL_SECONDS = 2.0
PATIENCE_SECONDS = 15.0
OVER = ("completed", "failed", "cancelled")
LOWEST_PRIORITY = 19

Answer = dict[str, Any]


class Connection:
    """One connection to the dashboard that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """The JSON of an address.

        Raises:
            ConnectionError: The answer is not one of a route that works.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        host = f"127.0.0.1:{self._port}"
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
        writer.write(request.encode())
        status, headers = await self._head(reader)
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if status != 200:
            raise ConnectionError(f"{path} was answered with status {status}: {body[:200]!r}")
        answer: Answer = json.loads(body)
        return answer

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("The dashboard closed the connection.") from error
        first, *lines = head.strip().split("\r\n")
        fields = (line.split(":", 1) for line in lines)
        return int(first.split()[1]), {name.lower(): value.strip() for name, value in fields}

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Viewer:
    """Follows one run.

    Attributes:
        seconds: What each refresh took.
        num_points: Points that have come.
    """

    def __init__(self, port: int, uid: str) -> None:
        self._connection, self._uid = Connection(port), uid
        self._after, self._attempt = 0, -1
        self.seconds: list[float] = []
        self.num_points = 0

    async def refresh(self) -> Answer:
        """Ask once for what is new."""
        started = time.perf_counter()
        answer = await self._connection.get(f"/api/runs/{self._uid}/metrics?after={self._after}")
        self.seconds.append(time.perf_counter() - started)
        is_new_attempt = self._after > 0 and answer["run"]["attempt"] != self._attempt
        self._attempt = answer["run"]["attempt"]
        self._after = 0 if is_new_attempt else answer["last_seq"]
        self.num_points += sum(len(series["step"]) for series in answer["series"].values())
        return answer

    async def follow(self, on_answer: Callable[[Answer], bool]) -> None:
        """Refresh in the chart's rhythm until the run is over or ``on_answer`` says enough."""
        started = time.monotonic()
        while True:
            answer = await self.refresh()
            if on_answer(answer) or answer["run"]["state"] in OVER:
                return
            if not answer["more"]:
                waited = time.monotonic() - started
                await asyncio.sleep(self._interval(answer["run"]["state"], waited))

    def _interval(self, state: str, waited: float) -> float:
        first = HASTY_POLL_SECONDS if waited < HASTE_SECONDS else FIRST_POLL_SECONDS
        if state == "running":
            return POLL_SECONDS if self._after else first
        return first if waited < PATIENCE_SECONDS and state == "queued" else IDLE_POLL_SECONDS

    def close(self) -> None:
        """Leave."""
        self._connection.close()


def watch(port: int, uid: str, on_answer: Callable[[Answer], bool]) -> Viewer:
    """Follow a run here until it is over or ``on_answer`` says enough."""

    async def follow() -> Viewer:
        viewer = Viewer(port, uid)
        await viewer.follow(on_answer)
        viewer.close()
        return viewer

    return asyncio.run(follow())


async def crowd(port: int, uids: list[str], number: int, seconds: float) -> None:
    """So many viewers, spread over the runs, for so long; two lines of JSON."""
    viewers = [Viewer(port, uids[place % len(uids)]) for place in range(number)]
    for viewer in viewers:  # each opens the page at another moment
        await viewer.refresh()
        await asyncio.sleep(POLL_SECONDS / number)
    for viewer in viewers:
        viewer.seconds.clear()
    print(json.dumps({"watching": number}), flush=True)
    until = time.monotonic() + seconds
    followed = (viewer.follow(lambda _: time.monotonic() >= until) for viewer in viewers)
    started = time.monotonic()
    await asyncio.gather(*followed)
    facts = {
        "wall": time.monotonic() - started,
        "seconds": [taken for viewer in viewers for taken in viewer.seconds],
        "points": sum(viewer.num_points for viewer in viewers),
    }
    for viewer in viewers:
        viewer.close()
    print(json.dumps(facts), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("number", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("uids", nargs="+", metavar="UID")
    parser.add_argument("--last", action="store_true", help="Take only what others leave of it.")
    arguments = parser.parse_args()
    if arguments.last:
        os.nice(LOWEST_PRIORITY)
    asyncio.run(crowd(arguments.port, arguments.uids, arguments.number, arguments.seconds))


if __name__ == "__main__":
    main()
