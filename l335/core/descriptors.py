"""File descriptors: how many this process may have open, and how many a tab takes."""

from __future__ import annotations

import resource

WANTED = 65_536
"""As many are asked for; each takes memory only once it is used."""

EACH_TAB = 4
"""A websocket, and the event loop of the session behind it with its pair of sockets."""

BESIDE_TABS = 200
"""For the store, requests, downloads and the processes that are started."""

FEW = 1024
"""Fewer are too few for a class of some two hundred tabs."""


def raise_limit() -> int:
    """Let this process have as many as the system allows it; returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(WANTED, allowed())
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return WANTED if soft == resource.RLIM_INFINITY else soft


def allowed() -> int:
    """The most a process may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if hard == resource.RLIM_INFINITY else hard


def num_tabs(limit: int) -> int:
    """How many open tabs so many descriptors are enough for."""
    return max(0, (limit - BESIDE_TABS) // EACH_TAB)
