"""The way back from one thing on a page to the page itself, by its entry in the navigation."""

from __future__ import annotations

import streamlit as st

# Streamlit 1.67 keeps the parameters of the address where the entry of the open page is clicked,
# so that Labs would lead from a lab to the same lab.
_mount = st.components.v2.component(
    "l335_way_back",
    js="""
const PLAIN = (event) =>
  !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

function forget(event) {
  const entry = event.target.closest?.('a[aria-current="page"]');
  if (!entry || !PLAIN(event) || !location.search) return;
  const to = new URL(entry.href);
  if (to.origin + to.pathname !== location.origin + location.pathname || to.search) return;
  event.preventDefault();
  event.stopPropagation();
  history.pushState(null, "", to);
  dispatchEvent(new PopStateEvent("popstate")); // as if the Back button had led there
}

export default function () {
  document.addEventListener("click", forget, true);
  return () => document.removeEventListener("click", forget, true);
}
""",
)


def way_back() -> None:
    """Let a page's entry in the navigation lead to the page without its parameters."""
    _mount(key="way_back", height=1)
