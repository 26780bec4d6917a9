"""Visitors without a browser, for benchmarks: pages opened as Streamlit's front end opens them.

A program of its own, so that whoever measures needs no Streamlit:
``python -m l335.ui.visitor URL PATH...`` opens the pages one after the other and prints, for each,
its path and the seconds until its script had run. ``--stay NUMBER SECONDS`` opens so many tabs of
the first page at once and keeps them open, reruns of their fragments included.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

MAX_SECONDS = 60.0
STREAM = "/_stcore/stream"


class PageFailed(Exception):
    """A page showed an exception, or there is none at this address."""


class Tab:
    """One open page.

    Args:
        url: Of the dashboard, without a path.
        path: Of the page, such as ``runs?run=UID``.
        connection: Options of the websocket's connection, such as ``origin``.
    """

    def __init__(self, url: str, path: str, **connection: Any) -> None:
        self._url, self._path, self._connection = url, path, connection
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._socket: ClientConnection | None = None
        self.num_runs = 0

    async def open(self) -> float:
        """Connect and wait until the page's script has run; returns the seconds of both.

        Raises:
            PageFailed: It ended with an exception, or is not there.
        """
        started = time.perf_counter()
        address = self._url.replace("http", "ws", 1) + STREAM
        self._socket = await connect(
            address,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            **self._connection,
        )
        await self._rerun()
        async with asyncio.timeout(MAX_SECONDS):
            while not await self._take_one():
                pass
        return time.perf_counter() - started

    async def stay(self) -> None:
        """Follow the page until this is cancelled or the server leaves."""
        while True:
            await self._take_one()

    async def close(self) -> None:
        """Leave as a closed tab does."""
        for timer in self._timers.values():
            timer.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _rerun(self, fragment: str = "") -> None:
        assert self._socket is not None
        parts = urlsplit(self._path)
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = parts.query, parts.path
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.context_info.url = f"{self._url}/{parts.path}"
        await self._socket.send(message.SerializeToString())

    async def _take_one(self) -> bool:
        """Act on the next message; whether it says that the whole page has run."""
        assert self._socket is not None
        data = await self._socket.recv()
        message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
        match message.WhichOneof("type"):
            case "auto_rerun":
                self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._forget(fragment)
            case "page_not_found":
                raise PageFailed(f"There is no page at `{self._path}`.")
            case "delta" if message.delta.new_element.WhichOneof("type") == "exception":
                raise PageFailed(f"{self._path}: {message.delta.new_element.exception.message}")
            case "script_finished":
                return self._has_finished(message.script_finished)
        return False

    def _has_finished(self, status: int) -> bool:
        self.num_runs += 1
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise PageFailed(f"The script of `{self._path}` could not be read.")
        return status == ForwardMsg.FINISHED_SUCCESSFULLY

    def _repeat(self, fragment: str, seconds: float) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self._rerun(fragment)

        self._forget(fragment)
        self._timers[fragment] = asyncio.create_task(repeat())

    def _forget(self, fragment: str) -> None:
        timer = self._timers.pop(fragment, None)
        if timer is not None:
            timer.cancel()


async def open_pages(url: str, paths: list[str]) -> None:
    """Open one page after the other; a line of JSON for each."""
    for path in paths:
        tab = Tab(url, path)
        _say({"path": path, "seconds": await tab.open()})
        await tab.close()


async def stay(url: str, path: str, number: int, seconds: float) -> None:
    """Open so many tabs of a page and keep them open; a line of JSON when they are, and one after.

    The second says how often scripts and fragments have run in the meantime.
    """
    tabs = [Tab(url, path) for _ in range(number)]
    for tab in tabs:
        await tab.open()
    _say({"open": number})
    before = sum(tab.num_runs for tab in tabs)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for tab in tabs:
                group.create_task(tab.stay())
    _say({"runs": sum(tab.num_runs for tab in tabs) - before})
    for tab in tabs:
        await tab.close()


def _say(facts: dict[str, Any]) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--stay", nargs=2, metavar=("NUMBER", "SECONDS"))
    arguments = parser.parse_args()
    try:
        if arguments.stay:
            number, seconds = int(arguments.stay[0]), float(arguments.stay[1])
            asyncio.run(stay(arguments.url, arguments.paths[0], number, seconds))
        else:
            asyncio.run(open_pages(arguments.url, arguments.paths))
    except (PageFailed, TimeoutError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
