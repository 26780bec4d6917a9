"""A report made by a person: what it is about, their own text, and the files to take along."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from l335.core.errors import LabError, NotFound
from l335.export.report import html, student_text
from l335.export.report.build import document, section_titles
from l335.export.report.document import Document, Missing
from l335.export.report.looks import Wanted, lacking, request
from l335.export.report.sources import Source, of_runs, of_sweep, with_folders
from l335.export.report.writing import write_kind
from l335.results.views import RunView
from l335.service import Lab
from l335.ui import links
from l335.ui.draft import keep_draft
from l335.ui.jobs import this_visitor
from l335.ui.run_picker import picker_label, runs_multiselect, sweep_label
from l335.ui.wording import count, plain, sentence

NUM_OFFERED = 60
MAX_CHOSEN = 20
REFRESH_SECONDS = 1.0
TEXT_HEIGHT = 260
PREVIEW_HEIGHT = 900
KINDS = {
    "html": ("HTML page", "text/html", "One file with figures; opens offline, prints to A4."),
    "md": ("Markdown", "application/zip", "A zip with report.md and its figures as PNG."),
    "zip": (
        "Everything",
        "application/zip",
        "A zip with the page, Markdown, figures as PNG and SVG, data as CSV, specifications as "
        "JSON and weights as safetensors.",
    ),
}
LOOK_NAMES = {"feature_maps": "feature maps", "upsample": "enlarged pictures"}


@dataclass(frozen=True)
class Draft:
    """What a person has chosen and written.

    Attributes:
        sources: What the report is about.
        left_out: Titles of the sections that are not wanted.
    """

    sources: tuple[Source, ...]
    title: str
    author: str
    text: str
    left_out: frozenset[str]

    def document(self, lab: Lab) -> Document:
        """The report as it stands."""
        return document(
            lab,
            self.sources,
            text=self.text,
            title=self.title,
            author=self.author,
            left_out=self.left_out,
        )

    def written(self, lab: Lab, kind: str) -> io.BufferedReader:
        """The report as an open file that is gone once it is closed."""
        folder = Path(tempfile.mkdtemp(prefix="l335-report-"))
        try:
            path = folder / "report"
            with path.open("wb") as file:
                write_kind(file, lab, self.sources, self.document(lab), kind)
            return path.open("rb")
        finally:
            # Streamlit takes files open for reading alone; an open one stays readable.
            shutil.rmtree(folder, ignore_errors=True)


def report_page(lab: Lab) -> None:
    """Draw the whole page; what is chosen is kept in the address."""
    if not lab.count_runs():
        st.info(
            "There is no run yet to report on. Start a lab, or train a network on Classification "
            "or Fit an image; then come back here.",
            icon=":material/info:",
        )
        with st.container(horizontal=True):
            st.page_link(links.LABS, label="Open Labs", icon=":material/science:")
        return
    sources = _chosen(lab)
    if not sources:
        st.info(
            "Choose one lab, sweep or run, or several: each becomes a part of the report.",
            icon=":material/info:",
        )
        return
    draft = _draft(sources)
    _looks(lab, sources)
    _files(lab, draft)
    _preview(lab, draft)


def _chosen(lab: Lab) -> tuple[Source, ...]:
    """What the report is about, chosen or from ``?sweep=UID,UID&runs=UID,UID``."""
    left, right = st.columns(2)
    with left:
        sweeps = _sweep_picker(lab)
    with right:
        runs = _run_picker(lab)
    sources = []
    for uid in sweeps:
        try:
            sources.append(of_sweep(lab, lab.sweeps.one(uid)))
        except LabError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
    if runs:
        sources += of_runs(lab, runs)
    return tuple(with_folders(sources))


def _sweep_picker(lab: Lab) -> list[str]:
    labels = {line.uid: sweep_label(line) for line in lab.sweeps.listing(limit=NUM_OFFERED)}
    for uid in _in_address("sweep"):
        if uid not in labels:
            try:
                labels[uid] = sweep_label(lab.sweeps.one(uid))
            except NotFound:
                st.warning(f"There is no sweep {plain(uid[:40])} here.", icon=":material/warning:")
    return _picker("Labs and sweeps", "sweep", labels, "Choose labs or sweeps")


def _run_picker(lab: Lab) -> list[RunView]:
    known = {run.uid: run for run in lab.runs(limit=NUM_OFFERED)}
    for uid in _in_address("runs"):
        if uid not in known:
            try:
                known[uid] = lab.run(uid)
            except NotFound as error:
                st.warning(plain(str(error)), icon=":material/warning:")
    labels = {uid: picker_label(run.title, run) for uid, run in known.items()}
    return [known[uid] for uid in _picker("Single runs", "runs", labels, "Choose runs")]


def _picker(title: str, name: str, labels: dict[str, str], placeholder: str) -> list[str]:
    return runs_multiselect(
        title,
        labels,
        [uid for uid in _in_address(name) if uid in labels][:MAX_CHOSEN],
        name=name,
        key=f"report.{name}",
        most=MAX_CHOSEN,
        placeholder=placeholder if labels else "There is none yet",
    )


def _in_address(name: str) -> list[str]:
    return [uid for uid in dict.fromkeys(st.query_params.get(name, "").split(",")) if uid]


def _draft(sources: tuple[Source, ...]) -> Draft:
    with st.container(horizontal=True):
        title = st.text_input(
            "Title",
            key="report.title",
            placeholder=sources[0].title,
            max_chars=200,
            persist_state="session",
        )
        author = st.text_input(
            "Who hands it in", key="report.author", max_chars=200, persist_state="session"
        )
    text = _own_text()
    names = section_titles(sources)
    sections = f"report.sections.{len(names)}"
    wanted = st.pills(
        "Sections",
        names,
        selection_mode="multi",
        default=None if sections in st.session_state else names,
        key=sections,
        help="Press one to leave it out.",
    )
    keep_draft("report", ["report.title", "report.author", "report.text", sections])
    left_out = frozenset(name for name in names if name not in (wanted or []))
    return Draft(sources, str(title or ""), str(author or ""), text, left_out)


def _own_text() -> str:
    """What the person writes, and how it will look."""
    left, right = st.columns(2)
    text = left.text_area(
        "Your own text, in Markdown",
        key="report.text",
        height=TEXT_HEIGHT,
        max_chars=student_text.MAX_CHARACTERS,
        placeholder="What did you expect, what did you see, and why? It opens the report.",
        help="It is kept while this tab is open; keep a copy of long texts. HTML in it is shown "
        "as typed and never runs.",
        persist_state="session",
    )
    with right.container(height=TEXT_HEIGHT, border=True):
        if text and text.strip():
            st.html(student_text.as_html(text))
        else:
            st.caption("As it will look: nothing is written yet.")
    return str(text or "")


def _looks(lab: Lab, sources: Sequence[Source]) -> None:
    """Offer to make the feature maps and enlarged pictures that are not there."""
    missing = lacking(lab, sources)
    waiting = st.session_state.setdefault("report.looks", [])
    if waiting and missing:
        st.fragment(_looks_progress, run_every=REFRESH_SECONDS)(lab, list(waiting))
    if not missing:
        waiting.clear()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, name in LOOK_NAMES.items():
            of_kind = [look for look in missing if look.kind == kind]
            if of_kind:
                _add_button(lab, name, of_kind)


def _add_button(lab: Lab, name: str, looks: list[Wanted]) -> None:
    def add() -> None:
        st.session_state["report.looks"] = [
            *st.session_state["report.looks"],
            *request(lab, looks, this_visitor()),
        ]

    st.button(
        f"Add {name}",
        key=f"report.add.{name}",
        icon=":material/add_photo_alternate:",
        on_click=add,
        help=f"Not made yet for {count(len(looks), 'setting')}. It takes some seconds each.",
    )


def _looks_progress(lab: Lab, uids: list[str]) -> None:
    jobs = [lab.analyses.one(uid) for uid in uids]
    failed = [job for job in jobs if job.state == "failed"]
    over = [job for job in jobs if job.state in ("done", "failed")]
    if len(over) == len(jobs):
        st.session_state["report.looks"] = [job.uid for job in failed]
        if not failed:
            st.rerun()
    for text in dict.fromkeys(job.error_text for job in failed):
        st.error(plain(text), icon=":material/error:")
    if len(over) < len(jobs):
        share = sum(job.share if job.state == "running" else job in over for job in jobs)
        words = f"Made {len(over)} of {len(jobs)} …"
        st.progress(min(1.0, share / len(jobs)), text=words)


def _files(lab: Lab, draft: Draft) -> None:
    presets = [source.preset for source in draft.sources]
    of_lab = f"-{presets[0].kind.replace('_', '-')}" if len(presets) == 1 and presets[0] else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, (label, media_type, words) in KINDS.items():
            suffix = "html" if kind == "html" else "zip"
            st.download_button(
                label,
                # A function: the report is made when it is wanted, not at each refresh.
                data=partial(draft.written, lab, kind),
                file_name=f"report{of_lab}{'-markdown' if kind == 'md' else ''}.{suffix}",
                mime=media_type,
                key=f"report.download.{kind}",
                icon=":material/download:",
                type="primary" if kind == "html" else "secondary",
                on_click="ignore",
                help=words,
            )
    st.caption("Each is made when you press it, which takes some seconds.")


def _preview(lab: Lab, draft: Draft) -> None:
    if not st.toggle("Show the report here", key="report.preview"):
        return
    with st.spinner("Making the report …"):
        made = draft.document(lab)
    for section in made.sections:
        for block in section.blocks:
            if isinstance(block, Missing):
                st.caption(f":material/warning: **{section.title}.** {sentence(block.words)}")
    st.iframe(html.page(made), height=PREVIEW_HEIGHT, alt="The report")
