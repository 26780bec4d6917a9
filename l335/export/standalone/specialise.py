"""A component's methods as functions of a script, written for the component's own settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

from l335.components.component import Component
from l335.core.errors import LabError
from l335.export.standalone.sources import Definitions, Import, Source, imports_in, source_of
from l335.export.standalone.text import INDENT, WIDTH, Code, Verbatim, docstring, flat, to_text

TORCH = ("torch", "l335.modules")
PLAIN_CALLS = {"int", "float", "len", "range", "max", "min", "abs", "round", "sum", "list", "tuple"}


def add_method(
    definitions: Definitions, component: Component, method: str, name: str, **known: Any
) -> str:
    """Define a method of a component as a function, with what it calls.

    The function's docstring says which component it is and where that comes from.

    Args:
        definitions: Where it is added.
        component: The component, whose fields become their values.
        method: The method.
        name: Name of the function, if it is free.
        known: Arguments whose values are known; the function does not have them.

    Returns:
        The function's name; empty where nothing is left to be done.
    """
    found = _add(definitions, component, type(component).__mro__, method, name, known)
    if found:
        head, body = definitions.texts[found].split("\n", 1)
        about = docstring(about_component(component), INDENT)
        definitions.texts[found] = f"{head}\n{about}\n{body}"
    return found


def about_component(component: Component) -> str:
    """What a component is, and where it comes from."""
    return f"{component.title}. Source: {component.source}."


def _add(
    definitions: Definitions,
    component: Component,
    classes: tuple[type, ...],
    method: str,
    wanted: str,
    known: dict[str, Any],
) -> str:
    place = next((i for i, cls in enumerate(classes) if method in vars(cls)), None)
    if place is None:
        raise LabError(f"There is no script for runs with `{component.kind}`: no `{method}`.")
    owner = classes[place]
    key = f"{component!r} {owner.__module__}.{owner.__name__}.{method}"
    if not definitions.has(key):
        name = definitions.name_of(key, wanted)
        writer = _Writer(definitions, component, classes[place + 1 :], owner, known)
        text = writer.function(method, name)
        if text:
            definitions.texts[name] = text
        else:
            definitions.leave_out(key)
    return definitions.name_for_call(key)


class _Writer:
    """Writes one method for known values of ``self`` and of some arguments."""

    def __init__(
        self,
        definitions: Definitions,
        component: Component,
        parents: tuple[type, ...],
        owner: type,
        known: dict[str, Any],
    ) -> None:
        self._definitions, self._component, self._parents = definitions, component, parents
        self._owner = owner
        self._source: Source = source_of(owner.__module__)
        self._known: dict[str, Any] = {**known, "self": component}
        self._local_imports: dict[str, Import] = {}

    def function(self, method: str, name: str) -> str:
        """The whole function; empty where its body does nothing."""
        owner = self._source.nodes[self._owner.__name__]
        assert isinstance(owner, ast.ClassDef)
        node = next(n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == method)
        self._local_imports = imports_in(node)
        parameters = self._parameters(node.args)
        body = self._block(node.body, node.body[0].lineno - 1, INDENT)
        if not [line for line in body if line.strip() and not line.strip().startswith("#")]:
            return ""
        return "\n".join([f"def {name}({', '.join(parameters)}):", *body])

    def _parameters(self, given: ast.arguments) -> list[str]:
        """Parameters that are not known, without their types."""
        num_required = len(given.args) - len(given.defaults)
        defaults: list[ast.expr | None] = [None] * num_required + list(given.defaults)
        plain = self._named(given.args, defaults)
        keyword_only = self._named(given.kwonlyargs, given.kw_defaults)
        return [*plain, "*", *keyword_only] if keyword_only else plain

    def _named(self, names: list[ast.arg], defaults: list[ast.expr | None]) -> list[str]:
        return [
            one.arg if default is None else f"{one.arg}={self._source.segment(default)}"
            for one, default in zip(names, defaults, strict=True)
            if one.arg not in self._known
        ]

    # Statements

    def _block(self, statements: list[ast.stmt], line: int, indent: int) -> list[str]:
        """Lines of a block; ``line`` is the one before it, whence comments count."""
        lines: list[str] = []
        for node in statements:
            written = self._statement(node, indent)
            if written:
                lines += self._comments(line, node.lineno, indent)
                lines += written
            assert node.end_lineno is not None
            line = node.end_lineno
        return lines

    def _comments(self, after: int, before: int, indent: int) -> list[str]:
        text = self._source.text[self._source.at(after + 1, 0) : self._source.at(before, 0)]
        lines = [line.strip() for line in text.decode().splitlines()]
        return [" " * indent + line for line in lines if line.startswith("#")]

    def _statement(self, node: ast.stmt, indent: int) -> list[str]:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            return []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return []  # the docstring speaks of any settings
        if isinstance(node, ast.If):
            return self._if(node, indent)
        if isinstance(node, ast.For | ast.With | ast.While):
            return self._compound(node, node.body, indent)
        if isinstance(node, ast.Expr) and self._does_nothing(node.value):
            return []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            target = self._source.segment(node.target)
            return self._lines(f"{target} = {self._expression(node.value)}", node, indent)
        return self._lines(self._expression(node), node, indent)

    def _if(self, node: ast.If, indent: int) -> list[str]:
        test = self._undecided(node.test)
        is_known, value = self._fold(test)
        if is_known:
            chosen = node.body if value else node.orelse
            return self._block(chosen, chosen[0].lineno - 1, indent) if chosen else []
        body = self._block(node.body, node.test.lineno, indent + INDENT)
        other = self._block(node.orelse, node.orelse[0].lineno - 1, indent) if node.orelse else []
        if not body and not other:
            return []
        body = body or [" " * (indent + INDENT) + "pass"]
        lines = [f"{' ' * indent}if {self._expression(test)}:", *body]
        if other:
            lines += [" " * indent + "else:", *(" " * INDENT + line for line in other)]
        return lines

    def _undecided(self, test: ast.expr) -> ast.expr:
        """What is left of a condition where parts of its ``and`` and ``or`` are known."""
        if not isinstance(test, ast.BoolOp):
            return test
        is_or = isinstance(test.op, ast.Or)
        parts = [self._undecided(part) for part in test.values]
        left = []
        for part in parts:
            is_known, value = self._fold(part)
            if is_known and bool(value) == is_or:
                return part  # it decides the whole
            if not is_known:
                left.append(part)
        # Where nothing is left all parts say the same.
        return test if len(left) > 1 else (left or parts)[0]

    def _compound(
        self, node: ast.For | ast.With | ast.While, body: list[ast.stmt], indent: int
    ) -> list[str]:
        inner = self._block(body, body[0].lineno - 1, indent + INDENT)
        if not inner:
            return []
        start = self._source.span(node)[0]
        header = self._source.text[start : self._source.at(body[0].lineno, 0)].decode().rstrip()
        heads: list[ast.expr] = []
        if isinstance(node, ast.For):
            heads = [node.iter]
        elif isinstance(node, ast.While):
            heads = [node.test]
        else:
            heads = [item.context_expr for item in node.items]
        for head in heads:
            header = header.replace(self._source.segment(head), self._expression(head))
        return [" " * indent + header, *inner]

    def _lines(self, text: str, node: ast.stmt, indent: int) -> list[str]:
        """A statement at its indent, broken where its values made it too long."""
        first, *rest = text.split("\n")
        if not rest and indent + len(first) > WIDTH:
            return textwrap.indent(_broken(first, indent), " " * indent).split("\n")
        shift = indent - node.col_offset
        lines = [" " * indent + first]
        return lines + [" " * shift + line if shift >= 0 else line[-shift:] for line in rest]

    def _does_nothing(self, node: ast.expr) -> bool:
        method = self._method_called(node)
        return method is not None and not self._function_name(*method)

    # Expressions

    def _expression(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node with values in place of fields, and functions of methods."""
        start, end = self._source.span(node)
        edits = sorted(self._edits(node, is_operand=False), reverse=True)
        text = self._source.text[start:end]
        for first, last, new in edits:
            text = text[: first - start] + new.encode() + text[last - start :]
        return text.decode()

    def _edits(self, node: ast.AST, *, is_operand: bool) -> list[tuple[int, int, str]]:
        """Places in the text with what is to stand there instead."""
        if isinstance(node, ast.expr):
            is_known, value = self._fold(node)
            if is_known:
                text = flat(value)
                # Without brackets the minus of -2 would count for all of -2 ** x.
                text = f"({text})" if is_operand and text.startswith("-") else text
                return [(*self._source.span(node), text)]
            method = self._method_called(node)
            if method is not None and isinstance(node, ast.Call):
                name = self._function_name(*method)
                if not name:  # what does nothing returns nothing
                    return [(*self._source.span(node), "None")]
                edits = [(*self._source.span(node.func), name)]
                for given in (*node.args, *node.keywords):
                    edits += self._edits(given, is_operand=False)
                return edits
            own = self._own_name(node)
            if own:
                return [(*self._source.span(node), own)]
        is_operator = isinstance(node, ast.BinOp | ast.UnaryOp | ast.Attribute)
        children = ast.iter_child_nodes(node)
        return [edit for child in children for edit in self._edits(child, is_operand=is_operator)]

    def _own_name(self, node: ast.expr) -> str:
        """What a name or a dotted name stands for is brought along; its new name, if another."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = self._import_of(node.value.id)
            if found is not None and found.module.startswith("l335"):
                return self._definitions.take(f"{found.path}.{node.attr}")
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in self._local_imports:
                self._definitions.bring(self._local_imports[node.id])
            else:
                self._definitions.refer(self._source, node.id)
        return ""

    def _import_of(self, name: str) -> Import | None:
        return self._local_imports.get(name) or self._source.imports.get(name)

    def _method_called(self, node: ast.expr) -> tuple[Component, tuple[type, ...], str] | None:
        """The component, where to look for it, and the name of a method that is called."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        target, method = node.func.value, node.func.attr
        if isinstance(target, ast.Call) and isinstance(target.func, ast.Name):
            if target.func.id != "super":
                return None
            return self._component, self._parents, method
        is_known, value = self._fold(target, must_be_plain=False)
        if is_known and isinstance(value, Component):
            return value, type(value).__mro__, method
        return None

    def _function_name(self, component: Component, classes: tuple[type, ...], method: str) -> str:
        return _add(self._definitions, component, classes, method, method, {})

    def _fold(self, node: ast.expr, *, must_be_plain: bool = True) -> tuple[bool, Any]:
        """Whether an expression has a value already, and which."""
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        if not any(name in self._known for name in names):
            return False, None
        if any(name not in self._known and name not in PLAIN_CALLS for name in names):
            return False, None
        if not all(self._is_plain_call(n) for n in ast.walk(node) if isinstance(n, ast.Call)):
            return False, None
        # The lab's own source, with nothing in reach but the component and plain functions.
        code = compile(ast.Expression(node), self._source.name, "eval")
        value = eval(code, {}, self._known)  # noqa: S307
        return not must_be_plain or _is_plain(value), value

    def _is_plain_call(self, node: ast.Call) -> bool:
        if isinstance(node.func, ast.Name):
            return node.func.id in PLAIN_CALLS
        return isinstance(node.func, ast.Attribute) and not _uses_torch(
            type(self._component), node.func.attr
        )


