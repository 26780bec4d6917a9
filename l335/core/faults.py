"""Faults on purpose, for tests: ``L335_FAULT=point:action[:n]`` acts at the nth visit."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import NoReturn

_visits: dict[str, int] = {}
_is_armed = True


def disarm() -> None:
    """Ignore faults from here on; later attempts of a run do so, or none would ever end."""
    global _is_armed
    _is_armed = False


def fault(point: str) -> None:
    """Do what ``L335_FAULT`` asks for at this point; normally nothing.

    Actions: ``kill``, ``stop`` and ``terminate`` send that signal to this process, ``exit``
    leaves with status 7, ``raise`` raises, ``sleep`` waits 30 seconds, ``thread`` starts one.
    """
    wanted = os.environ.get("L335_FAULT")
    if not wanted or not _is_armed:
        return
    name, action, *rest = wanted.split(":")
    if name != point:
        return
    _visits[point] = _visits.get(point, 0) + 1
    if _visits[point] == (int(rest[0]) if rest else 1):
        _act(action)


def _act(action: str) -> None:
    signals = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "terminate": signal.SIGTERM}
    if action in signals:
        os.kill(os.getpid(), signals[action])
    elif action == "exit":
        os._exit(7)
    elif action == "raise":
        raise RuntimeError("a fault on purpose")
    elif action == "sleep":
        time.sleep(30)
    elif action == "thread":
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    else:
        _refuse(action)


def _refuse(action: str) -> NoReturn:
    sys.exit(f"L335_FAULT: there is no action `{action}`.")
