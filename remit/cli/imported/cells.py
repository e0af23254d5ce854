"""An event of a row: which column is which field, and what its cells mean."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from hashlib import sha256

from pydantic import ValidationError

from remit.cli.imported.table import Row, column_of
from remit.cli.imported.times import read_time
from remit.cli.unread import said
from remit.decide.encoding import unambiguous
from remit.model import Author, Event, InputError

OWN = "fields."
AUTHOR = "author."
_PARTS = tuple(AUTHOR + name for name in Author.model_fields)
FIELDS = tuple(name for name in Event.model_fields if name not in {"author", "fields"}) + _PARTS
"""All that a column can be, beside fields.NAME."""
KIND = "conversation.comment"
"""What a row is where nobody says otherwise."""
_WHOLE = frozenset({"author.followers", "reach"})
_DECIMALS = frozenset({"sentiment", "toxicity", "value", "change"})
_TRUTHS = frozenset({"ours", "author.verified"})
_TRUE = frozenset({"true", "yes", "y", "1", "ya"})
_FALSE = frozenset({"false", "no", "n", "0", "tidak"})
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")


def read_pairs(option: str, given: str) -> dict[str, str]:
    """`text=Comment,time=Posted`; a pair with a comma in it stands in quotes. Raises InputError."""
    pairs: dict[str, str] = {}
    for part in next(csv.reader([given], skipinitialspace=True), []):
        if not part.strip():
            continue
        name, mark, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not mark or not value:
            raise InputError(
                f"{option} has {part!r}; write it as FIELD=..., with commas between, "
                "and quotes around one that holds a comma: '\"text=Comment, full\",time=Posted'"
            )
        if name not in FIELDS and not (name.startswith(OWN) and len(name) > len(OWN)):
            raise InputError(
                f"{option} has {name!r}, which is no field of an event; the fields are "
                f"{', '.join(FIELDS)}, fields.NAME"
            )
        if name in pairs:
            raise InputError(f"{option} names {name} twice; name it once")
        pairs[name] = value
    return pairs


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows become events."""

    places: Mapping[str, int]
    """By field: the number of its column."""
    fixed: Mapping[str, str]
    zone: tzinfo
    day_first: bool

    def event(self, number: int, row: Row) -> Event:
        """The event of the row of this number. Raises InputError."""
        if row.wrong is not None:
            raise InputError(row.wrong)
        given = {field: row.cells[place].strip() for field, place in self.places.items()}
        given = {**self.fixed, **{field: cell for field, cell in given.items() if cell}}
        if "id" not in given:
            # The number tells rows of the same content apart.
            given["id"] = f"{sha256(unambiguous(*row.cells)).hexdigest()[:12]}-{number}"
        event: dict[str, object] = {"kind": KIND}
        author: dict[str, object] = {}
        own: dict[str, object] = {}
        for field, cell in given.items():
            value = self._value(field, cell)
            if field.startswith(OWN):
                own[field.removeprefix(OWN)] = value
            elif field.startswith(AUTHOR):
                author[field.removeprefix(AUTHOR)] = value
            else:
                event[field] = value
        try:
            return Event.model_validate(
                event | ({"author": author} if author else {}) | ({"fields": own} if own else {})
            )
        except ValidationError as error:
            raise InputError(said(error)) from error

    def _value(self, field: str, cell: str) -> object:
        if field == "time":
            return read_time(cell, self.zone, day_first=self.day_first)
        if field in _TRUTHS:
            return _truth(field, cell)
        if field in _WHOLE and _THOUSANDS.fullmatch(cell):
            return re.sub(r"\D", "", cell)
        if field in _DECIMALS and cell.count(",") == 1 and "." not in cell:
            return cell.replace(",", ".")
        if field.startswith(OWN) and _NUMBER.fullmatch(cell):
            return Decimal(cell)
        return cell


def places_of(mapping: Mapping[str, str], columns: Sequence[str]) -> dict[str, int]:
    """By field: the number of the column that it is read from."""
    found = {field: column_of(column, columns) for field, column in mapping.items()}
    return {field: place for field, place in found.items() if place is not None}


def _truth(field: str, cell: str) -> bool:
    word = cell.casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise InputError(f"{field}: {cell!r} is neither true nor false; write one of them")
