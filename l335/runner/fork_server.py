"""The fork server: imports torch once, then each worker is a fork that starts in 20 ms.

It only imports. It starts no thread and never touches CUDA, because neither survives a fork; it
looks at the end of the imports and says so where that does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any

from PIL import Image

from l335.components.component import families, members
from l335.core.faults import fault
from l335.runner import worker
from l335.runner.process import become_worker, die_with_parent

PRELOAD = (
    "numpy",
    "torch",
    "torch._dynamo",  # the first optimiser imports it, which takes over a second
    "torchvision.datasets",
    "torchmetrics",
    "l335.engine.train",
    "l335.analyses.compute",
    "l335.engine.devices",
    "l335.spec.problems",
)
MAX_MESSAGE_BYTES = 65536


def preload() -> str:
    """Import what workers need; returns why forking is not safe, or nothing."""
    for name in PRELOAD:
        importlib.import_module(name)
    # Found by looking when the first specification is read, which would be in each worker.
    for family in families():
        members(family)
    Image.preinit()  # its readers and writers of files
    fault("preloaded")
    num_threads = len(os.listdir("/proc/self/task"))
    if num_threads != 1:
        return f"{num_threads} threads are running after the imports"
    if sys.modules["torch"].cuda.is_initialized():
        return "CUDA is in use after the imports"
    gc.collect()
    gc.freeze()  # the collector leaves these pages alone, so forks go on sharing them
    return ""


def tell(control: socket.socket, **message: Any) -> None:
    """Send the runner a message."""
    control.send(json.dumps(message).encode())


def serve(control: socket.socket) -> None:
    """Fork a worker for each request and report each exit, until the runner is gone."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
        _reap(control)
        if control.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(control, MAX_MESSAGE_BYTES, 1)
            if not message:
                return
            _fork(control, json.loads(message)["token"], descriptors[0])


def _fork(control: socket.socket, token: int, descriptor: int) -> None:
    server = os.getpid()
    # A new Python process forgets signals that came before it was set up; blocked ones wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid == 0:
        _become_worker(control, server, descriptor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.close(descriptor)
    tell(control, started=token, pid=pid)


def _become_worker(control: socket.socket, server: int, descriptor: int) -> None:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, worker.ask_to_stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        control.close()
        become_worker(server)
        worker.serve(socket.socket(fileno=descriptor))
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)  # never back into the server's loop


def _reap(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        tell(control, exited=pid, status=os.waitstatus_to_exitcode(status))


def main() -> None:
    """Entry: ``python -m l335.runner.fork_server DESCRIPTOR PARENT``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("descriptor", type=int)
    parser.add_argument("parent", type=int)
    arguments = parser.parse_args()
    die_with_parent(arguments.parent)
    control = socket.socket(fileno=arguments.descriptor)
    reason = preload()
    if reason:
        tell(control, refused=reason)
        return
    tell(control, ready=True)
    serve(control)


if __name__ == "__main__":
    main()
