"""Putting a script together: header, imports, settings, definitions, main."""

from __future__ import annotations

import ast
import sys
import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version

from l335 import __version__
from l335.core.errors import LabError
from l335.core.metrics import METRICS
from l335.export.standalone.recorder import Call, calls_in
from l335.export.standalone.sources import Definitions, Import
from l335.export.standalone.text import to_text

USUAL_IMPORTS = (
    Import("argparse"),
    Import("itertools"),
    Import("json"),
    Import("math"),
    Import("collections", "OrderedDict"),
    Import("pathlib", "Path"),
    Import("numpy", alias="np"),
    Import("torch"),
    Import("torch.nn.functional", alias="F"),
    Import("PIL", "Image"),
    Import("torch", "nn"),
    Import("torchvision.datasets", "FashionMNIST"),
)
"""What the hand-written parts use; a script has those of them that it needs."""

LOAD_WEIGHTS = '''
DTYPES = {"F16": torch.float16, "F32": torch.float32, "I64": torch.int64}


def load_weights(model, path):
    """Take the weights of a file of the lab: safetensors, named `model.<parameter>`."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")  # the header's length, then the header
    weights = {}
    for name, entry in json.loads(data[8:start]).items():
        if name.startswith("model."):
            first, last = (start + offset for offset in entry["data_offsets"])
            values = torch.frombuffer(bytearray(data[first:last]), dtype=DTYPES[entry["dtype"]])
            weights[name.removeprefix("model.")] = values.reshape(entry["shape"])
    wanted = {name: values.shape for name, values in model.state_dict().items()}
    if {name: values.shape for name, values in weights.items()} != wanted:
        raise SystemExit(
            f"{path} holds the weights of another network, or of one an early version built."
        )
    model.load_state_dict(weights)
'''


Setting = tuple[str, object, str]
"""Name and value of a constant at the top of a script, and a word on it."""

SAME_FIGURES = (
    "On one machine, with the same versions, device and number of threads, it ends with the "
    "figures of the run."
)


LINE_LENGTH, INDENT = 100, 8


def filled(text: str, flags: set[str], **parts: str) -> str:
    """A hand-written part with the lines that stand where these flags hold.

    Args:
        text: Lines, some with flags behind ``#?``; ``!`` turns a flag round.
        flags: What holds.
        parts: What ``@NAME@`` stands for.
    """
    lines = []
    for line in text.split("\n"):
        kept, _, condition = line.partition("  #? ")
        wanted = condition.split()
        if all((word.lstrip("!") in flags) != word.startswith("!") for word in wanted):
            lines.append(kept)
    chosen = "\n".join(lines)
    for name, part in parts.items():
        chosen = chosen.replace(f"@{name}@", part)
    return chosen


def figure_lines(key: str, expression: str) -> list[str]:
    """A line of a dictionary that works a figure out, below comments that say how it is done."""
    words = textwrap.wrap(METRICS[key].measured, LINE_LENGTH - INDENT - len("# "))
    return [*(f"# {line}" for line in words), f'"{key}": {expression},']


def indented(lines: list[str]) -> str:
    """Lines of a dictionary that a function returns."""
    return "\n".join(" " * INDENT + line for line in lines)


LENGTH_AT = '''
def length_at(step):
    """Steps the run was to have when it took this one: it was continued at those of CONTINUED."""
    return next((steps for steps in CONTINUED if step <= steps), STEPS)
'''
"""What the schedule of a continued run counts on."""


@dataclass
class Script:
    """A script in the making.

    Attributes:
        title: Its first line, without a full stop.
        usage: Command lines with what they do.
        settings: Names and values at its top.
        libraries: Packages it needs, whose versions it names.
        definitions: What is taken from components and modules.
        blocks: Definitions in order.
        figures: How its figures stand to those of the run.
    """

    title: str
    usage: list[tuple[str, str]]
    settings: list[Setting]
    libraries: tuple[str, ...]
    definitions: Definitions = field(default_factory=Definitions)
    blocks: list[str] = field(default_factory=list)
    figures: str = SAME_FIGURES
    _num_taken: int = 0

    def add(self, text: str) -> None:
        """Add hand-written definitions."""
        self.blocks.append(textwrap.dedent(text).strip("\n"))

    def add_taken(self) -> None:
        """Add what was taken from components and modules since the last time."""
        new = list(self.definitions.texts.values())[self._num_taken :]
        self._num_taken = len(self.definitions.texts)
        self.blocks += _without_gaps(new)

    def expression(self, call: Call, column: int, room: int) -> str:
        """A recorded call as text; the lab's own modules that it names are brought along."""
        for one in calls_in(call):
            if one.path.startswith("l335."):
                self.definitions.take(one.path)
        return to_text(call, column, room)

    def text(self) -> str:
        """The whole script."""
        constants = "\n".join(
            f"{name} = {to_text(value, 0, len(name) + 3)}{f'  # {note}' if note else ''}"
            for name, value, note in self.settings
        )
        body = "\n\n\n".join(block.strip("\n") for block in self.blocks if block.strip())
        imports = self._imports(f"{constants}\n{body}")
        return f'"""{self._header()}"""\n\n{imports}\n\n{constants}\n\n\n{body}\n'

    def _header(self) -> str:
        width = max(len(command) for command, _ in self.usage)
        lines = [f"    {command:<{width}}  # {what}" for command, what in self.usage]
        libraries = ", ".join(f"{name} {_version(name)}" for name in self.libraries)
        written = (
            f"Written by L335 Lab {__version__} for Python 3.11 or newer and {libraries}. "
            "MIT licence: use it as you like."
        )
        paragraphs = [textwrap.fill(note, 96) for note in (self.figures, written)]
        return "\n\n".join([f"{self.title}.", "\n".join(lines), *paragraphs]) + "\n"

    def _imports(self, body: str) -> str:
        tree = ast.parse(body)
        defined = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        twice = {name for name in defined if defined.count(name) > 1}
        if twice:
            raise LabError(f"There is no script for this run: two parts are named `{min(twice)}`.")
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        known = {one.bound: one for one in USUAL_IMPORTS} | self.definitions.imports
        needed = [one for bound, one in known.items() if bound in used]
        groups = [
            _import_lines(
                [one for one in needed if (_root(one) in sys.stdlib_module_names) == is_standard]
            )
            for is_standard in (True, False)
        ]
        return "\n\n".join("\n".join(group) for group in groups if group)


@cache
def _version(name: str) -> str:
    return version(name)


def _without_gaps(texts: list[str]) -> list[str]:
    """Constants that follow each other in one block."""
    groups: list[str] = []
    for text in texts:
        is_constant = not text.startswith(("def ", "class ", "@"))
        if groups and is_constant and not groups[-1].startswith(("def ", "class ", "@")):
            groups[-1] += f"\n{text}"
        else:
            groups.append(text)
    return groups


def _root(one: Import) -> str:
    return one.module.partition(".")[0]


def _import_lines(imports: list[Import]) -> list[str]:
    """Import lines in the order a formatter keeps: whole modules first, then names."""
    whole = sorted(
        f"import {one.module}{f' as {one.alias}' if one.alias else ''}"
        for one in imports
        if not one.name
    )
    names: dict[str, list[str]] = {}
    for one in imports:
        if one.name:
            names.setdefault(one.module, []).append(one.name)
    return whole + [
        f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)
    ]
