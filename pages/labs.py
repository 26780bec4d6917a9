"""Ready labs: one for each task of the practical, and all of them at a glance."""

import streamlit as st

from l335.core.errors import NotFound
from l335.service.current import current_lab
from l335.ui import links
from l335.ui.lab_address import LAB
from l335.ui.lab_page import lab_page
from l335.ui.labs_overview import labs_overview

lab = current_lab()
links.keep_address()
is_open = LAB in st.query_params
if is_open:
    try:
        lab_page(lab)
    except NotFound as error:
        is_open = False
        st.error(f"{error} Here are the labs there are.", icon=":material/error:")

if not is_open:
    st.header("Labs", anchor=False)
    st.markdown(
        "One ready lab for each task of the practical: its settings are made, its runs race each "
        "other in one chart, and table and findings are written from their figures."
    )
    labs_overview(lab)
