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
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from remit.model import InputError

LONGEST_LINE = 8_000_000
"""Bytes of one event, as for `remit explain`."""
TOO_LONG = b"(longer than 8 MB)"
"""Stands for a line that was not kept; compare by identity."""
_AT_ONCE = 64
"""Lines that are handed over together: few enough to stay near the processor."""
_PIECE = 1 << 16
"""Bytes of a line that are read at once; nearly all lines are shorter."""
_BUFFER = 1 << 18
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class Source:
    """An opened file of lines."""

    def __init__(self, name: str, raw: BinaryIO, size: int | None, *, gzipped: bool) -> None:
        self._name = name
        self._raw = raw
        self.size = size
        """Bytes in the file, as it lies there; None for a pipe."""
        self._file = io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER) if gzipped else raw
        self.read = 0
        """Bytes read so far, as they lie in the file."""

    def lines(self) -> Iterator[list[bytes]]:
        """Some lines at a time. A line that is too long becomes TOO_LONG."""
        pieces = iter(partial(self._file.readline, _PIECE), b"")
        rest: list[bytes] = []  # the beginning of a line whose end is still to come
        kept = 0
        if some := self._some(pieces):
            some[0] = some[0].removeprefix(_BOM)
        while some:
            if not kept and max(map(len, some)) < _PIECE:
                yield some
            else:
                lines: list[bytes] = []
                for piece in some:
                    kept += len(piece)
                    if kept <= LONGEST_LINE:
                        rest.append(piece)
                    if piece.endswith(b"\n") or len(piece) < _PIECE:
                        lines.append(TOO_LONG if kept > LONGEST_LINE else b"".join(rest))
                        rest, kept = [], 0
                yield lines
            some = self._some(pieces)
        if kept:
            yield [TOO_LONG if kept > LONGEST_LINE else b"".join(rest)]

    def _some(self, pieces: Iterator[bytes]) -> list[bytes]:
        try:
            some = list(islice(pieces, _AT_ONCE))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"{self._name} is damaged gzip: {error}; fetch or compress it again"
            ) from error
        except OSError as error:
            raise InputError(f"{self._name} cannot be read: {error.strerror or error}") from error
        self.read = self._raw.tell() if self.size is not None else self.read + sum(map(len, some))
        return some


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file of lines; `-` is standard input. What is gzipped is known by how it begins.

    Raises InputError where it cannot be read.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer if str(path) == "-" else path.open("rb", buffering=_BUFFER)
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
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # A tenth of the time that the command needs to begin; most runs are piped.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda read: shown.update(task, completed=read)
