"""Shapes of what holds other values: lists, mappings by id, and records with fixed keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from remit.playbook.nodes import Broken, Entry, Items, Node, Table, Word, describe, shown
from remit.playbook.notes import Reading, listing
from remit.playbook.scalars import NAME, SUCH, Name, Schema, Shape, exact
from remit.playbook.texts import Secret

T = TypeVar("T")
_FEW = 50
"""So many keys are compared with one that is missing."""


class ListOf(Shape[list[T]]):
    """A list with something in it. With `or_one`, a single value stands for a list of it."""

    def __init__(
        self, item: Shape[T], what: str = "", *, or_one: bool = False, declares: str = ""
    ) -> None:
        self.item = item
        self.or_one = or_one
        self.declares = declares
        self.wants = what or "a list"

    def read(self, node: Node, reading: Reading) -> list[T] | None:
        if not isinstance(node, Items):
            if self.or_one and not (isinstance(node, Word) and node.empty):
                with reading.at(reading.key):
                    one = self.item.read(node, reading)
                return None if one is None else [one]
            if isinstance(node, Word) and not node.empty:
                item = node.text if len(node.text) <= 40 and node.text.isprintable() else "one, two"
                return self.wrong(node, reading, f"write [{item}]")
            return self.wrong(node, reading, "write [one, two], or a line with `- ` for each")
        if not node.items:
            reading.note(
                node.line,
                f"{reading.key} is an empty list; found []; put something in it, or remove the key",
            )
            return None
        if self.declares:
            self._declare(node, reading)
        with reading.at(f"each of {reading.key}"):
            found = [self.item.read(item, reading) for item in node.items]
        good = [item for item in found if item is not None]
        if isinstance(self.item, Name) and not self._once(good, node, reading):
            return None
        return good if len(good) == len(found) else None

    def _declare(self, node: Items, reading: Reading) -> None:
        # Before any item is read, so that a bad item is still known by its id.
        for item in node.items:
            entry = item.entries.get("id") if isinstance(item, Table) else None
            if entry and isinstance(entry.value, Word) and entry.value.text:
                reading.declare(self.declares, entry.value.text, entry.value.line)

    def _once(self, names: Sequence[object], node: Items, reading: Reading) -> bool:
        repeated = sorted(str(name) for name, count in Counter(names).items() if count > 1)
        for name in repeated:
            reading.note(
                node.line, f"{reading.key} must name each once; found {name} twice; remove one"
            )
        return not repeated

    def schema(self) -> Schema:
        many: Schema = {"type": "array", "items": self.item.schema(), "minItems": 1}
        if isinstance(self.item, Name):
            many["uniqueItems"] = True
        return {"anyOf": [self.item.schema(), many]} if self.or_one else many

    def example(self) -> object:
        return [self.item.example()]


class MapOf(Shape[dict[str, T]]):
    """A mapping from ids to values. With `kind` it declares the ids; with `keys` it uses them."""

    def __init__(
        self,
        item: Shape[T],
        kind: str = "",
        *,
        says: str,
        keys: Name | None = None,
        reserved: Sequence[str] = (),
        some: bool = False,
    ) -> None:
        self.item = item
        self.kind = kind
        self.says = says
        self.keys = keys
        self.reserved = reserved
        self.some = some
        self.wants = f"a mapping from each {kind or 'id'} to what it is"
        self.remedy = "write an indented line `id: ...` for each"

    def read(self, node: Node, reading: Reading) -> dict[str, T] | None:
        if not isinstance(node, Table) or (self.some and not node.entries):
            if self.kind:
                reading.notes.broken.add(self.kind)
            return self.wrong(node, reading)
        good = {key: self._key(key, entry, reading) for key, entry in node.entries.items()}
        found: dict[str, T] = {}
        for key, entry in node.entries.items():
            with reading.at(key if good[key] else shown(key)):
                value = self.item.read(entry.value, reading)
            if value is not None and good[key]:
                found[key] = value
        return found if len(found) == len(node.entries) else None

    def wrong(self, node: Node, reading: Reading, remedy: str | None = None) -> dict[str, T] | None:
        if isinstance(self.item, Secret) and isinstance(node, Word):
            node = Word("", plain=True, line=node.line)
        return super().wrong(node, reading, remedy)

    def _key(self, key: str, entry: Entry, reading: Reading) -> bool:
        word = Word(key, plain=False, line=entry.line)
        if key in self.reserved:
            reading.note(
                entry.line,
                f"{key} has a meaning of its own; found it as the id of a {self.kind}; "
                "choose another id",
            )
            return False
        with reading.at(f"the key {shown(key)}"):
            if (self.keys or Name()).read(word, reading) is None:
                return False
        return reading.declare(self.kind, key, entry.line) if self.kind else True

    def schema(self) -> Schema:
        names: Schema = {"pattern": f"^{NAME}$"}
        if self.reserved:
            names["not"] = {"enum": list(self.reserved)}
        item = {"description": self.says, "examples": [self.item.example()], **self.item.schema()}
        return {"type": "object", "propertyNames": names, "additionalProperties": item} | (
            {"minProperties": 1} if self.some else {}
        )

    def example(self) -> object:
        key = self.keys.such if self.keys else SUCH.get(self.kind, "kopi")
        return {key: self.item.example()}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record, and what an editor says of it."""

    shape: Shape[Any]
    says: str
    required: bool = False
    default: object = None
    """What holds where the key is left out."""
    such: tuple[object, ...] = ()
    """Examples better than the shape's own."""

    def schema(self) -> Schema:
        """JSON Schema of the value, explained."""
        made: Schema = {"description": self.says}
        if self.default is not None:
            made["default"] = self.default
        return made | {"examples": list(self.such or (self.shape.example(),))} | self.shape.schema()

    def example(self) -> object:
        """The first example."""
        return self.such[0] if self.such else self.shape.example()


