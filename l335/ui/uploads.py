"""Uploads in the web process: it holds the bytes of few at a time, and of none for long.

Streamlit keeps what was uploaded for as long as the tab is open. Here a picture's bytes go once it
is taken in, and uploads wait for those before them, their bodies on disk meanwhile.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

PATH = "/_stcore/upload_file/"
MAX_HELD_BYTES = 25_000_000
"""Of uploads that no page has taken in yet; one of the largest."""

PATIENCE_SECONDS = 20.0
"""After so long what is held belongs to no page that would take it, and goes."""

POLL_SECONDS = 0.05


class Upload(NamedTuple):
    """What was uploaded, not taken in yet."""

    file_id: str
    name: str
    type: str
    data: bytes


def take(uploaded: UploadedFile) -> Upload:
    """The bytes of a file, taken out of the widget's value in the session state.

    Streamlit hands out a deep copy of that value at each run, bytes and all.
    """
    taken = Upload(uploaded.file_id, uploaded.name, uploaded.type, uploaded.getvalue())
    uploaded.seek(0)
    uploaded.truncate()
    return taken


def let_go(upload: Upload) -> None:
    """Free the bytes of an upload that is taken in; the widget still names it."""
    context = get_script_run_ctx()
    if context is not None:
        manager, session = context.uploaded_file_mgr, context.session_id
        if manager.get_files(session, [upload.file_id]):
            empty = UploadedFileRec(upload.file_id, upload.name, upload.type, b"")
            manager.add_file(session, empty)  # type: ignore[attr-defined]


class UploadLimit:
    """ASGI middleware: the end of an upload waits until there is room for its bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving = 0  # bytes that are let through and not held yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an upload when its turn has come."""
        is_upload = scope["type"] == "http" and scope["method"] == "PUT" and PATH in scope["path"]
        if not is_upload:
            await self.app(scope, receive, send)
            return
        num_bytes, is_let_through = 0, False

        async def in_turn() -> Message:
            nonlocal num_bytes, is_let_through
            message = await receive()
            if message["type"] == "http.request":
                num_bytes += len(message.get("body", b""))
                if not message.get("more_body", False) and not is_let_through:
                    await self._wait_for_room(num_bytes)
                    self._arriving += num_bytes
                    is_let_through = True
            return message

        try:
            await self.app(scope, in_turn, send)
        finally:
            if is_let_through:
                self._arriving -= num_bytes

    async def _wait_for_room(self, num_bytes: int) -> None:
        if not runtime.exists():
            return
        manager: Any = runtime.get_instance().uploaded_file_mgr
        while self._is_full(manager, num_bytes):
            there = set(held(manager))
            with anyio.move_on_after(PATIENCE_SECONDS):
                while self._is_full(manager, num_bytes):
                    await anyio.sleep(POLL_SECONDS)
            if self._is_full(manager, num_bytes):
                for session, file_id in there & set(held(manager)):
                    manager.remove_file(session, file_id)

    def _is_full(self, manager: Any, num_bytes: int) -> bool:
        others = sum(held(manager).values()) + self._arriving
        return others > 0 and others + num_bytes > MAX_HELD_BYTES


def held(manager: Any) -> dict[tuple[str, str], int]:
    """Bytes of each upload that is held, by session and file."""
    # Other threads add and take out meanwhile, so copies are looked through.
    return {
        (session, file_id): len(record.data)
        for session, files in list(manager.file_storage.items())
        for file_id, record in list(files.items())
        if record.data
    }
