"""Definitions a script needs, taken from the lab's own sources.

Functions and classes of ``l335.modules`` and the engine stand in the script as they are. Methods
of a component are written for its very settings: a field becomes its value, a branch that can't
be taken is left out, a call of another method becomes a call of a function. So a component says
once what it does. Sources are read as text; nothing here imports torch.
"""

from __future__ import annotations

import ast
import importlib.util
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from l335.core.errors import LabError


@dataclass(frozen=True)
class Import:
    """One name an import brings: ``from module import name as alias``, or ``import module``."""

    module: str
    name: str = ""
    alias: str = ""

    @property
    def bound(self) -> str:
        """The name it is used by."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def path(self) -> str:
        """What it stands for, as a dotted path."""
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(frozen=True)
class Source:
    """A module as text.

    Attributes:
        text: The file's bytes; positions in the tree count in them.
        imports: What the module imports, by the name it is used by.
        nodes: Its functions, classes and constants.
    """

    name: str
    text: bytes
    starts: list[int]
    imports: dict[str, Import]
    nodes: dict[str, ast.stmt]

    def at(self, line: int, column: int) -> int:
        """Place in the text of a line, counted from 1, and a column."""
        return self.starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.at(node.lineno, node.col_offset),
            self.at(node.end_lineno, node.end_col_offset),
        )

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node, with its decorators, and the comment behind a constant."""
        start, end = self.span(node)
        if isinstance(node, ast.Assign) and node.col_offset == 0:
            end = self.text.index(b"\n", end)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.decorator_list:
            start = self.span(node.decorator_list[0])[0] - 1
        return self.text[start:end].decode()


@cache
def source_of(module: str) -> Source:
    """The source of a module, which is not imported for it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_bytes()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(text)
    nodes: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            nodes[node.targets[0].id] = node
    imports = imports_in(tree)
    return Source(module, text, starts, imports, nodes)


def imports_in(tree: ast.AST) -> dict[str, Import]:
    """Every import within a piece of source, by the name it is used by."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, "", alias.asname or "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            assert node.module is not None
            found += [Import(node.module, a.name, a.asname or "") for a in node.names]
    return {one.bound: one for one in found}


@dataclass
class Definitions:
    """Top-level names of a script, in the order they are to be defined.

    Attributes:
        imports: What the definitions import.
        texts: Definitions by name.
    """

    imports: dict[str, Import] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # by what they stand for
    _empty: set[str] = field(default_factory=set)  # of these, what does nothing

    def has(self, key: str) -> bool:
        """Whether something is defined already, or being defined."""
        return key in self._names

    def name_for_call(self, key: str) -> str:
        """The name of something by which it is called; empty where it does nothing."""
        return "" if key in self._empty else self._names[key]

    def leave_out(self, key: str) -> None:
        """Note that something does nothing."""
        self._empty.add(key)

    def name_of(self, key: str, wanted: str) -> str:
        """The name something has in the script: the wanted one, if no other thing has it."""
        if key not in self._names:
            taken = set(self._names.values())
            name, number = wanted, 2
            while name in taken:
                name, number = f"{wanted}_{number}", number + 1
            self._names[key] = name
        return self._names[key]

    def take(self, path: str) -> str:
        """Define a function, class or constant of a module of the lab as it is.

        Args:
            path: Dotted path, such as ``l335.modules.activations.Sine``.

        Returns:
            Its name in the script.
        """
        module, _, name = path.rpartition(".")
        source = source_of(module)
        node = source.nodes.get(name)
        if node is None:
            raise LabError(f"There is no script for this run: `{path}` can't be taken along.")
        if not self.has(path):
            if self.name_of(path, name) != name:
                raise LabError(f"There is no script for this run: two parts are named `{name}`.")
            for used in _names_in(node):
                self.refer(source, used)
            self.texts[name] = textwrap.dedent(source.segment(node))
        return name

    def refer(self, source: Source, name: str) -> None:
        """Bring along what a name stands for in a module, if it is not built in."""
        if name in source.nodes:
            self.take(f"{source.name}.{name}")
        elif name in source.imports:
            self.bring(source.imports[name])

    def bring(self, one: Import) -> None:
        """Bring along what an import names: the lab's own things as text, others as imports."""
        if one.module.partition(".")[0] != "l335":
            self.imports[one.bound] = one
        elif one.name:
            source = source_of(one.module)
            if one.name in source.nodes:
                self.take(one.path)
            elif one.name in source.imports:  # handed on from another module
                self.bring(source.imports[one.name])


def _names_in(node: ast.AST) -> list[str]:
    names = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return list(dict.fromkeys(names))
