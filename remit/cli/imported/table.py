"""A table in a text file, as spreadsheets and platforms export it: encoding and delimiter are found."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from remit.model import InputError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LONGEST = 8_000_000
"""Characters of a line, and of a cell."""
_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SEP = "sep="
"""How a spreadsheet names the delimiter in a first line of its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read, or why it could not."""

    line: int
    """Of its beginning, from 1."""
    cells: Sequence[str]
    wrong: str | None = None


class Table:
    """A file of rows, read again from its beginning by each call of `rows`.

    `wanted` are columns that its header must have: by them the delimiter is known.
    """

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        self._path = path
        self._encoding, self.encoding = _encoding(path)
        self.read = 0
        """Bytes read so far."""
        self.delimiter, self.columns = self._header(wanted)

    @property
    def size(self) -> int:
        return self._path.stat().st_size

    def rows(self) -> Iterator[Row]:
        """Every row below the header; empty ones are left out."""
        found = self._all(self.delimiter)
        next(found)
        for row in found:
            if row.wrong is None and len(row.cells) != len(self.columns):
                yield Row(
                    row.line,
                    row.cells,
                    f"{len(row.cells)} cells where the header has {len(self.columns)}; "
                    "put quotes around a cell that holds the delimiter or a line break",
                )
            else:
                yield row

    def _all(self, delimiter: str) -> Generator[Row, None, None]:
        csv.field_size_limit(_LONGEST)
        with self._path.open(encoding=self._encoding, newline="") as text:
            lines = _Lines(text, self._path)
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
            while True:
                line = lines.number + 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield Row(line, (), f"it is not CSV: {error}; double a quote inside quotes")
                    continue
                self.read = cast("BinaryIO", text.buffer).tell()
                if cells is None:
                    return
                if any(cell and not cell.isspace() for cell in cells):
                    yield Row(line, cells)

    def _header(self, wanted: Sequence[str]) -> tuple[str, list[str]]:
        found = {each: self._columns(each) for each in DELIMITERS}
        for delimiter, columns in found.items():
            if all(column_of(name, columns) is not None for name in wanted):
                return delimiter, columns
        if not any(found.values()):
            raise InputError(f"{self._path} is empty; export it again with a line of column names")
        # None fits: the one with most columns is what the file most likely means.
        delimiter = max(found, key=lambda each: len(found[each]))
        columns = found[delimiter]
        missing = [name for name in wanted if column_of(name, columns) is None]
        raise InputError(
            f"{self._path} has no column {_listed(missing)}; its columns are {_listed(columns)}. "
            "Name those in --map, as text=COLUMN"
        )

    def _columns(self, delimiter: str) -> list[str]:
        with closing(self._all(delimiter)) as rows:
            return [cell.strip() for cell in next(rows, Row(1, ())).cells]


class _Lines:
    """Lines of text with their ends, none of them longer than memory should hold."""

    def __init__(self, text: TextIO, path: Path) -> None:
        self._text = text
        self._path = path
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST):
            self.number += 1
            if len(line) >= _LONGEST:
                raise InputError(
                    f"{self._path} line {self.number} is longer than 8 MB; "
                    "this is no table of messages, export it again as CSV"
                )
            if self.number > 1 or not line.lower().startswith(_SEP):
                yield line


def column_of(name: str, columns: Sequence[str]) -> int | None:
    """The place of a column; letters count alike, large and small, where that names one alone."""
    for asked, known in (
        (name, list(columns)),
        (name.strip().casefold(), [each.casefold() for each in columns]),
    ):
        if known.count(asked) == 1:
            return known.index(asked)
    return None


def _encoding(path: Path) -> tuple[str, str]:
    """(for Python, for people). All of the file is looked at: what is no UTF-8 may come late."""
    try:
        with path.open("rb") as file:
            begin = file.read(4)
        for mark, encoding, name in _BOMS:
            if begin.startswith(mark):
                return _decodes(path, encoding, name)
        try:
            return _decodes(path, "utf-8", "UTF-8")
        except InputError:
            return _decodes(path, "cp1252", "Windows-1252, for it is not UTF-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _decodes(path: Path, encoding: str, name: str) -> tuple[str, str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8, UTF-16 or Windows-1252; save it as CSV UTF-8"
        ) from error
    return encoding, name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
