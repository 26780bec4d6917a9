"""Messages over a socket, each behind its length, as multiprocessing frames them."""

from __future__ import annotations

import socket
import struct
from typing import TypeVar

from pydantic import TypeAdapter

from l335.core.faults import fault
from l335.runner.messages import REPORT, Message

M = TypeVar("M")

_LENGTH = struct.Struct("!i")


def pack(message: Message) -> bytes:
    """A message as it goes over the wire."""
    body = message.model_dump_json().encode()
    return _LENGTH.pack(len(body)) + body


def send(channel: socket.socket, message: Message) -> None:
    """Send a message; waits while the other side is slow."""
    data = pack(message)
    half = len(data) // 2
    channel.sendall(data[:half])
    fault("mid_send")
    channel.sendall(data[half:])


def receive(channel: socket.socket, kind: TypeAdapter[M]) -> M:
    """Wait for the next message.

    Raises:
        EOFError: The other side is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    return kind.validate_json(_exactly(channel, length))


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class Inbox:
    """Puts a worker's reports together from whatever has arrived; never waits.

    A message that was cut off by the death of its sender is never seen.
    """

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Messages completed by these bytes."""
        self._data += data
        messages: list[Message] = []
        while len(self._data) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data)
            end = _LENGTH.size + length
            if len(self._data) < end:
                break
            messages.append(REPORT.validate_json(bytes(self._data[_LENGTH.size : end])))
            del self._data[:end]
        return messages
