"""What the sections of a report are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from l335.export.report.document import Block
from l335.export.report.looks import Looks
from l335.export.report.sources import Source
from l335.service import Lab


@dataclass(frozen=True)
class Subject:
    """One source, with where its pictures come from."""

    lab: Lab
    source: Source
    looks: Looks


Blocks = Callable[[Subject], list[Block]]
"""Makes what stands in a section."""