@dataclass(frozen=True, slots=True)
class Place:
    """What a record knows of itself beside its values."""

    node: Table
    reading: Reading
    key: str
    """The key under which it stands: an id where it is part of a mapping by ids."""

    @property
    def line(self) -> int:
        return self.node.line


Build = Callable[[dict[str, Any], Place], T | None]


class Record(Shape[T]):
    """A mapping with fixed keys. Keys are read in the order in which they are given here."""

    def __init__(
        self,
        what: str,
        fields: Mapping[str, Field],
        build: Build[T],
        *,
        later: Sequence[str] = (),
        instead: Mapping[str, str] | None = None,
        exactly_one: Sequence[str] = (),
        some_of: Sequence[str] = (),
    ) -> None:
        self.what = what
        self.fields = fields
        self.build = build
        self.later = later
        self.instead = instead or {}
        self.exactly_one = exactly_one
        self.some_of = some_of
        self.wants = f"a mapping: {what} has {listing(fields)}"
        self.remedy = f"write `{next(iter(fields))}: ...` and so on, indented below it"

    def read(self, node: Node, reading: Reading) -> T | None:
        if not isinstance(node, Table):
            return self.wrong(node, reading)
        place = Place(node, reading, reading.key)
        values: dict[str, Any] = {}
        good = self._known(node, reading)
        for key, field in self.fields.items():
            entry = node.entries.get(key)
            if entry is None:
                if field.required:
                    good = False
                    self._absent(key, field, node, reading)
                continue
            with reading.at(key):
                value = field.shape.read(entry.value, reading)
            if value is None:
                good = False
            else:
                values[key] = value
        good = self._balanced(node, reading) and good
        return self.build(values, place) if good else None

    def _known(self, node: Table, reading: Reading) -> bool:
        good = True
        for key, entry in node.entries.items():
            if key in self.fields:
                continue
            good = False
            if key in self.later:
                message = (
                    f"{key} is reserved for a later version; found it in {self.what}; remove it"
                )
            elif key in self.instead:
                message = f"{self.what} has no {key}; found it here; {self.instead[key]}"
            else:
                message = (
                    f"unknown key {shown(key)}; {self.what} has {', '.join(self.fields)}; "
                    + reading.meant(key, self.fields, "remove it")
                )
            reading.note(entry.line, message)
        return good

    def _absent(self, key: str, field: Field, node: Table, reading: Reading) -> None:
        kind = getattr(field.shape, "kind", "") or getattr(field.shape, "declares", "")
        if kind:
            reading.notes.broken.add(kind)
        # A key that was misspelt has been reported with the right one already.
        if len(node.entries) > _FEW or not any(
            known not in self.fields
            and reading.meant(known, self.fields, "") == f"did you mean {key}?"
            for known in node.entries
        ):
            reading.note(
                node.line,
                f"{self.what} has no {key}; found {listing([shown(known) for known in node.entries])}; "
                f"add `{key}:` ({field.says})",
            )

    def _balanced(self, node: Table, reading: Reading) -> bool:
        one = [key for key in self.exactly_one if key in node.entries]
        some = [key for key in self.some_of if key in node.entries]
        if self.exactly_one and len(one) != 1:
            wanted = " or ".join(self.exactly_one)
            found = " and ".join(one) or "neither"
            reading.note(node.line, f"{self.what} has one of {wanted}; found {found}; write one")
            return False
        if self.some_of and not some:
            wanted = " or ".join(self.some_of)
            reading.note(node.line, f"{self.what} says nothing; found no {wanted}; write one")
            return False
        return True

    def schema(self) -> Schema:
        made: Schema = {
            "title": self.what.removeprefix("a ").removeprefix("an "),
            "type": "object",
            "properties": {key: field.schema() for key, field in self.fields.items()},
            "additionalProperties": False,
        }
        required = [key for key, field in self.fields.items() if field.required]
        if required:
            made["required"] = required
        if self.exactly_one:
            made["oneOf"] = [{"required": [key]} for key in self.exactly_one]
        if self.some_of:
            made["anyOf"] = [{"required": [key]} for key in self.some_of]
        return made

    def example(self) -> object:
        shown = {key for key, field in self.fields.items() if field.required}
        shown.update(self.exactly_one[:1] or self.some_of[:1])
        return {key: field.example() for key, field in self.fields.items() if key in shown}


