"""``python -m l335.data.images.intake``: one file from standard input, cleaned, to standard output.

The decoded pixels of a large picture take hundreds of megabytes for a moment; here they are those
of a process that ends, not of the one that serves every page.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading

from l335.core.errors import ImageRefused
from l335.core.settings import ROOT
from l335.data.images import CleanImage, sanitise

_PROCESSES = threading.BoundedSemaphore(2)  # as many as decode at a time


def sanitise_apart(data: bytes) -> CleanImage:
    """``sanitise`` in a process of its own; it takes some 0.5 s longer.

    Raises:
        ImageRefused: With a sentence on what is wrong and what to do.
    """
    command = [sys.executable, "-m", "l335.data.images.intake"]
    # Through a file: a pipe's pieces and what they are joined to would be in memory twice.
    with _PROCESSES, tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, input=data, stdout=output, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        output.seek(0)
        line, png = output.readline(), output.read()
    if done.returncode != 0 or not line:
        raise ImageRefused(
            "The image could not be taken in: the process that reads it ended early, perhaps for "
            "lack of memory. Try again, or scale the image down."
        )
    header = json.loads(line)
    if "refused" in header:
        raise ImageRefused(str(header["refused"]))
    return CleanImage(png, **header)


def main() -> None:
    try:
        clean = sanitise(sys.stdin.buffer.read())
    except ImageRefused as error:
        sys.stdout.buffer.write(json.dumps({"refused": str(error)}).encode() + b"\n")
        return
    header = {"width": clean.width, "height": clean.height, "notice": clean.notice}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + clean.png)


if __name__ == "__main__":
    main()
