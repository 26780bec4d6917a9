"""The browser's address: held up to date as a form changes, and left by the page's own entry.

Streamlit 1.67 makes an entry in the browser's history of each change to ``st.query_params``, so
that Back would take a form apart setting by setting. Here the browser replaces the address in
place, without a rerun, and the script is told at the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

import streamlit as st

# Streamlit 1.67 keeps the parameters of the address where the entry of the open page is clicked,
# so that Labs would lead from a lab to the same lab.
_mount = st.components.v2.component(
    "l335_address",
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

export default function ({ data }) {
  const { query } = data;
  if (query !== null && location.search !== (query && `?${query}`)) {
    history.replaceState(history.state, "", location.pathname + (query && `?${query}`));
  }
  document.addEventListener("click", forget, true);
  return () => document.removeEventListener("click", forget, true);
}
""",
)

MEMORY, WANTED = "address", "address.wanted"


@dataclass
class _Sent:
    """What the browser was last told.

    Attributes:
        page: The page it was told on.
        seen: The parameters the script was called with.
        sent: Those the browser put in their place.
        serial: Goes up with each difference, so that the browser looks again.
    """

    page: str
    seen: str
    sent: str
    serial: int = 0


def _current() -> str:
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    return urlencode(query, doseq=True)


def read_address(page: str) -> None:
    """Before a page's script: let ``st.query_params`` be what stands in the browser.

    A browser that replaced its address may still send the one from before.

    Args:
        page: What tells the page from the others.
    """
    st.session_state.pop(WANTED, None)
    last: _Sent | None = st.session_state.get(MEMORY)
    if last is None or last.page != page:
        serial = last.serial if last else 0
        st.session_state[MEMORY] = _Sent(page, _current(), _current(), serial)
    elif _current() == last.seen != last.sent:
        st.query_params.from_dict(parse_qs(last.sent, keep_blank_values=True))


def keep_in_address(query: Mapping[str, str | Sequence[str]]) -> None:
    """Let the address hold these parameters and no others, in place of those it has."""
    st.session_state[WANTED] = urlencode(query, doseq=True)


def write_address() -> None:
    """Below a page, where it takes no room from it: tell the browser what to hold."""
    last: _Sent = st.session_state[MEMORY]
    wanted = st.session_state.get(WANTED)
    last.seen = _current()
    last.sent = last.seen if wanted is None else wanted
    last.serial += last.sent != last.seen
    query = None if wanted is None else last.sent
    _mount(key="address", data={"query": query, "serial": last.serial}, height=1)
