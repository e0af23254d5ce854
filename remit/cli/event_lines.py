"""Lines of a file that may be larger than memory, plain or gzipped, with the bytes read so far."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from remit.model import InputError

LONGEST_LINE = 8_000_000
"""Bytes of one event, as for `remit explain`."""
TOO_LONG = b"(longer than 8 MB)"
"""Stands for a line that was not kept; compare by identity."""
_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class Source:
    """An opened file of lines."""

    def __init__(self, name: str, raw: BinaryIO, size: int | None, *, gzipped: bool) -> None:
        self._name = name
        self._raw = raw
        self.size = size
        """Bytes in the file, as it lies there; None for a pipe."""
        self._file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if gzipped else raw
        self.read = 0
        """Bytes read so far, as they lie in the file."""

    def blocks(self) -> Iterator[list[bytes]]:
        """Lists of whole lines, without their ends. A line that is too long becomes TOO_LONG."""
        rest: list[bytes] = []  # the beginning of a line whose end is still to come
        kept = 0
        first = True
        while block := self._next():
            if first:
                block = block.removeprefix(_BOM)
                first = False
            *lines, tail = block.split(b"\n")
            if lines:
                lines[0] = self._joined(rest, kept, lines[0])
                yield lines
                rest, kept = [], 0
            if tail:
                kept += len(tail)
                if kept <= LONGEST_LINE:
                    rest.append(tail)
        if kept:
            yield [self._joined(rest, kept, b"")]

    @staticmethod
    def _joined(rest: list[bytes], kept: int, end: bytes) -> bytes:
        return TOO_LONG if kept + len(end) > LONGEST_LINE else b"".join((*rest, end))

    def _next(self) -> bytes:
        try:
            block = self._file.read(_BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"{self._name} is damaged gzip: {error}; fetch or compress it again"
            ) from error
        except OSError as error:
            raise InputError(f"{self._name} cannot be read: {error.strerror or error}") from error
        self.read = self._raw.tell() if self.size is not None else self.read + len(block)
        return block


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file of lines; `-` is standard input. What is gzipped is known by how it begins.

    Raises InputError where it cannot be read.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from error
    with raw:
        try:
            status = os.fstat(raw.fileno())
            begin = cast("io.BufferedReader", raw).peek(2)[:2]
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror or error}") from error
        size = status.st_size if stat.S_ISREG(status.st_mode) else None
        if path.suffix == ".gz" and begin and begin != _GZIP:
            raise InputError(f"{name} is not gzipped; drop the .gz from its name, or compress it")
        yield Source(name, raw, size, gzipped=begin == _GZIP)


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, on a terminal only; call what it yields with the bytes read so far."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda read: shown.update(task, completed=read)
