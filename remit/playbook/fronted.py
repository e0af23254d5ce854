"""Templates and approved answers: a body below front matter between two lines of `---`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from remit.model import Knowledge, Template, Where
from remit.playbook.nodes import Node
from remit.playbook.notes import Reading
from remit.playbook.scalars import Day, Name, Shape, Text
from remit.playbook.shapes import Field, ListOf, Place, Record
from remit.playbook.texts import LANGUAGE

T = TypeVar("T")


class OwnId(Name):
    """An id that this file declares."""

    def __init__(self, kind: str, example: str) -> None:
        super().__init__(example=example)
        self.declared = kind

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name is None or not reading.declare(self.declared, name, node.line):
            return None
        return name


def _as_read(values: dict[str, Any], _: Place) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }


_ABOUT = {
    "languages": Field(ListOf(LANGUAGE), "Languages that it is written in.", such=(["id", "en"],)),
    "topics": Field(ListOf(Name("topic")), "What it answers."),
}
TEMPLATE = Record(
    "a template",
    {"id": Field(OwnId("template", "refund"), "Its name.", required=True), **_ABOUT},
    _as_read,
)
KNOWLEDGE = Record(
    "an approved answer",
    {
        "id": Field(OwnId("answer", "refund-en"), "Its name.", required=True),
        **_ABOUT,
        "valid_until": Field(Day(), "The last day on which it holds."),
        "sources": Field(ListOf(Text()), "Where it comes from.", such=(["Refund policy 2027"],)),
    },
    _as_read,
)


def read_template(source: str, reading: Reading) -> Template | None:
    """Where `where` points is the first line of the body, so that errors inside it can count on."""

    def build(values: dict[str, Any], body: str, line: int) -> Template:
        return Template(**values, body=body, where=Where(file=reading.file, line=line))

    return _read(source, reading, TEMPLATE, build)


def read_knowledge(source: str, reading: Reading) -> Knowledge | None:
    def build(values: dict[str, Any], body: str, _: int) -> Knowledge:
        return Knowledge(**values, body=body.strip())

    return _read(source, reading, KNOWLEDGE, build)


def _read(
    source: str,
    reading: Reading,
    front: Shape[dict[str, Any]],
    build: Callable[[dict[str, Any], str, int], T],
) -> T | None:
    match = re.match(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", source, re.DOTALL | re.MULTILINE)
    if match is None:
        reading.note(
            1,
            "the file has no front matter; found no block between two lines of ---; "
            "begin it with ---, id: NAME and ---",
        )
        return None
    node = reading.compose(match[1], first_line=2)
    values = None if node is None else front.read(node, reading)
    body = source[match.end() :]
    line = source.count("\n", 0, match.end()) + 1
    if not body.strip():
        reading.note(line, "nothing stands below the front matter; found no text; write it there")
        return None
    return None if values is None else build(values, body, line)
