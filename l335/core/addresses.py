"""Addresses of routes that pages and routes both name."""

from __future__ import annotations

from importlib import metadata

MAX_RUNS = 64
"""Runs whose points one table to take home may hold."""


def plotly_url(prefix: str) -> str:
    """Address of the chart library; it changes with the version, so it may be kept for ever."""
    return f"{prefix}/plotly.min.js?v={metadata.version('plotly')}"
