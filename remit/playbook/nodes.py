"""YAML as the playbook language knows it: text, lists and mappings, each with its line.

Nothing is given a type here: `12:30`, `no` and `off` stay what was typed, and what a value means is
said by the place where it stands. The parser's events are put together without recursion, so
neither depth nor aliases can exhaust anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

DEEPEST = 24
"""Levels of nesting. The language itself needs nine."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")

Note = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: list[Node]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's own line and its value."""

    line: int
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; of a repeated key the first stays."""

    entries: dict[str, Entry]
    line: int


@dataclass(frozen=True, slots=True)
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


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: Items | Table
    key: str | None = None
    key_line: int = 0
    wants_value: bool = False


@dataclass(slots=True)
class _Composer:
    note: Note
    shift: int
    stack: list[_Open] = field(default_factory=list)
    root: Node | None = None

    def line(self, event: yaml.Event) -> int:
        mark = event.start_mark
        return self.shift + (mark.line if mark is not None else 0)

    def take(self, event: yaml.Event) -> bool:
        """One event of the parser. False: too deep to go on."""
        line = self.line(event)
        match event:
            case yaml.AliasEvent():
                self.note(
                    line,
                    "aliases are no part of the language; found a value that begins with *; "
                    "put it in quotes, or write the value again",
                )
                self.put(Broken(line))
            case yaml.ScalarEvent():
                self.refuse_marks(event, line)
                plain = event.style in (None, "")
                if "\x00" in event.value or any("\ud800" <= c <= "\udfff" for c in event.value):
                    self.note(line, "this text has a character that no text has; remove it")
                    self.put(Broken(line))
                else:
                    self.put(Word(event.value, plain, line))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self.refuse_marks(event, line)
                if len(self.stack) >= DEEPEST:
                    self.note(
                        line,
                        f"nested deeper than {DEEPEST} levels; found one more; write it flatter",
                    )
                    return False
                is_list = isinstance(event, yaml.SequenceStartEvent)
                self.stack.append(_Open(Items([], line) if is_list else Table({}, line)))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.put(self.stack.pop().node)
        return True

    # What begins with these marks may be a secret typed in place, so it is not shown.

    def refuse_marks(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor is not None:
            self.note(
                line,
                "anchors are no part of the language; found a value that begins with &; "
                "put it in quotes, or remove the anchor",
            )
        if getattr(event, "tag", None) is not None:
            self.note(
                line,
                "tags are no part of the language; found a value that begins with !; "
                "put it in quotes, or remove the tag",
            )

    def put(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Items):
            top.node.items.append(node)
        elif top.wants_value:
            top.wants_value = False
            if top.key is not None:
                top.node.entries[top.key] = Entry(top.key_line, node)
        else:
            top.wants_value = True
            top.key_line = node.line
            top.key = self.key(node, top.node)

    def key(self, node: Node, table: Table) -> str | None:
        """The key, or None where its value is to be dropped."""
        if not isinstance(node, Word) or node.empty:
            self.note(
                node.line,
                f"a key must be a word; found {describe(node)}; "
                "write `key: value`, and put a text with braces in quotes",
            )
            return None
        if node.plain and node.text == "<<":
            self.note(
                node.line,
                "merge keys are no part of the language; found <<; write the keys themselves",
            )
            return None
        first = table.entries.get(node.text)
        if first is not None:
            self.note(
                node.line,
                f"the key {shown(node.text)} is repeated; "
                f"found it on line {first.line} and on line {node.line}; keep one",
            )
            return None
        return node.text


def compose(source: str, note: Note, first_line: int = 1) -> Node | None:
    """The one document of `source`. None where it cannot be read at all, which has been noted."""
    composer = _Composer(note, first_line)
    documents = 0
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    note(composer.line(event), "a second document begins; keep one in a file")
                    return None
            if not composer.take(event):
                return None
    except yaml.YAMLError as error:
        line, problem = _explain(error)
        note(line + first_line, problem)
        return None
    if composer.root is None or (isinstance(composer.root, Word) and composer.root.empty):
        note(first_line, "the file is empty; write `key: value` lines")
        return None
    return composer.root


_REMEDIES = (
    ("cannot start any token", "a character that begins no value",
     "indent with spaces, not tabs, and put a text that begins with @, ` or % in quotes"),
    ("scanning an alias", "a text that begins with *", "put it in quotes"),
    ("scanning an anchor", "a text that begins with &", "put it in quotes"),
    ("mapping values are not allowed", "a second colon, or a line that is indented too far",
     "put a text with a colon in quotes, or indent the line as its neighbours"),
    ("expected ':'", "a line without a colon",
     "write `key: value`, and close the quotes and brackets above"),
    ("escape", "a backslash", "write it twice, or use single quotes"),
    ("block mapping", "a line that fits no mapping",
     "indent it as its neighbours, and put a text with quotes or brackets in quotes"),
    ("block collection", "a line that fits no list", "begin it with `- `, indented as its neighbours"),
    ("special characters", "a control character", "remove it"),
    ("control characters", "a control character", "remove it"),
)  # fmt: skip
_UNCLOSED = (
    ("flow sequence", "a list without its end", "close it with ], and put commas between its items"),
    ("flow mapping", "a mapping without its end", "close it with }, and put commas between its keys"),
    ("quoted scalar", "a quote without its end", "close the quote"),
)  # fmt: skip
"""What began where the context says; the parser gives up only far below."""


def _explain(error: yaml.YAMLError) -> tuple[int, str]:
    """The line from 0 and a message. The text around is not shown: it may be a secret."""
    words = f"{getattr(error, 'context', None)} {getattr(error, 'problem', None)} "
    words += str(getattr(error, "reason", ""))
    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    for signs, mark in ((_REMEDIES, problem or context), (_UNCLOSED, context or problem)):
        for sign, found, remedy in signs:
            if sign in words:
                return _line(mark), f"not YAML; found {found}; {remedy}"
    remedy = "check quotes, brackets and indentation"
    return _line(problem or context), f"not YAML; found a line that cannot be read; {remedy}"


def _line(mark: yaml.Mark | None) -> int:
    return 0 if mark is None else int(mark.line)
