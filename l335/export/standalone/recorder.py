"""Networks as text: a component's ``build`` is run with names in place of torch.

What comes out is every layer with its numbers, such as ``nn.Linear(784, 512)``, whatever loops
and arithmetic of the component led there. Nothing here imports torch.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import itertools
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

from l335.components.component import Component
from l335.core.errors import LabError
from l335.export.standalone.text import Code

BUILDERS = "l335.components."
NAMED_ONLY = ("torch", "l335.modules")  # what recorded functions get names of

PARAMETERS = {
    "l335.modules.linear.Linear": ("in_features", "out_features"),
    "torch.nn.Linear": ("in_features", "out_features"),
    "torch.nn.Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    "torch.nn.MaxPool2d": ("kernel_size", "stride", "padding"),
    "torch.nn.AvgPool2d": ("kernel_size", "stride", "padding"),
}
"""Names of positional arguments: a build asks for some, and they are easier to read."""

DRAWS_NOTHING = ("Pool", "Flatten", "Dropout", "Identity", "Sequential")
"""In names of layers that hold no weights: when they are made does not matter."""


class Named:
    """Something of torch, or a module of the lab's own, that stays a name."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __getattr__(self, name: str) -> Named:
        if name.startswith("__"):
            raise AttributeError(name)
        return Named(f"{self.path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Call:
        return Call(self.path, args, kwargs)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Call) and value.path == self.path

    def __or__(self, other: Named | AnyOf) -> AnyOf:
        return AnyOf(self) | other


class AnyOf:
    """Several names behind ``isinstance``, as ``nn.Linear | nn.Conv2d``."""

    def __init__(self, *names: Named) -> None:
        self._names = names

    def __or__(self, other: Named | AnyOf) -> AnyOf:
        return AnyOf(*self._names, *(other._names if isinstance(other, AnyOf) else (other,)))

    def __instancecheck__(self, value: object) -> bool:
        return any(isinstance(value, name) for name in self._names)  # type: ignore[arg-type]


_created = itertools.count()


class Call(Code):
    """A layer as it is made: what is called, and with what.

    Attributes:
        path: Where the class is found, such as ``torch.nn.Linear``.
        number: Its place among all that are made; layers draw their weights in this order.
    """

    def __init__(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        names = PARAMETERS.get(path, ())
        self._known = {**dict(zip(names, args, strict=False)), **kwargs}
        if len(names) >= len(args):
            # What goes in and what comes out needs no name.
            num_plain = sum(name.startswith(("in_", "out_")) for name in names)
            args = args[:num_plain]
            kwargs = dict(list(self._known.items())[len(args) :])
        self.path, self.args, self.kwargs = path, args, kwargs
        self.number = next(_created)

    @property
    def may_draw(self) -> bool:
        """Whether it may take random numbers when it is made."""
        return not any(word in self.path for word in DRAWS_NOTHING)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._known:
            raise AttributeError(name)
        return self._known[name]


def calls_in(value: object) -> Iterator[Call]:
    """Every call within a recorded value, the inner ones first, in the order written."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from calls_in(item)
    if isinstance(value, Call):
        yield from calls_in((*value.args, *value.kwargs.values()))
        yield value


def recorded(component: Component, method: str, *args: object, **kwargs: object) -> Call:
    """What a method of a component builds.

    Raises:
        LabError: It does something with torch that names can't stand for.
    """
    try:
        built = getattr(_Stand(component), method)(*args, **kwargs)
        numbers = [call.number for call in calls_in(built) if call.may_draw]
    except (AttributeError, TypeError) as error:
        raise _refusal(component) from error
    if not isinstance(built, Call) or numbers != sorted(numbers):
        raise _refusal(component)
    return built


def _refusal(component: Component) -> LabError:
    return LabError(
        f"There is no script for runs with `{component.kind}`: its network is built in a way that "
        "can't be written out layer by layer. Choose another component."
    )


class _Stand:
    """Stands for a component: the same fields and methods, but its methods are recorded."""

    def __init__(self, component: Component) -> None:
        self._component = component

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._component, name)
        if inspect.ismethod(value) and value.__self__ is self._component:
            return functools.partial(_recording(value.__func__), self)
        return _Stand(value) if isinstance(value, Component) else value


def _import(name: str, *args: Any) -> Any:
    """The ``__import__`` of recorded functions."""
    if any(name == stays or name.startswith(f"{stays}.") for stays in NAMED_ONLY):
        from_list = args[2] if len(args) > 2 else ()
        return Named(name if from_list else name.partition(".")[0])
    return builtins.__import__(name, *args)


def _recording(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a component that gets names where it imports torch; others as they are."""
    if not isinstance(function, types.FunctionType):
        return function
    if not function.__module__.startswith(BUILDERS):
        return function
    copy = types.FunctionType(
        function.__code__,
        _globals_of(function.__module__),
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


_recording_globals: dict[str, dict[str, Any]] = {}
_filling = threading.RLock()  # sessions of the dashboard are threads


def _globals_of(module: str) -> dict[str, Any]:
    with _filling:
        if module not in _recording_globals:
            # Known before it is filled: functions of one module call each other.
            values = _recording_globals[module] = dict(vars(sys.modules[module]))
            values["__builtins__"] = {**vars(builtins), "__import__": _import}
            for name, value in list(values.items()):
                if isinstance(value, types.FunctionType):
                    values[name] = _recording(value)
                elif isinstance(value, type) and _is_own(value):
                    values[name] = _recording_class(value)
        return _recording_globals[module]


def _is_own(cls: type) -> bool:
    return cls.__module__.startswith(BUILDERS) and not issubclass(cls, Component)


def _recording_class(cls: type) -> type:
    members = {
        name: _recording(value) if isinstance(value, types.FunctionType) else value
        for name, value in vars(cls).items()
        if name not in {"__dict__", "__weakref__"}
    }
    return type(cls.__name__, cls.__bases__, members)
