"""Removing a picture of one's own, after a confirmation."""

from __future__ import annotations

import streamlit as st

from l335.core.errors import LabError
from l335.results.views import ImageView
from l335.service import Lab
from l335.ui.pictures import picture_url, thumbnail_url
from l335.ui.wording import plain

REFUSED = "image.not_removed"


def offer_removal(lab: Lab, image: ImageView, chosen: str) -> None:
    """Draw the button that removes a picture, where it did not come with the lab.

    Args:
        lab: The lab.
        image: The picture.
        chosen: Key in the session state of the one that is chosen, which this one no longer is
            once it is removed.
    """
    if image.bundled:
        return

    def remove() -> None:
        try:
            lab.images.remove(image.sha256)
        except LabError as error:
            st.session_state[REFUSED] = str(error)
            return
        st.session_state.pop(chosen, None)
        thumbnail_url.clear()
        picture_url.clear()

    with st.popover("Remove my picture", icon=":material/delete:"):
        st.markdown(
            f"Remove “{plain(image.name)}” from this machine for good? Deleted runs that used it "
            "can then no longer be brought back."
        )
        st.button("Remove it", key=f"remove.{image.sha256}", type="primary", on_click=remove)
    if sentence := st.session_state.pop(REFUSED, None):
        st.error(plain(sentence), icon=":material/error:")
