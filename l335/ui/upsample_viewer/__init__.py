"""The enlarged pictures side by side: one zoom and one pan for all, and their difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from l335.ui import explorer

HERE = Path(__file__).parent
DOM = Path(explorer.__file__).parent / "dom.js"
OWN = ["view.js", "panes.js", "difference.js", "mount.js"]
PARTS = [HERE.parent / "asking.js", DOM, *(HERE / part for part in OWN)]

_mount = st.components.v2.component(
    "l335_upsample_viewer",
    html='<div class="viewer"></div>',
    css=(HERE / "style.css").read_text(),
    js="\n".join(part.read_text() for part in PARTS),
)


def upsample_viewer(
    look: str, panes: list[dict[str, Any]], whole: tuple[int, int], band: tuple[int, int]
) -> None:
    """Draw pictures of one size side by side.

    Args:
        look: The look they come from; another one starts at the whole picture again.
        panes: Name, title and address of each picture, in their order.
        whole: Width and height of the pictures in full.
        band: Columns and rows painted on each side beyond the frame.
    """
    data = {"look": look, "panes": panes, "whole": list(whole), "band": list(band)}
    _mount(key="upsample_viewer", data=data)
