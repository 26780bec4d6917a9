"""Memory of activations stays with a worker; that of pictures does not stay with the dashboard."""

from __future__ import annotations

import subprocess
import sys

import pytest

MAPPED_MB = """
import ctypes, sys, torch
NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in NAMES]
mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Info
if sys.argv[1] == "kept":
    from l335.allocator import keep_freed_memory
    keep_freed_memory()
before = mallinfo2().hblkhd  # bytes mapped from the system for single blocks
block = torch.ones(7_500_000)  # 30 MB
print((mallinfo2().hblkhd - before) / 1e6)
"""


def mapped_mb(way: str) -> float:
    command = [sys.executable, "-c", MAPPED_MB, way]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator alone is told so")
def test_a_large_block_is_not_mapped_by_itself():
    assert mapped_mb("kept") == 0
    assert mapped_mb("default") > 29, "it is not anyway; the call is of no use any more"


GIVEN_BACK_MB = """
import sys, psutil
if sys.argv[1] == "given back":
    from l335.allocator import give_back_large_blocks
    give_back_large_blocks()
bytes(20_000_000)  # once freed, what is smaller counts as small
picture, behind = bytearray(10_000_000), bytearray(200_000)
rss = psutil.Process().memory_info
before = rss().rss
del picture
print((before - rss().rss) / 1e6)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator alone is told so")
def test_a_picture_is_given_back_whatever_lies_behind_it() -> None:
    def freed(way: str) -> float:
        command = [sys.executable, "-c", GIVEN_BACK_MB, way]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert freed("given back") > 9
    assert freed("default") < 1, "it is by itself; the call is of no use any more"
