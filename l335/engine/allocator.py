"""How this process's memory allocator treats large freed blocks."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_IS_LINUX = sys.platform == "linux"

# mallopt(3)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT_BYTES = 32 * 2**20  # glibc takes no more
_KEPT_BYTES = 2**30


@cache
def keep_freed_memory() -> None:
    """Have glibc keep freed activations for the next step; elsewhere nothing happens.

    By default it gives blocks of this size back to the system, which clears each page anew when it
    is asked for again: in a naive step on an image that takes as long as the arithmetic.
    """
    if not _IS_LINUX:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
