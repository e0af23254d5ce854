"""The `when` of a rule: tests of fields, held together by and, with one `any` of mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from remit.model import (
    KINDS,
    RELATIONS,
    UNDER,
    AnyOf,
    Exists,
    FieldSpec,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Range,
    Scalar,
    Test,
    When,
)
from remit.playbook.nodes import Broken, Entry, Items, Node, Table, describe, shown
from remit.playbook.notes import Reading, listing
from remit.playbook.scalars import Choice, Flag, Name, Number, Schema, Shape, Text
from remit.playbook.shapes import ListOf
from remit.playbook.tested import BOUNDS, when_schema

KIND_PREFIXES = tuple(dict.fromkeys(kind.split(".")[0] for kind in KINDS))

_KIND = Choice(*KIND_PREFIXES, *KINDS)
_KIND.wants = "a kind of the language, or the beginning of one"
_NUMBERS = ("author.followers", "reach", "sentiment", "toxicity", "value", "change")

FIELDS: Mapping[str, Shape[str] | Shape[bool] | Number] = {
    "kind": _KIND,
    "platform": Text(example="bluesky"),
    "language": Text(example="en"),
    "metric": Text(example="engagement_rate"),
    "channel": Name("channel", besides=("other",)),
    "under": Choice(*UNDER),
    "author.relation": Choice(*RELATIONS),
    "author.verified": Flag(),
    **{name: Number() for name in _NUMBERS},
    "within_hours": Name("role"),
    "outside_hours": Name("role"),
}

_TOPICS = ListOf(Name("topic"), or_one=True)
_NUMBER = Number()
_FEW = 20
"""So many of the brand's own fields are named beside the language's."""


class WhenShape(Shape[When]):
    """`when: {}` matches everything."""

    wants = "a mapping of tests"
    remedy = "write {kind: conversation}, or {} for everything"

    def read(self, node: Node, reading: Reading) -> When | None:
        if not isinstance(node, Table):
            return self.wrong(node, reading)
        plain = {key: entry for key, entry in node.entries.items() if key != "any"}
        together = _tests(plain, reading)
        either = node.entries.get("any")
        if either is None:
            return None if together is None else When(all=together)
        mappings = self._any(either.value, reading)
        if together is None or mappings is None:
            return None
        return When(all=together, any=mappings)

    def _any(self, node: Node, reading: Reading) -> tuple[tuple[FieldTest, ...], ...] | None:
        if not isinstance(node, Items) or not node.items:
            if not isinstance(node, Broken):
                found = "an empty list" if isinstance(node, Items) else describe(node)
                reading.note(
                    node.line,
                    f"any must be a list of mappings; found {found}; write any: [{{...}}, {{...}}]",
                )
            return None
        read = [self._one(item, reading) for item in node.items]
        good = [tests for tests in read if tests is not None]
        return tuple(good) if len(good) == len(read) else None

    def _one(self, node: Node, reading: Reading) -> tuple[FieldTest, ...] | None:
        if not isinstance(node, Table):
            with reading.at("each of any"):
                self.wrong(node, reading, "write {field: test}")
            return None
        if "any" in node.entries:
            reading.note(
                node.entries["any"].line,
                "any does not nest; found any within any; write its mappings in the outer one",
            )
            return None
        return _tests(node.entries, reading)

    def schema(self) -> Schema:
        return when_schema(FIELDS)

    def example(self) -> object:
        return {"kind": "conversation", "topic": "refund"}


def _tests(entries: Mapping[str, Entry], reading: Reading) -> tuple[FieldTest, ...] | None:
    tests: list[FieldTest] = []
    good = True
    for key, entry in entries.items():
        with reading.at(key):
            read = _test(key, entry, reading)
        if read is None:
            good = False
        else:
            tests += [FieldTest(field=key, test=test) for test in read]
    return tuple(tests) if good else None


def _test(key: str, entry: Entry, reading: Reading) -> list[Test] | None:
    if key == "topic":
        return _topic(entry.value, reading)
    if key in FIELDS:
        return _operators(cast("Shape[Scalar]", FIELDS[key]), entry.value, reading)
    if key.startswith("fields.") and key[7:] in reading.notes.fields:
        spec = reading.notes.fields[key[7:]]
        if spec is None:
            return None
        return _operators(_own_shape(spec, reading), entry.value, reading)
    if key.startswith("fields.") and "field" in reading.notes.broken:
        return None
    own = reading.notes.own
    known = [*FIELDS, "topic", "any", *own[:_FEW]]
    if key.startswith("fields."):
        message = f"unknown field {shown(key)}; the playbook has {listing(own)}; "
        message += reading.meant(key, own, "declare it under `fields`")
    else:
        message = f"unknown key {shown(key)}; a rule may test {', '.join(known)}; "
        message += reading.meant(key, known, "remove it")
    reading.note(entry.line, message)
    return None


def _own_shape(spec: FieldSpec, reading: Reading) -> Shape[Scalar]:
    made = reading.notes.shapes
    if spec.id not in made:
        made[spec.id] = _NUMBER if spec.number else Choice(*spec.values)
    return cast("Shape[Scalar]", made[spec.id])


def _operators(value: Shape[Scalar], node: Node, reading: Reading) -> list[Test] | None:
    values = ListOf(value, or_one=True)
    if not isinstance(node, Table):
        some = values.read(node, reading)
        return None if some is None else [AnyOf(values=tuple(some))]
    number = isinstance(value, Number)
    allowed = ("not", *(BOUNDS if number else ()), "exists")
    if not _known(node, allowed, reading):
        return None
    tests: list[Test | None] = []
    bounds = {key: entry for key, entry in node.entries.items() if key in BOUNDS}
    if "not" in node.entries:
        with reading.at(f"{reading.key} not"):
            none = values.read(node.entries["not"].value, reading)
        tests.append(None if none is None else NoneOf(values=tuple(none)))
    if bounds:
        read: dict[str, Any] = {}
        for key, entry in bounds.items():
            with reading.at(key):
                read[key] = _NUMBER.read(entry.value, reading)
        tests.append(None if None in read.values() else Range(**read))
    if "exists" in node.entries:
        with reading.at("exists"):
            exists = Flag().read(node.entries["exists"].value, reading)
        tests.append(None if exists is None else Exists(exists=exists))
    good = [test for test in tests if test is not None]
    return good if len(good) == len(tests) else None


def _topic(node: Node, reading: Reading) -> list[Test] | None:
    if not isinstance(node, Table):
        names = _TOPICS.read(node, reading)
        return None if names is None else [HoldsTopics(any=tuple(names))]
    if not _known(node, ("all", "none"), reading):
        return None
    parts: dict[str, Any] = {}
    for key, entry in node.entries.items():
        with reading.at(f"topic {key}"):
            names = _TOPICS.read(entry.value, reading)
        if names is not None:
            parts[key] = tuple(names)
    return [HoldsTopics(**parts)] if len(parts) == len(node.entries) else None


def _known(node: Table, allowed: Sequence[str], reading: Reading) -> bool:
    """Whether the mapping has tests, and none but these."""
    if not node.entries:
        reading.note(
            node.line,
            f"{reading.key} has an empty test; found {{}}; write one of {', '.join(allowed)}",
        )
        return False
    strange = [key for key in node.entries if key not in allowed]
    for key in strange:
        remedy = reading.meant(key, allowed, "use one of them")
        if reading.key == "topic" and key == "not":
            remedy = "write none"
        reading.note(
            node.entries[key].line,
            f"unknown test {shown(key)}; {reading.key} can be tested with a value, a list, "
            f"or {', '.join(allowed)}; {remedy}",
        )
    return not strange
