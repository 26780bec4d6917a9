"""Many runs at once: every sweep, one sweep by its address, and the making of a new one."""

import streamlit as st

from l335.core.errors import NotFound
from l335.service.current import current_lab
from l335.ui.controls import undo_bar
from l335.ui.links import keep_address
from l335.ui.sweep_builder import is_asked_for, sweep_builder
from l335.ui.sweep_list import sweep_list
from l335.ui.sweep_view import sweep_view

lab = current_lab()
keep_address()
sweep = None
if uid := st.query_params.get("sweep"):
    try:
        sweep = lab.sweeps.one(uid)
    except NotFound as error:
        st.error(f"{error} Here are the sweeps there are.", icon=":material/error:")

undo_bar("sweep", lab.sweeps.restore)
if sweep:
    sweep_view(lab, sweep)
elif is_asked_for():
    sweep_builder(lab)
else:
    sweep_list(lab)
