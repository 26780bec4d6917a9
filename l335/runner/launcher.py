"""Starts workers: by the fork server where it is safe, else each in a fresh interpreter."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from l335.runner.process import IS_LINUX, worker_environment

log = logging.getLogger("l335.runner")

MAX_FAILED_STARTS = 2
SERVER_MODULE = "l335.runner.fork_server"  # benchmarks have one that notes when rows are emitted


@dataclass(frozen=True)
class Started:
    """A worker lives."""

    token: int
    pid: int


@dataclass(frozen=True)
class Exited:
    """A worker is gone; ``status`` is its exit code, or minus the signal that ended it."""

    token: int
    status: int


@dataclass(frozen=True)
class ServerLost:
    """The fork server is gone, and its workers with it."""

    tokens: frozenset[int]


Event = Started | Exited | ServerLost


class ForkServer:
    """One fork server process. Start it from the main thread: it dies with that thread."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [sys.executable, "-m", SERVER_MODULE, str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=worker_environment(),
            start_new_session=True,  # Ctrl+C in a terminal is for the runner
        )
        theirs.close()
        self.control.setblocking(False)
        self.is_ready = False
        self.tokens: set[int] = set()
        self._token_of: dict[int, int] = {}

    def start(self, token: int, channel: socket.socket) -> None:
        """Ask for a worker with this end of a channel."""
        self.tokens.add(token)
        message = json.dumps({"token": token}).encode()
        # A server that is gone is noticed at the next read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self.control, [message], [channel.fileno()])

    def messages(self) -> tuple[list[dict[str, Any]], bool]:
        """What it has said since, and whether it still lives."""
        said: list[dict[str, Any]] = []
        while True:
            try:
                data = self.control.recv(65536)
            except BlockingIOError:
                return said, True
            except ConnectionResetError:
                data = b""
            if not data:
                return said, False
            said.append(json.loads(data))

    def event(self, message: dict[str, Any]) -> Event | None:
        """The event a message tells of."""
        if "started" in message:
            self._token_of[message["pid"]] = message["started"]
            return Started(message["started"], message["pid"])
        if "exited" in message:
            token = self._token_of.pop(message["exited"])
            self.tokens.discard(token)
            return Exited(token, message["status"])
        return None

    def close(self) -> None:
        """End it; workers that still live die with it."""
        self.control.close()
        self.process.kill()
        self.process.wait()


class Launcher:
    """Starts workers and tells how they are."""

    def __init__(self) -> None:
        self._server: ForkServer | None = None
        self._num_failed_starts = 0
        self._spawned: dict[int, subprocess.Popen[bytes]] = {}
        self._announced: list[Event] = []
        if IS_LINUX:
            self._server = ForkServer()

    @property
    def is_ready(self) -> bool:
        """Whether a worker would start right away."""
        return self._server is None or self._server.is_ready

    @property
    def control(self) -> socket.socket | None:
        """What to wait on for news."""
        return self._server.control if self._server else None

    def start(self, token: int, channel: socket.socket) -> None:
        """Start a worker with this end of a channel, which is closed here."""
        with channel:
            if self._server is not None:
                self._server.start(token, channel)
                return
            child = subprocess.Popen(
                [
                    *(sys.executable, "-m", "l335.runner.worker"),
                    *(str(channel.fileno()), str(os.getpid())),
                ],
                pass_fds=[channel.fileno()],
                stdin=subprocess.DEVNULL,
                env=worker_environment(),
                start_new_session=True,
            )
            self._spawned[token] = child
            self._announced.append(Started(token, child.pid))

    def events(self) -> list[Event]:
        """What has happened since the last call."""
        events, self._announced = self._announced, []
        if self._server is not None:
            events += self._server_events(self._server)
        for token, child in list(self._spawned.items()):
            status = child.poll()
            if status is not None:
                del self._spawned[token]
                events.append(Exited(token, status))
        return events

    def _server_events(self, server: ForkServer) -> list[Event]:
        said, is_alive = server.messages()
        events: list[Event] = []
        for message in said:
            if "ready" in message:
                server.is_ready, self._num_failed_starts = True, 0
                log.info("the fork server is ready (pid %d)", server.process.pid)
            elif "refused" in message:
                log.warning("workers start slower: %s", message["refused"])
                self._num_failed_starts = MAX_FAILED_STARTS
            event = server.event(message)
            if event is not None:
                events.append(event)
        if not is_alive:
            events.append(ServerLost(frozenset(server.tokens)))
            self._replace(server)
        return events

    def _replace(self, server: ForkServer) -> None:
        log.warning("the fork server is gone (pid %d)", server.process.pid)
        server.close()
        if not server.is_ready:
            self._num_failed_starts += 1
        is_hopeless = self._num_failed_starts >= MAX_FAILED_STARTS
        self._server = None if is_hopeless else ForkServer()

    def close(self) -> None:
        """End the fork server and every worker."""
        if self._server is not None:
            self._server.close()
        for child in self._spawned.values():
            child.kill()
            child.wait()
