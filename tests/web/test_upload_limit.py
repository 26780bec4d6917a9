"""Uploads wait for those before them, and none waits for ever."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from l335.ui import uploads

NUM_UPLOADS, NUM_BYTES = 5, 600


def test_uploads_no_page_takes_in_make_room_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = MemoryUploadedFileManager(uploads.PATH)
    instance = SimpleNamespace(uploaded_file_mgr=manager)
    served = SimpleNamespace(exists=lambda: True, get_instance=lambda: instance)
    monkeypatch.setattr(uploads, "runtime", served)
    monkeypatch.setattr(uploads, "MAX_HELD_BYTES", 1000)
    monkeypatch.setattr(uploads, "PATIENCE_SECONDS", 0.1)
    most, names = 0, iter("abcde")

    async def take_in(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal most
        message = await receive()
        name = next(names)
        manager.add_file(name, UploadedFileRec(name, name, "image/png", message["body"]))
        most = max(most, sum(uploads.held(manager).values()))

    async def body() -> Message:
        return {"type": "http.request", "body": bytes(NUM_BYTES), "more_body": False}

    async def upload_all() -> None:
        limit = uploads.UploadLimit(take_in)
        scope = {"type": "http", "method": "PUT", "path": f"{uploads.PATH}s/f"}
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for _ in range(NUM_UPLOADS):
                    group.start_soon(limit, scope, body, body)

    anyio.run(upload_all)
    assert next(names, None) is None
    assert most == NUM_BYTES
