"""Choosing the runs of a sweep: a start, what varies, and how many runs that makes.

The address holds all of it, so that a sweep can be shared before and after it is trained. Widgets
start anew from a definition where the address was changed from outside, such as by a link.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import streamlit as st

from l335.core.errors import LabError, NotFound, SpecError
from l335.export.command_line import sweep_command
from l335.service import Lab
from l335.spec import FitImageSpec, Spec
from l335.spec.from_text import full_name
from l335.spec.presets import PRESETS
from l335.spec.sweep_definition import (
    SweepDefinition,
    axes_of_rows,
    row_text,
    rows_of_axes,
    words_of,
)
from l335.spec.sweeps import Cell, axis
from l335.ui import links
from l335.ui.address import keep_in_address
from l335.ui.image_picker import CHOSEN, image_picker
from l335.ui.restrictions import Restrictions
from l335.ui.sweep_settings import axes_editor, settable, table_editor, text_editor
from l335.ui.time_line import time_line
from l335.ui.wording import count, plain

WORDS = ("preset", "from", "axis", "cell", "set", "seeds")
"""Parameters of the address that ask for the settings of a new sweep."""

GRID, TABLE, TEXT = "Every combination", "A list as a table", "A list as text"
MEMORY = "sweep.builder"


@dataclass
class Builder:
    """What the page remembers of the settings of a new sweep.

    Attributes:
        start: What the widgets started with.
        shown: What they hold.
        address: What the address held when it was last read.
        written: What the widgets made of it since.
        mode: How the cells are written.
        version: Goes into the widgets' keys, so that a new one makes them start anew.
        is_fresh: Whether the widgets have not been drawn since.
    """

    start: SweepDefinition
    shown: SweepDefinition
    address: SweepDefinition
    written: SweepDefinition
    mode: str
    version: int = 0
    is_fresh: bool = True

    def key(self, name: str) -> str:
        """The key of a widget."""
        return f"sweep.{self.version}.{name}"

    def restart(self, definition: SweepDefinition, mode: str) -> None:
        """Let all widgets start anew."""
        self.start = self.shown = definition
        self.mode = mode
        self.version += 1
        self.is_fresh = True


@dataclass(frozen=True)
class Made:
    """What a definition comes to.

    Attributes:
        cells: Its runs; none where something does not fit.
        problems: What does not fit, in sentences.
        sum: How the number of runs comes about: "3 × 2 × 3 seeds = 18 runs".
        command: The same from the command line.
    """

    cells: list[Cell]
    problems: list[str]
    sum: str = ""
    command: str = ""


def is_asked_for() -> bool:
    """Whether the address asks for the settings of a new sweep."""
    return any(word in st.query_params for word in WORDS)


def sweep_builder(lab: Lab) -> None:
    """Draw the settings of a new sweep, what they come to, and the button that starts it."""
    st.page_link(links.SWEEPS, label="All sweeps", icon=":material/arrow_back:")
    st.header("New sweep", anchor=False)
    builder = _builder()
    try:
        base = base_of(lab, builder.start)
    except NotFound as error:
        st.error(str(error), icon=":material/error:")
        builder.restart(replace(builder.start, source="", preset=next(iter(PRESETS))), builder.mode)
        base = base_of(lab, builder.start)
    image = builder.start.image or (base.image if isinstance(base, FitImageSpec) else "")
    if builder.is_fresh and image:
        # The picker shares its choice with the page that fits one image.
        st.session_state[CHOSEN] = image
    builder.is_fresh = False
    left, right = st.columns([2, 3], gap="large")
    with left:
        definition = _start_from(lab, builder, base)
    with right:
        definition = _cells(builder, definition, base)
        definition = _seeds_and_title(builder, definition, base)
        made = _made(definition, with_image(lab, definition, base))
        _start(lab, definition, made, base)
    builder.written = definition
    keep_in_address(definition.query())
    was, builder.shown = builder.shown, definition
    if settable(base, definition).keys() != settable(base, was).keys():
        st.rerun()  # the settings of a component chosen just now are offered as well


def _address() -> SweepDefinition:
    return SweepDefinition.from_query(
        {word: st.query_params.get_all(word) for word in st.query_params}
    )


def _builder() -> Builder:
    address = _address()
    builder: Builder | None = st.session_state.get(MEMORY)
    if builder is None:
        mode = TEXT if address.rows else GRID
        builder = st.session_state[MEMORY] = Builder(address, address, address, address, mode)
    elif address == builder.written:
        builder.address = address
    elif address != builder.address:  # a link or the Back button leads
        builder.address = address
        listed = TEXT if builder.mode == GRID else builder.mode
        builder.restart(address, listed if address.rows else GRID)
    return builder


def base_of(lab: Lab, definition: SweepDefinition) -> Spec:
    """The settings a sweep starts with, before any is changed.

    Raises:
        NotFound: There is no such run or preset.
    """
    if definition.source:
        return lab.run(definition.source).spec
    if definition.preset not in PRESETS:
        raise NotFound(f"There is no preset `{definition.preset[:40]}`; choose one of those below.")
    return PRESETS[definition.preset].spec


def with_image(lab: Lab, definition: SweepDefinition, spec: Spec) -> Spec:
    """The settings with the picture that was chosen for them."""
    if not isinstance(spec, FitImageSpec) or definition.image in ("", spec.image):
        return spec
    for image in lab.images.all():
        if image.sha256 == definition.image:
            name = image.short_name
            return spec.with_image(image.sha256, name, image.width, image.height)
    return spec


def _start_from(lab: Lab, builder: Builder, base: Spec) -> SweepDefinition:
    """Draw what all cells share."""
    start = builder.start
    options = {f"preset={name}": preset.title for name, preset in PRESETS.items()}
    if start.source:
        options[f"from={start.source}"] = f"Run: {lab.run(start.source).title}"
    first = f"from={start.source}" if start.source else f"preset={start.preset}"
    key = builder.key("base")

    def restart() -> None:
        word, _, value = st.session_state[key].partition("=")
        fresh = SweepDefinition(seeds=builder.shown.seeds)
        chosen = {"source": value} if word == "from" else {"preset": value}
        builder.restart(replace(fresh, **chosen), builder.mode)

    st.selectbox(
        "Start from",
        list(options),
        index=list(options).index(first),
        format_func=options.__getitem__,
        key=key,
        on_change=restart,
        help="The settings all runs share, but for what you change here and vary on the right.",
    )
    if not start.source:
        st.caption(PRESETS[start.preset].description)
    text = st.text_input(
        "Changed for all runs",
        value=" ".join(start.changes),
        key=builder.key("changes"),
        placeholder="epochs=2 train_size=5000" if base.task == "classify" else "steps=500 depth=4",
        help="Settings as key=value, with spaces between them.",
    )
    try:
        changes = tuple(words_of(text))
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        changes = start.changes
    image = None
    if isinstance(base, FitImageSpec):
        image = image_picker(lab, Restrictions(), fallback=start.image or base.image)
    return replace(start, changes=changes, image=image.sha256 if image else "")


def _cells(builder: Builder, definition: SweepDefinition, base: Spec) -> SweepDefinition:
    """Draw what varies."""
    key = builder.key("mode")

    def convert() -> None:
        mode = st.session_state[key]
        shown = builder.shown
        try:
            if mode == GRID and shown.rows:
                shown = replace(shown, rows=(), axes=axes_of_rows(shown.rows))
            elif mode != GRID and not shown.rows:
                shown = replace(shown, axes=(), rows=rows_of_axes(shown.axes))
        except LabError:
            return  # what can't be read stays as it was written, with its sentence
        builder.restart(shown, mode)

    mode = st.segmented_control(
        "What varies",
        [GRID, TABLE, TEXT],
        default=builder.mode,
        required=True,
        key=key,
        on_change=convert,
        help="Every combination of some values, or a list of single cells.",
    )
    known = settable(base, builder.shown)
    if mode == TEXT:
        return replace(definition, axes=(), rows=text_editor(builder.key, builder.start.rows))
    if mode == TABLE:
        rows = table_editor(builder.key, builder.start.rows, known)
        return replace(definition, axes=(), rows=tuple(map(row_text, rows)))
    begun = base
    with contextlib.suppress(SpecError):  # said where the number of runs would stand
        begun = definition.start(base)
    axes = [(full_name(begun, key), values) for key, values in map(_parted, builder.start.axes)]
    return replace(definition, rows=(), axes=axes_editor(builder.key, axes, known, begun))


def _parted(text: str) -> tuple[str, str]:
    key, _, values = text.partition("=")
    return key.strip(), values.strip()


def _seeds_and_title(builder: Builder, definition: SweepDefinition, base: Spec) -> SweepDefinition:
    left, right = st.columns([1, 3])
    seeds = left.number_input(
        "Seeds",
        value=builder.start.seeds,
        step=1,
        key=builder.key("seeds"),
        help="Runs of each setting that differ in initial weights and data order alone, "
        f"from seed {base.seed} on.",
    )
    title = right.text_input(
        "Name",
        value=builder.start.title,
        key=builder.key("title"),
        placeholder=title_of(definition, base),
        max_chars=120,
    )
    return replace(definition, seeds=int(seeds or 0), title=title.strip())


def title_of(definition: SweepDefinition, base: Spec) -> str:
    """A name made of what varies: "Basic net: learning rate, batch size"."""
    texts = definition.axes
    try:
        texts = texts or axes_of_rows(definition.rows)
    except LabError:
        texts = ()
    names = PRESETS[definition.preset].title if not definition.source else "From a run"
    known = settable(base, definition)
    varied = [
        str(known[name].title).lower() if name in known else name
        for name in (full_name(base, _parted(text)[0]) for text in texts)
    ]
    return f"{names}: {', '.join(varied)}" if varied else f"{names}: seeds"


def _made(definition: SweepDefinition, base: Spec) -> Made:
    """What a definition comes to; 500 cells take a third of a second, so it is remembered."""
    asked = (definition, base.model_dump_json())
    if st.session_state.get("sweep.asked") != asked:
        st.session_state["sweep.asked"] = asked
        st.session_state["sweep.made"] = made_of(definition, base)
    made: Made = st.session_state["sweep.made"]
    return made


def made_of(definition: SweepDefinition, base: Spec) -> Made:
    """The cells, or the sentences that say why there are none."""
    try:
        start = definition.start(base)
        cells = definition.cells(start)
        varied = {} if definition.rows else definition.varied(start)
        command = sweep_command(start, varied, definition.lines(start))
        return Made(cells, [], _sum(definition, len(cells)), command)
    except SpecError as error:
        return Made([], [problem.message for problem in error.problems])
    except LabError as error:
        return Made([], [str(error)])


def _sum(definition: SweepDefinition, number: int) -> str:
    factors = [str(len(axis(text)[1])) for text in definition.axes]
    if definition.rows:
        factors = [count(len(definition.rows), "setting")]
    if definition.seeds != 1:
        factors.append(count(definition.seeds, "seed"))
    runs = count(number, "run")
    return f"{' × '.join(factors)} = {runs}" if len(factors) > 1 else runs


def _start(lab: Lab, definition: SweepDefinition, made: Made, base: Spec) -> None:
    """Draw the button that starts it, the number of runs, and what does not fit."""
    number = len(made.cells)
    problems = made.problems
    with st.container(horizontal=True, vertical_alignment="center"):
        is_clicked = st.button(
            f"Start {count(number, 'run')}" if number else "Start",
            key="sweep.start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not number,
            shortcut="Ctrl+Enter",
        )
        if made.sum:
            st.markdown(f"**{made.sum}**", width="content")
    if number:
        _expectation(lab, [cell.spec for cell in made.cells])
    if is_clicked:
        title = definition.title or title_of(definition, base)
        try:
            uid = lab.sweeps.start(made.cells, title=title, definition=definition.query())
        except SpecError as error:
            problems = [problem.message for problem in error.problems]
        else:
            st.session_state.pop(MEMORY, None)
            st.query_params.from_dict({"sweep": uid})
            st.rerun()
    for problem in problems:
        st.error(plain(problem), icon=":material/error:")
    if made.command:
        st.markdown("**The same from the command line**")
        st.code(
            made.command,
            language="shell",
            wrap_lines=True,
            height="content" if number < 12 or not definition.rows else 240,
        )


def _expectation(lab: Lab, specs: list[Spec]) -> None:
    """How many of the runs need not be trained again, and how long the others will take."""
    try:
        found = lab.find_runs(specs)
    except SpecError:
        return  # such as without a picture, which the start button answers
    if known := sum(run is not None for run in found):
        verb = "is" if known == 1 else "are"
        st.caption(
            f"{known:,} of them {verb} trained or waiting already, and {verb} not trained again."
        )
    missing = [spec for spec, run in zip(specs, found, strict=True) if run is None]
    if missing:
        time_line(lab, missing)
