"""YAML as the playbook language knows it: text, lists and mappings, each with its line.

Nothing is given a type here: `12:30`, `no` and `off` stay what was typed, and what a value means is
said by the place where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NULLS = {"", "~", "null", "Null", "NULL"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(slots=True)
class Word:
    """A scalar. `plain`: without quotes, so it may be a number, true, false or nothing."""

    text: str
    plain: bool
    line: int

    @property
    def empty(self) -> bool:
        return self.plain and self.text in _NULLS

    @property
    def flag(self) -> bool:
        return self.plain and self.text in {"true", "false"}

    @property
    def number(self) -> bool:
        return self.plain and _NUMBER.fullmatch(self.text) is not None


@dataclass(slots=True)
class Items:
    """A list."""

    items: list[Node]
    line: int


@dataclass(slots=True)
class Entry:
    """A key's own line and its value."""

    line: int
    value: Node


@dataclass(slots=True)
class Table:
    """A mapping; of a repeated key the first stays."""

    entries: dict[str, Entry]
    line: int


@dataclass(slots=True)
class Broken:
    """Something already reported."""

    line: int


Node = Word | Items | Table | Broken


def shown(text: str) -> str:
    """What was found, short and with every control character spelt out."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def describe(node: Node) -> str:
    """What stands there, for an error."""
    match node:
        case Items():
            return "a list"
        case Table():
            return "a mapping"
        case Broken():
            return "something unreadable"
    if node.empty:
        return "nothing"
    if node.flag:
        return node.text
    if node.number:
        return f"the number {node.text[:60]}"
    return shown(node.text)
