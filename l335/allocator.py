"""How a process's memory allocator treats large freed blocks: kept, or given back."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_IS_LINUX = sys.platform == "linux"

# mallopt(3)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT_BYTES = 32 * 2**20  # glibc takes no more
_KEPT_BYTES = 2**30
_GIVEN_BACK_BYTES = 2**18


@cache
def keep_freed_memory() -> None:
    """Have glibc keep freed activations for the next step; elsewhere nothing happens.

    By default it gives blocks of this size back to the system, which clears each page anew when it
    is asked for again: in a naive step on an image that takes as long as the arithmetic.
    """
    _set({_M_MMAP_THRESHOLD: _LARGEST_KEPT_BYTES, _M_TRIM_THRESHOLD: _KEPT_BYTES})


@cache
def give_back_large_blocks() -> None:
    """Have glibc give each large block back when it is freed; elsewhere nothing happens.

    By default it raises the size that counts as large with every such block that is freed, up to
    32 MB; what pictures took then lies in the heap, whose holes stay with the process.
    """
    _set({_M_MMAP_THRESHOLD: _GIVEN_BACK_BYTES})


def _set(values: dict[int, int]) -> None:
    if not _IS_LINUX:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        for name, value in values.items():
            mallopt(name, value)
