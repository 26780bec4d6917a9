"""Where to start: the two halves of the lab, and what ran last."""

import streamlit as st

from l335.service.current import current_lab
from l335.ui import links
from l335.ui.home import entry_card, runner_line
from l335.ui.run_list import run_rows

lab = current_lab()

st.title("Watch a network learn", anchor=False)
st.markdown(
    "Choose a network and how it is trained, press Train, and see the curves and pictures form. "
    "Runs go on in the background: close the page, come back, nothing is lost."
)
left, right = st.columns(2, gap="medium")
with left:
    entry_card(
        links.OF_TASK["classify"],
        "Classify Fashion-MNIST",
        "How much does a network gain from knowing which pixels are neighbours? Train the basic "
        "net and the CNN on the same budget of 669,706 parameters, and look at the feature maps.",
        "Open Classification",
        "sheet",
    )
with right:
    entry_card(
        links.OF_TASK["fit-image"],
        "Fit an image",
        "A network that maps coordinates to colours learns one picture, yours for instance. See "
        "how the encoding decides on its detail, then paint it up to 8 times larger.",
        "Open Fit an image",
        "pictures",
    )

with st.container(border=True):
    st.markdown(
        "**Labs.** One for each task of the practical, ready to start: all its runs in one chart, "
        "the table to hand in, and what the results show. Say first what you expect."
    )
    st.page_link(links.LABS, label="Open the labs", icon=":material/arrow_forward:")

st.subheader("Latest runs", anchor=False)
runs = lab.runs(limit=6)
if runs:
    run_rows(runs)
    st.page_link(links.RUNS, label="All runs", icon=":material/arrow_forward:")
else:
    st.caption("There are none yet. Open a page or a lab above and start it.")
runner_line(lab)
