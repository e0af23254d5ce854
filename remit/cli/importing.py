"""import: anyone's export as events for replay."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import orjson
import typer

from remit.cli.decisions import event_json
from remit.cli.event_lines import bar
from remit.cli.imported.cells import Reading, places_of, read_pairs
from remit.cli.imported.table import DELIMITERS, Table
from remit.cli.imported.times import is_ambiguous, proves
from remit.cli.output import say
from remit.cli.unread import Unread
from remit.cli.whole import written_whole
from remit.model import InputError

_AT_ONCE = 1000
"""Rows between two looks at the progress."""


def import_csv(file: Path, mapping: str, out: Path, fixed: str, timezone: str) -> None:
    """Write an event for each row that is one. Ends with 1 where a row is not: it is said which."""
    columns, values = read_pairs("--map", mapping), read_pairs("--set", fixed)
    zone = _zone(timezone)
    _complete(columns, values)
    if out.is_file():
        raise InputError(f"{out} is already there; move it away, or name another file with --out")
    table = Table(file, list(columns.values()))
    places = places_of(columns, table.columns)
    day_first, why = _order(table, places)
    unread = Unread("row")
    reading = Reading(places, values, zone, day_first)
    count = _write(table, reading, out, unread)
    if not count and out.is_file():
        out.unlink()
    say(
        f"{file}: {table.encoding}, {DELIMITERS[table.delimiter]} between cells; "
        + (
            f"{count:,} event{'s' * (count != 1)} written to {out}"
            if count
            else f"no event, so {out} is not written"
        )
    )
    if why:
        say(why)
    unread.complain(count)
    if unread.count or not count:
        raise typer.Exit(1)


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (LookupError, ValueError, OSError) as error:
        raise InputError(
            f"--timezone {timezone!r} is not a time zone; write one like Asia/Jakarta"
        ) from error


def _complete(columns: Mapping[str, str], values: Mapping[str, str]) -> None:
    both = [field for field in columns if field in values]
    if both:
        raise InputError(f"{both[0]} is in --map and in --set; say it in one of them")
    for field, example in (("time", "--map time=COLUMN"), ("platform", "--set platform=instagram")):
        if field not in columns and field not in values:
            raise InputError(f"an event needs a {field} and nothing says it; add {example}")


def _order(table: Table, places: Mapping[str, int]) -> tuple[bool, str | None]:
    """Whether days come before months, and what to say of it."""
    place = places.get("time")
    if place is None:
        return True, None
    unclear: tuple[int, str] | None = None
    for row in table.rows():
        if row.wrong is not None:
            continue
        cell = row.cells[place].strip()
        proof = proves(cell)
        if proof is not None:
            said = "day first" if proof else "month first"
            return proof, f"Dates are read {said}: line {row.line:,} has {cell}."
        if unclear is None and is_ambiguous(cell):
            unclear = (row.line, cell)
    if unclear is None:
        return True, None
    line, cell = unclear
    return True, (
        f"Dates are read day first, and no row proves it: line {line:,} has {cell}. "
        "Where that is wrong, export the times as 2027-03-01 10:00."
    )


def _write(table: Table, reading: Reading, out: Path, unread: Unread) -> int:
    count = 0
    with bar("import", table.size) as progress, _events(out) as file:
        for number, row in enumerate(table.rows(), start=1):
            if number % _AT_ONCE == 0:
                progress(table.read)
            try:
                event = reading.event(number, row)
            except InputError as error:
                unread.note(row.line, error)
                continue
            file.write(orjson.dumps(event_json(event), default=_exact) + b"\n")
            count += 1
    return count


@contextmanager
def _events(out: Path) -> Iterator[BinaryIO]:
    with written_whole(out) as file:
        if out.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile(fileobj=file, filename="", mode="wb", mtime=0) as packed:
            yield cast("BinaryIO", packed)


def _exact(value: object) -> object:
    """A decimal as the number that it was, not the nearest float; a mapping as an object."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError
