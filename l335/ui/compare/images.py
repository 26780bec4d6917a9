"""Two classifiers on the same test images: McNemar's test, and where they disagree."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from l335.data.datasets import CLASS_NAMES, test_image, test_labels
from l335.results.views import RunView
from l335.service import Lab
from l335.service.current import current_lab
from l335.spec import ClassifySpec
from l335.statistics.paired import mcnemar, mcnemar_sentence
from l335.statistics.predictions import Kind, Predictions, disagreements, read_predictions
from l335.ui.comparison import names_of_runs
from l335.ui.html_table import html_table
from l335.ui.pictures import grey_url
from l335.ui.run_picker import one_of
from l335.ui.wording import count, plain

AT_ONCE = 24
ALL_CLASSES = -1


@dataclass(frozen=True)
class Classifier:
    """A run with its newest recorded answers.

    Attributes:
        name: What tells it from the other runs that are compared.
        step: The step the answers were recorded at.
    """

    run: RunView
    name: str
    step: int
    answers: Predictions


def disagreeing_images(lab: Lab, runs: Sequence[RunView]) -> None:
    """Draw two of the classifiers against each other, image by image."""
    st.subheader("The same images, two classifiers", anchor=False)
    names = names_of_runs(runs)
    found = [_classifier(lab, run, names[run.uid]) for run in runs]
    able = {one.run.uid: one for one in found if one is not None}
    lacking = [f"**{plain(names[run.uid])}**" for run in runs if run.uid not in able]
    if lacking:
        st.caption(
            f"No answers are recorded of {', '.join(lacking)}: the first come with the first "
            "evaluation of a run."
        )
    if len(able) < 2:
        st.info(
            "Two classifiers with recorded answers are needed here. Wait until the runs have been "
            "evaluated once, or choose others above.",
            icon=":material/info:",
        )
        return
    a, b = _two(able)
    labels = test_labels(lab.settings.data_dir)
    _test(a, b, labels)
    # Choosing among the images draws them anew, and nothing else of the page.
    st.fragment(_gallery)(lab, a, b, labels)


def _classifier(lab: Lab, run: RunView, name: str) -> Classifier | None:
    recorded = [one for one in lab.snapshots(run.uid) if one.evaluation is not None]
    if not recorded or recorded[-1].evaluation is None:
        return None
    return Classifier(run, name, recorded[-1].step, _answers(recorded[-1].evaluation.sha256))


@st.cache_data(max_entries=32, show_spinner=False)
def _answers(sha256: str) -> Predictions:
    return read_predictions(current_lab().blob(sha256))


def _two(able: dict[str, Classifier]) -> tuple[Classifier, Classifier]:
    names = {uid: one.name for uid, one in able.items()}
    left, right = st.columns(2)
    with left:
        first = one_of("A", names, key="compare.a")
    others = {uid: name for uid, name in names.items() if uid != first}
    with right:
        second = one_of("B", others, key="compare.b")
    return able[first], able[second]


def _test(a: Classifier, b: Classifier, labels: NDArray[np.uint8]) -> None:
    test = mcnemar(a.answers.predicted, b.answers.predicted, labels)
    table, words = st.columns([2, 3], gap="large")
    rows = [
        ("A right", test.both, test.only_a),
        ("A wrong", test.only_b, test.neither),
        ("Together", test.both + test.only_b, test.only_a + test.neither),
    ]
    with table:
        html_table(
            "Test images by who is right",
            ["Test images", "B right", "B wrong", "Together"],
            [[name, *(f"{number:,}" for number in (*two, sum(two)))] for name, *two in rows],
            bold=(),
        )
    with words:
        st.markdown(mcnemar_sentence(test, "**A**", "**B**"))
        for note in _notes(a, b):
            st.caption(note)


def _notes(a: Classifier, b: Classifier) -> list[str]:
    notes = []
    if a.run.spec.model_copy(update={"seed": b.run.seed}) == b.run.spec:
        notes.append("A and B have the same settings: what parts them is the seed alone.")
    for letter, one in (("A", a), ("B", b)):
        spec = one.run.spec
        if one.step < one.run.total_steps:
            notes.append(
                f"{letter} has not come to its end: these are its answers after step {one.step:,} "
                f"of {one.run.total_steps:,}."
            )
        if not one.answers.confidence.any():
            notes.append(f"{letter} has diverged: its answers are not finite, and count as wrong.")
        if isinstance(spec, ClassifySpec) and spec.permute_pixels:
            notes.append(
                f"{letter} sees every image with its pixels permuted; they are shown in place."
            )
    return notes


def _gallery(lab: Lab, a: Classifier, b: Classifier, labels: NDArray[np.uint8]) -> None:
    found = disagreements(a.answers, b.answers, labels)
    titles: dict[Kind, str] = {
        "only_a": "Only A right",
        "only_b": "Only B right",
        "neither": "Both wrong, differently",
    }
    pair = f"{a.run.uid}.{a.step}.{b.run.uid}.{b.step}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Images on which they disagree",
            list(titles),
            default="only_a",
            required=True,
            format_func=lambda one: f"{titles[one]}: {len(found[one]):,}",
            key=f"compare.kind.{pair}",
        )
        label = st.selectbox(
            "True class",
            [ALL_CLASSES, *range(len(CLASS_NAMES))],
            format_func=lambda one: "All" if one == ALL_CLASSES else CLASS_NAMES[one],
            key="compare.class",
            width=200,
        )
    places = found[kind or "only_a"]
    if label != ALL_CLASSES:
        places = places[labels[places] == label]
    # Another choice starts from the first images again.
    _tiles(lab, a, b, labels, places, label, key=f"compare.shown.{pair}.{kind}.{label}")


def _tiles(
    lab: Lab,
    a: Classifier,
    b: Classifier,
    labels: NDArray[np.uint8],
    places: NDArray[np.int64],
    label: int,
    *,
    key: str,
) -> None:
    what = "" if label == ALL_CLASSES else f" of the class {CLASS_NAMES[label]}"
    if not len(places):
        st.caption(f"There is no such image{what}.")
        return
    shown = places[: st.session_state.get(key, AT_ONCE)]
    st.caption(
        f"{len(shown):,} of {count(len(places), 'image')}{what}, the most confident answers first. "
        "The figure is the probability a classifier gives to its own answer."
    )
    tiles = [_tile(lab, int(place), int(labels[place]), a.answers, b.answers) for place in shown]
    st.html(
        '<ul style="display: grid; gap: 0.9rem 0.75rem; list-style: none; padding: 0; margin: 0; '
        'grid-template-columns: repeat(auto-fill, minmax(148px, 1fr))">'
        f"{''.join(tiles)}</ul>"
    )
    if len(shown) < len(places):
        st.button("Show more", key=f"{key}.more", icon=":material/expand_more:", on_click=_more,
                  args=(key,))  # fmt: skip


def _more(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, AT_ONCE) + AT_ONCE


def _tile(lab: Lab, place: int, label: int, a: Predictions, b: Predictions) -> str:
    truth = html.escape(CLASS_NAMES[label])
    lines = [_answer(letter, one, place, label) for letter, one in (("A", a), ("B", b))]
    return (
        '<li style="font-size: 0.85rem; line-height: 1.35; margin: 0">'
        f'<img src="{grey_url(test_image(lab.settings.data_dir, place), 1)}" '
        f'alt="Test image {place:,}, true class {truth}" style="width: 100%; aspect-ratio: 1; '
        'display: block; border-radius: 4px; image-rendering: pixelated">'
        f"<strong>{truth}</strong>{''.join(lines)}</li>"
    )


def _answer(letter: str, answers: Predictions, place: int, label: int) -> str:
    predicted = int(answers.predicted[place])
    is_right = predicted == label
    mark, word = ("✓", "right") if is_right else ("✗", "wrong")
    sure = f"{100 * answers.confidence[place]:.0f} %"
    return (
        '<div style="display: flex; gap: 0.3rem; font-size: 0.8rem; '
        f'opacity: {1 if is_right else 0.85}">'
        f'<span>{letter}</span><span role="img" aria-label="{word}">{mark}</span>'
        f'<span style="flex: 1">{html.escape(CLASS_NAMES[predicted])}</span>'
        f"<span>{sure}</span></div>"
    )
