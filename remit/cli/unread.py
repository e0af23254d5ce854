"""Lines that could not be read: counted, and the first few of them named."""

from __future__ import annotations

from pydantic import ValidationError

from remit.cli.output import complain
from remit.model import InputError

_SHOWN = 5
_LONGEST = 160


class Unread:
    """What was left out of a file that has an event in each `place`: a line, or a row."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.count = 0
        self.first: list[tuple[int, str]] = []
        """(line from 1, what is wrong)"""

    def note(self, line: int, why: ValidationError | InputError | str) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            told = said(why) if isinstance(why, ValidationError) else str(why)
            self.first.append((line, printable(told)))

    def complain(self, read: int) -> None:
        """Say on standard error what was left out; nothing where nothing was."""
        if not self.count:
            return
        what = (
            f"{self._place} is no event and was"
            if self.count == 1
            else f"{self._place}s are no events and were"
        )
        complain(f"remit: {self.count:,} of {self.count + read:,} {what} left out; mend or drop:")
        for line, why in self.first:
            complain(f"  line {line:,}: {why}")
        if self.count > len(self.first):
            complain(f"  and {self.count - len(self.first):,} more")


def printable(text: str) -> str:
    """Text from outside on one line of a terminal, cut where it is long."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return "".join(char if char.isprintable() else "�" for char in cut)


def said(error: ValidationError) -> str:
    """The first thing that is wrong, and how many more there are; never the text of a message."""
    first, *more = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in first["loc"])
    what = f"{place}: {first['msg']}" if place else first["msg"]
    return f"{what} (and {len(more)} more)" if more else what
