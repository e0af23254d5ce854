"""From text to nodes.

The parser's events are put together without recursion and counted, so neither depth nor number nor
aliases can exhaust anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

from remit.playbook.nodes import Broken, Entry, Items, Node, Table, Word, describe, shown

DEEPEST = 24
"""Levels of nesting. The language itself needs nine."""
MOST_VALUES = 500_000
"""Keys, words, lists and mappings of a whole folder: 15,000 rules, read in some seconds."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNTEXT = re.compile("[\x00\ud800-\udfff]")
# No line of the language begins with it, and the parser takes hours over many.
_DIRECTIVE = re.compile("^%", re.MULTILINE)

Note = Callable[[int, str], None]


@dataclass(slots=True)
class Allowance:
    """What the files of one folder may still hold."""

    values: int = MOST_VALUES

    def spend(self, line: int, note: Note) -> bool:
        """Take one value. False, with a note, where none is left."""
        self.values -= 1
        if self.values >= 0:
            return True
        note(
            line,
            f"more than {MOST_VALUES} values; found the one after them here; "
            "make the files of the folder smaller",
        )
        return False


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
    allowance: Allowance
    escapes: bool
    """Whether the source has any; only one of them can make what no text has."""
    stack: list[_Open] = field(default_factory=list)
    root: Node | None = None
    documents: int = 0

    def take(self, event: yaml.Event) -> bool:
        """One event of the parser. False, with a note, where there is no going on."""
        mark = event.start_mark
        line = self.shift + (0 if mark is None else mark.line)
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor is not None or event.tag is not None:
                self.refuse_marks(event, line)
            self.put(self.word(event, line))
            return self.allowance.spend(line, self.note)
        if isinstance(event, yaml.MappingStartEvent):
            return self.open(Table({}, line), event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.open(Items([], line), event)
        if isinstance(event, yaml.CollectionEndEvent):
            self.put(self.stack.pop().node)
            return True
        return self.take_rest(event, line)

    def take_rest(self, event: yaml.Event, line: int) -> bool:
        """What a playbook has once, or not at all."""
        if isinstance(event, yaml.AliasEvent):
            self.note(
                line,
                "aliases are no part of the language; found a value that begins with *; "
                "put it in quotes, or write the value again",
            )
            self.put(Broken(line))
            return self.allowance.spend(line, self.note)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.note(line, "a second document begins; found ---; keep one in a file")
                return False
        return True

    def word(self, event: yaml.ScalarEvent, line: int) -> Node:
        if not self.escapes or _UNTEXT.search(event.value) is None:
            return Word(event.value, event.style in {None, ""}, line)
        self.note(line, "this text has a character that no text has; found its escape; remove it")
        return Broken(line)

    def open(
        self, node: Items | Table, event: yaml.ScalarEvent | yaml.CollectionStartEvent
    ) -> bool:
        if event.anchor is not None or event.tag is not None:
            self.refuse_marks(event, node.line)
        if len(self.stack) >= DEEPEST:
            self.note(
                node.line, f"nested deeper than {DEEPEST} levels; found one more; write it flatter"
            )
            return False
        self.stack.append(_Open(node))
        return self.allowance.spend(node.line, self.note)

    # What begins with these marks may be a secret typed in place, so it is not shown.

    def refuse_marks(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> None:
        if event.anchor is not None:
            self.note(
                line,
                "anchors are no part of the language; found a value that begins with &; "
                "put it in quotes, or remove the anchor",
            )
        if event.tag is not None:
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


def compose(
    source: str, note: Note, first_line: int = 1, allowance: Allowance | None = None
) -> Node | None:
    """The one document of `source`. None where it cannot be read at all, which has been noted."""
    directive = _DIRECTIVE.search(source)
    if directive is not None:
        note(
            first_line + source.count("\n", 0, directive.start()),
            "directives are no part of the language; found a line that begins with %; "
            "remove it, or indent it as its neighbours",
        )
        return None
    composer = _Composer(note, first_line, allowance or Allowance(), "\\" in source)
    try:
        parser = _LOADER(source)
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            if not composer.take(event):
                return None
    except yaml.YAMLError as error:
        line, problem = _explain(error)
        note(line + first_line, problem)
        return None
    if composer.root is None or (isinstance(composer.root, Word) and composer.root.empty):
        note(first_line, "the file is empty; found no value; write `key: value` lines")
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
