"""What a person writes on a page, kept in their own tab: a reload finds it, nobody else does.

An address would tell it to whoever the page is sent to, and is too short for a long text.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_mount = st.components.v2.component(
    "l335_draft",
    js="""
export default function ({ data, setTriggerValue }) {
  const name = `l335.${data.name}`;
  const kept = JSON.parse(sessionStorage.getItem(name) ?? "null");
  if (!data.isNew) sessionStorage.setItem(name, JSON.stringify(data.values));
  else if (kept) setTriggerValue("restored", kept);
}
""",
)


def keep_draft(name: str, keys: Sequence[str]) -> None:
    """Let the browser keep what some widgets hold until the tab is closed.

    Args:
        name: What tells this draft from others.
        keys: Of the widgets; they are drawn before this.
    """
    memory = st.session_state

    def restore() -> None:
        restored = memory[f"{name}.draft"].restored
        if isinstance(restored, dict):
            for key in set(keys) & set(restored):
                memory[key] = restored[key]

    is_new = not memory.get(f"{name}.is_known")
    memory[f"{name}.is_known"] = True
    _mount(
        key=f"{name}.draft",
        data={"name": name, "isNew": is_new, "values": {key: memory.get(key) for key in keys}},
        on_restored_change=restore,
        height=1,
    )
