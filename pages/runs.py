"""Every run, and one run opened by its address."""

import streamlit as st

from l335.core.errors import NotFound, Unreadable
from l335.service.current import current_lab
from l335.ui.analyses import analyses
from l335.ui.controls import delete_unreadable, undo_bar
from l335.ui.links import keep_address
from l335.ui.run_detail import run_detail
from l335.ui.run_list import run_list
from l335.ui.wording import plain

lab = current_lab()
keep_address()
run = None
if uid := st.query_params.get("run"):
    try:
        run = lab.run(uid)
    except Unreadable as error:
        st.error(plain(str(error)), icon=":material/error:")
        delete_unreadable(lab, uid, place="top")
    except NotFound as error:
        st.error(f"{error} Here are the runs there are.", icon=":material/error:")

undo_bar("run", lab.restore)
if run:
    run_detail(lab, run)
else:
    st.header("Runs", anchor=False)
    analyses(lab)
    run_list(lab)
