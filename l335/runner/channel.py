"""Messages between runner and worker: JSON behind its length, as multiprocessing frames it."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from l335.core.faults import fault

Message = dict[str, Any]

_LENGTH = struct.Struct("!i")


def pack(message: Message) -> bytes:
    """A message as it goes over the wire."""
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


def send(channel: socket.socket, message: Message) -> None:
    """Send a message; waits while the other side is slow."""
    data = pack(message)
    half = len(data) // 2
    channel.sendall(data[:half])
    fault("mid_send")
    channel.sendall(data[half:])


def receive(channel: socket.socket) -> Message:
    """Wait for the next message.

    Raises:
        EOFError: The other side is gone.
    """
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    message: Message = json.loads(_exactly(channel, length))
    return message


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class Inbox:
    """Puts messages together from whatever has arrived; never waits.

    A message that was cut off by the death of its sender is never seen.
    """

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Messages completed by these bytes."""
        self._data += data
        messages = []
        while len(self._data) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data)
            end = _LENGTH.size + length
            if len(self._data) < end:
                break
            messages.append(json.loads(self._data[_LENGTH.size : end]))
            del self._data[:end]
        return messages
