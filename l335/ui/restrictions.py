"""What a link locks or leaves out of a page: the grammar of ``lock=`` and ``hide=``.

A list of names, such as ``lr,batch_size``. ``*`` names every control, a minus takes one out
again, the last word on a control counts, and a component's fields follow the component. So
``*,-optimizer,optimizer.momentum`` leaves the optimiser free, but not its momentum.

This is scaffolding for teaching and no security: anyone may edit an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from l335.components.component import nearest

ALL = "*"
LOCK, HIDE = "lock", "hide"
WORDS = (LOCK, HIDE)

Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Restrictions:
    """Which controls of a page a link lets nobody change.

    Attributes:
        lock: Names of controls that are shown with their value, but disabled.
        hide: Names of controls that are left out; they keep their value.
        problems: Sentences on names the page has no control for.
    """

    lock: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def is_hidden(self, name: str) -> bool:
        """Whether a control is left out."""
        return covers(self.hide, name)

    def is_locked(self, name: str) -> bool:
        """Whether a control is shown, but disabled."""
        return covers(self.lock, name) and not self.is_hidden(name)

    def is_free(self, name: str) -> bool:
        """Whether a control can be used."""
        return not covers(self.lock, name) and not covers(self.hide, name)

    def hides_all_of(self, name: str) -> bool:
        """Whether a control is left out with every field that follows it."""
        exceptions = (rule for rule in self.hide if rule.startswith(f"-{name}."))
        return self.is_hidden(name) and not any(exceptions)

    @property
    def is_any(self) -> bool:
        """Whether anything is locked or left out."""
        return bool(self.lock or self.hide)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address that say the same."""
        lists = {LOCK: self.lock, HIDE: self.hide}
        return {word: ",".join(rules) for word, rules in lists.items() if rules}


FREE = Restrictions()
"""Nothing is locked or left out."""


def covers(rules: Iterable[str], name: str) -> bool:
    """Whether a list of names covers a control; the last word on it counts."""
    is_covered = False
    for rule in rules:
        word = rule.removeprefix("-")
        if word in (ALL, name) or name.startswith(f"{word}."):
            is_covered = not rule.startswith("-")
    return is_covered


def parse_restrictions(
    names: Sequence[str], lock: Iterable[str] = (), hide: Iterable[str] = ()
) -> Restrictions:
    """The restrictions of an address.

    Args:
        names: Every control of the page; those of a component stand behind it, with a point.
        lock: Each value of ``lock=``, a list with commas; a last part that belongs to one control
            only may stand for it.
        hide: The same of ``hide=``.
    """
    problems: list[str] = []
    return Restrictions(
        _rules(LOCK, lock, names, problems), _rules(HIDE, hide, names, problems), tuple(problems)
    )


def _rules(
    word: str, texts: Iterable[str], names: Sequence[str], problems: list[str]
) -> tuple[str, ...]:
    given = [each.strip() for text in texts for each in text.split(",")]
    rules: list[str] = []
    for each in filter(None, given):
        sign, name = ("-", each[1:].strip()) if each.startswith("-") else ("", each)
        full = ALL if name == ALL else _full_name(name, names)
        if full is None:
            hint = nearest(name, list(names))
            problems.append(f"`{word}` names `{name}`, which is no control of this page; {hint}")
        elif sign and not rules:
            problems.append(f"`{word}` begins with `{each}`; to name all others, write `*,{each}`.")
        else:
            rules.append(sign + full)
    return tuple(rules)


def _full_name(name: str, names: Sequence[str]) -> str | None:
    is_group = any(known.startswith(f"{name}.") for known in names)
    if name in names or is_group:
        return name
    by_last_part = [known for known in names if known.rpartition(".")[2] == name]
    return by_last_part[0] if len(by_last_part) == 1 else None


def rules_for(chosen: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """The shortest list that covers the controls someone chose, and no other.

    Args:
        chosen: Names of controls. The fields of a component come along with it, unless some of
            them are chosen one by one.
        names: Every control of the page, each component before its fields.
    """
    wanted = with_followers(chosen, names)
    candidates = []
    for first in ((), (ALL,)):
        rules: tuple[str, ...] = first
        for name in names:
            if covers(rules, name) != (name in wanted):
                rules += (name if name in wanted else f"-{name}",)
        candidates.append(rules)
    return min(candidates, key=len)


def with_followers(chosen: Iterable[str], names: Sequence[str]) -> set[str]:
    """The controls chosen, and the fields of the components among them."""
    picked = set(chosen)
    leading = [name for name in picked if not any(other.startswith(f"{name}.") for other in picked)]
    return picked | {name for name in names if any(name.startswith(f"{lead}.") for lead in leading)}


def without_followers(rules: Sequence[str], names: Sequence[str]) -> list[str]:
    """The controls a list covers, without fields that come along with their component."""
    covered = [name for name in names if covers(rules, name)]
    whole = [
        name
        for name in covered
        if all(covers(rules, other) for other in names if other.startswith(f"{name}."))
    ]
    return [
        name for name in covered if not any(name.startswith(f"{component}.") for component in whole)
    ]


def link(address: str, query: Query) -> str:
    """A link to a page, readable: ``=`` and ``,`` stay as they are within a value."""
    text = urlencode(query, doseq=True, quote_via=quote, safe="=,*:.-")
    return f"{address}?{text}" if text else address
