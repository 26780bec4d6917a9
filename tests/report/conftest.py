from __future__ import annotations

from tests.dashboard import trained

__all__ = ["trained"]
