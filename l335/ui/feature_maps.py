"""Feature maps of a trained classifier for one test image."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from l335.datasets import CLASS_NAMES, test_image, test_label
from l335.lab import Lab
from l335.spec import FASHION_MNIST_TEST
from l335.ui.jobs import wait_for
from l335.ui.pictures import grey_pixels, with_large_pixels
from l335.views import ArtifactView, JobView, RunView

LAST = FASHION_MNIST_TEST - 1


def feature_maps(lab: Lab, run: RunView) -> None:
    """Draw the picker of a test image, the prediction, and one sheet of maps per conv layer."""
    st.subheader("Feature maps", anchor=False)
    if not run.has_checkpoint:
        st.caption("They can be seen once the run has stored its first checkpoint.")
        return
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        index = _pick_image(lab)
    with right:
        uid = lab.request(run.uid, "feature_maps", {"index": index})
        wait_for(lab, uid, "Looking through the network", lambda job: _show(lab, job))


def _pick_image(lab: Lab) -> int:
    key = "test_image"
    st.session_state.setdefault(key, 0)

    def move(by: int) -> None:
        st.session_state[key] = (int(st.session_state[key] or 0) + by) % FASHION_MNIST_TEST

    index = int(
        st.number_input(
            f"Test image, 0 to {LAST:,}",
            min_value=0,
            max_value=LAST,
            step=1,
            key=key,
            persist_state="session",
        )
        or 0
    )
    back, forth = st.columns(2, gap="small")
    back.button("Back", icon=":material/chevron_left:", on_click=move, args=(-1,), width="stretch")
    forth.button(
        "Next",
        icon=":material/chevron_right:",
        icon_position="right",
        on_click=move,
        args=(1,),
        width="stretch",
    )
    data_dir = lab.settings.data_dir
    name = CLASS_NAMES[test_label(data_dir, index)]
    st.image(
        grey_pixels(test_image(data_dir, index), 10),
        caption=f"True class: {name} (bold on the right)",
        alt=f"Test image {index}: {name}",
        width="stretch",
    )
    return index


def _show(lab: Lab, job: JobView) -> None:
    products = dict(job.products)
    prediction = products.pop("prediction")
    products.pop("input", None)
    _show_prediction(prediction.meta)
    if not products:
        st.info(
            "The basic net has no conv layers, so it has no feature maps: each of its units sees "
            "the whole image at once. Choose the CNN on the left and train it to see them.",
            icon=":material/info:",
        )
    for name, product in products.items():
        _show_sheet(name, product)


def _show_sheet(name: str, product: ArtifactView) -> None:
    channels, height, width = product.meta["shape"]
    st.image(
        with_large_pixels(product.sha256),
        caption=(
            f"{name.capitalize()} after ReLU: {channels} maps of {height} × {width} pixels, "
            f"values {product.meta['min']:.2f} to {product.meta['max']:.2f}"
        ),
        alt=f"Feature maps of {name}",
        width="stretch",
    )


def _show_prediction(prediction: dict[str, Any]) -> None:
    label, truth = int(prediction["label"]), int(prediction["true_label"])
    chance = 100 * float(prediction["probabilities"][label])
    verdict = ":green-badge[right]" if label == truth else ":red-badge[wrong]"
    st.markdown(f"Prediction: **{CLASS_NAMES[label]}**, {chance:.1f} % {verdict}")
    st.html(_bars([float(share) for share in prediction["probabilities"]], truth))


def _bars(probabilities: list[float], truth: int) -> str:
    """Ten bars in the text's own colour, so that they follow light and dark."""
    rows = []
    for number, share in enumerate(probabilities):
        weight = 700 if number == truth else 400
        rows.append(
            f'<div style="font-weight:{weight}">{escape(CLASS_NAMES[number])}</div>'
            '<div style="background:rgba(127,127,127,.18);border-radius:3px;height:.7rem">'
            f'<div style="width:{100 * share:.1f}%;min-width:1px;height:100%;border-radius:3px;'
            f'background:currentColor;opacity:{1 if number == truth else 0.55}"></div></div>'
            f'<div style="text-align:right;font-variant-numeric:tabular-nums">{100 * share:.1f} %'
            "</div>"
        )
    return (
        '<div style="display:grid;grid-template-columns:max-content 1fr 4.5rem;'
        'gap:.15rem .8rem;align-items:center;font-size:.9rem;max-width:40rem">'
        + "".join(rows)
        + "</div>"
    )