class _Written(Code):
    """A call in the text of a statement, to be broken between its arguments."""

    def __init__(self, text: str, call: ast.Call) -> None:
        def part(node: ast.expr) -> Any:
            if isinstance(node, ast.Call):
                return _Written(text, node)
            try:
                return ast.literal_eval(node)
            except ValueError:
                return Verbatim(ast.get_source_segment(text, node) or "")

        self.path = ast.get_source_segment(text, call.func) or ""
        self.args = tuple(part(argument) for argument in call.args)
        self.kwargs = {word.arg or "": part(word.value) for word in call.keywords}


def _broken(text: str, indent: int) -> str:
    """A statement that is too long, broken within the call it ends with."""
    head, word, rest = text.partition("return ") if text.startswith("return ") else ("", "", text)
    [statement] = ast.parse(rest).body
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.Call):
        return text
    start = head + word + rest[: value.col_offset]
    # Inner lines are indented by whoever asks.
    return start + to_text(_Written(rest, value), 0, indent + len(start))


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


@cache
def _uses_torch(cls: type, method: str) -> bool:
    """Whether a method, or one that it calls, imports torch."""
    function = getattr(cls, method, None)
    if not inspect.isfunction(function):
        return True
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if any(one.module.startswith(TORCH) for one in imports_in(tree).values()):
        return True
    called = [
        n.func.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and isinstance(n.func.value, ast.Name)
        and n.func.value.id == "self"
    ]
    return any(name != method and _uses_torch(cls, name) for name in called)
