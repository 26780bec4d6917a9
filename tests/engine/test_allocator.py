"""Freed memory stays with the process, measured by the page faults that follow without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
if sys.argv[1] == "kept":
    from l335.engine.allocator import keep_freed_memory
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(6):
    if turn == 2:
        before = faults()
    blocks = [torch.ones(5 * 2**20) for _ in range(4)]  # 20 MB each
    del blocks
print(faults() - before)
"""
PAGES = 4 * 4 * 20 * 2**20 // 4096  # of four blocks in four turns


def faults(way: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, way], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator alone is told so")
def test_freed_activations_are_used_again_without_page_faults():
    assert faults("kept") < PAGES / 100
    assert faults("default") > PAGES / 8, "the test no longer shows a difference"
