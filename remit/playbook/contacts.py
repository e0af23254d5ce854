"""contacts.csv: who is press, partner, staff, and the brand's own fields of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from remit.model import RELATIONS, Contact, FieldSpec
from remit.playbook.nodes import shown
from remit.playbook.notes import Reading, listing
from remit.playbook.scalars import exact

_COLUMNS = ("platform", "handle", "relation")


def read_contacts(source: str, reading: Reading) -> tuple[Contact, ...]:
    """The rows that are good; every other has been noted."""
    reader = csv.reader(io.StringIO(source, newline=""), strict=True)
    contacts: list[Contact] = []
    header: list[str] | None = None
    seen: dict[tuple[str, str], int] = {}
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            reading.note(
                line,
                "not CSV; found a quote or a line that does not end; double a quote inside quotes",
            )
            break
        if row is None or not reading.notes.allowance.spend(line, reading.note):
            break
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if header is None:
            header = cells
            if not _header(header, line, reading):
                return ()
            continue
        contact = _contact(header, cells, line, reading)
        if contact is not None and _first(contact, line, seen, reading):
            contacts.append(contact)
    if header is None:
        reading.note(1, "the file is empty; found no header; begin with platform,handle,relation")
    return tuple(contacts)


def _first(contact: Contact, line: int, seen: dict[tuple[str, str], int], reading: Reading) -> bool:
    # Handles are compared as networks do: without case and without a leading @.
    key = (contact.platform.casefold(), contact.handle.removeprefix("@").casefold())
    first = seen.setdefault(key, line)
    if first != line:
        reading.note(
            line,
            f"a contact is repeated; found {shown(contact.handle)} on line {first} and on "
            f"line {line}; keep one",
        )
    return first == line


def _header(header: Sequence[str], line: int, reading: Reading) -> bool:
    before = len(reading.notes.findings)
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        found = "semicolons" if ";" in header[0] else "tabs"
        reading.note(
            line,
            f"cells are told apart by commas; found {found}; save the file as CSV with commas",
        )
        return False
    for needed in _COLUMNS[:2]:
        if needed not in header:
            reading.note(
                line,
                f"contacts have no column {needed}; found {listing(header)}; add it",
            )
    repeated = [column for column, count in Counter(header).items() if count > 1 and column]
    if repeated:
        reading.note(line, f"a column is repeated; found {shown(repeated[0])} twice; remove one")
    if "field" not in reading.notes.broken:
        known = dict.fromkeys([*_COLUMNS, *reading.notes.fields])
        for column in header:
            if column not in known:
                reading.note(
                    line,
                    f"unknown column {shown(column)}; contacts have {listing(known)}; "
                    + reading.meant(column, known, "declare it under `fields`"),
                )
    return len(reading.notes.findings) == before


def _contact(
    header: Sequence[str], cells: Sequence[str], line: int, reading: Reading
) -> Contact | None:
    if len(cells) != len(header):
        reading.note(
            line,
            f"a row has as many cells as the header; found {len(cells)} and {len(header)}; "
            "put a cell with a comma in quotes",
        )
        return None
    row = dict(zip(header, cells, strict=True))
    good = True
    for needed in _COLUMNS[:2]:
        if not row[needed]:
            good = False
            reading.note(line, f"a contact has no {needed}; found an empty cell; fill it in")
    relation = row.get("relation") or None
    if relation is not None and relation not in RELATIONS:
        good = False
        reading.note(
            line,
            f"relation must be one of {', '.join(RELATIONS)}; found {shown(relation)}; "
            + reading.meant(relation, RELATIONS, "use one of them"),
        )
    fields: dict[str, str | Decimal] = {}
    for name, cell in row.items():
        spec = reading.notes.fields.get(name)
        if not cell or spec is None:
            continue
        value = _value(cell, spec, line, reading)
        if value is None:
            good = False
        else:
            fields[name] = value
    if not good:
        return None
    return Contact(platform=row["platform"], handle=row["handle"], relation=relation, fields=fields)


def _value(cell: str, spec: FieldSpec, line: int, reading: Reading) -> str | Decimal | None:
    if not spec.number:
        if cell in spec.values:
            return cell
        reading.note(
            line,
            f"{spec.id} must be one of {listing(spec.values)}; found {shown(cell)}; "
            + reading.meant(cell, spec.values, "use one of them"),
        )
        return None
    number = exact(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell, re.ASCII) else None
    low, high = spec.at_least, spec.at_most
    if number is None:
        reading.note(line, f"{spec.id} must be a number; found {shown(cell)}; write it like 0.5")
    elif (low is not None and number < low) or (high is not None and number > high):
        bounds = [f"{word} {end}" for word, end in (("from", low), ("to", high)) if end is not None]
        reading.note(line, f"{spec.id} must be {' '.join(bounds)}; found {shown(cell)}; correct it")
        return None
    return number
