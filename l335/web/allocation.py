"""How the C library's allocator gives memory back."""

from __future__ import annotations

import ctypes
from contextlib import suppress

LARGE_BYTES = 1 << 18

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of mallopt(3)


def give_back_large_blocks() -> None:
    """Have each large block mapped apart, so that it goes back to the system when it is freed.

    By itself glibc raises the size that counts as large with every such block that is freed, up
    to 32 MB; pictures then lie in the heap, whose holes stay with the process. Other C libraries
    have no such setting and are left as they are.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
