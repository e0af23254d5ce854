"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from remit.model import InputError


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Write beside the path, and put it in place once all is written. A pipe or device is written to.

    Whatever stops the writing leaves the path as it was. Raises InputError where it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        # A link stays one: what it points to is replaced.
        place = path.resolve()
        beside = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            with beside.open("xb") as file:
                yield file
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}; what was there is unchanged. "
            "Make room, or name another place with --out"
        ) from error