class Either(Shape[T]):
    """A table is read by one shape, everything else by another."""

    def __init__(self, table: Shape[T], other: Shape[T]) -> None:
        self.table = table
        self.other = other

    def read(self, node: Node, reading: Reading) -> T | None:
        return (self.table if isinstance(node, Table) else self.other).read(node, reading)

    def schema(self) -> Schema:
        return {"anyOf": [self.other.schema(), self.table.schema()]}

    def example(self) -> object:
        return self.other.example()


class Converted(Shape[T]):
    """Another shape whose value is made into something else, or found wrong after all."""

    def __init__(
        self, inner: Shape[Any], convert: Callable[[Any, Node, Reading], T | None]
    ) -> None:
        self.inner = inner
        self.convert = convert
        self.wants = inner.wants

    def read(self, node: Node, reading: Reading) -> T | None:
        value = self.inner.read(node, reading)
        return None if value is None else self.convert(value, node, reading)

    def schema(self) -> Schema:
        return self.inner.schema()

    def example(self) -> object:
        return self.inner.example()


class Anything(Shape[object]):
    """Data as it stands: text, exact numbers, true and false, lists, mappings."""

    def read(self, node: Node, reading: Reading) -> object | None:
        match node:
            case Broken():
                return None
            case Items():
                return [self.read(item, reading) for item in node.items]
            case Table():
                return {key: self.read(entry.value, reading) for key, entry in node.entries.items()}
        if node.flag:
            return node.text == "true"
        if node.number:
            number = exact(node.text)
            if number is None:
                reading.note(
                    node.line,
                    f"{reading.key} has too many digits; found {describe(node)}; shorten it",
                )
            return number
        if node.empty:
            return self.wrong(node, reading, "write a value, or remove the key")
        return node.text

    def schema(self) -> Schema:
        return {}

    def example(self) -> object:
        return "reply"
