"""Shapes of single values: each reads a node, or says what is wrong with it.

The same value makes the error and the JSON Schema, so the two cannot drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from remit.model import Duration
from remit.playbook.nodes import Broken, Node, Word, describe
from remit.playbook.notes import Reading, listing

T = TypeVar("T")
Schema = dict[str, object]

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
SUCH = {
    "role": "cm",
    "person": "sari",
    "channel": "toko",
    "topic": "refund",
    "field": "tier",
    "rule": "crisis",
    "template": "refund",
    "approval": "replies",
    "escalation": "urgent",
}
"""Ids in examples, by what they name."""
DIGITS = 34
EXPONENT = 30
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


class Shape(Generic[T]):
    """What may stand in one place. `read` gives None only after it has noted why."""

    wants: str = "something else"
    """What must stand here, after `must be`."""
    remedy: str = "correct it"

    def read(self, node: Node, reading: Reading) -> T | None:
        raise NotImplementedError

    def schema(self) -> Schema:
        """JSON Schema of what may stand here."""
        raise NotImplementedError

    def example(self) -> object:
        """One value that may stand here, as JSON has it. A key may have a better one of its own."""
        raise NotImplementedError

    def wrong(self, node: Node, reading: Reading, remedy: str | None = None) -> T | None:
        """Note that this node is not what is wanted here. Gives None, as `read` then does."""
        if not isinstance(node, Broken):
            reading.note(
                node.line,
                f"{reading.key} must be {self.wants}; found {describe(node)}; "
                f"{remedy or self.remedy}",
            )
        return None


class Text(Shape[str]):
    """Words of a person. Numbers and true or false are text only in quotes."""

    def __init__(
        self, wants: str = "text", pattern: str = "", remedy: str = "", *, example: str = ""
    ) -> None:
        self.wants = wants
        self.pattern = re.compile(pattern) if pattern else None
        self.remedy = remedy or "write text, or remove the key"
        self.such = example

    def read(self, node: Node, reading: Reading) -> str | None:
        if not isinstance(node, Word) or node.empty or not node.text.strip():
            return self.wrong(node, reading)
        if node.flag or node.number:
            return self.wrong(node, reading, f'put it in quotes: "{node.text[:60]}"')
        # No word of a fixed form is so long, and the pattern need not be tried on it.
        if self.pattern is not None and (
            len(node.text) > 200 or self.pattern.fullmatch(node.text) is None
        ):
            return self.wrong(node, reading)
        return node.text

    def schema(self) -> Schema:
        pattern = r"\S" if self.pattern is None else f"^(?:{self.pattern.pattern})$"
        return {"type": "string", "pattern": pattern}

    def example(self) -> object:
        return self.such


class Name(Text):
    """An id. With `kinds`, one that must be declared as one of them."""

    def __init__(self, *kinds: str, besides: tuple[str, ...] = (), example: str = "") -> None:
        wants = f"the id of a {' or a '.join(kinds)}" if kinds else "an id"
        super().__init__(
            wants,
            NAME,
            "use letters, digits, _ . and -, beginning with a letter or digit",
            example=example or SUCH.get(kinds[0] if kinds else "", ""),
        )
        self.kinds = kinds
        self.besides = besides

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name is not None and self.kinds:
            reading.use(name, self.kinds, node.line, self.besides)
        return name


class Choice(Shape[str]):
    """One of a few words."""

    def __init__(self, *options: str, later: Sequence[str] = ()) -> None:
        self.options = dict.fromkeys(options)
        self.later = later
        self.wants = f"one of {listing(options, 30)}" if len(options) > 1 else options[0]

    def read(self, node: Node, reading: Reading) -> str | None:
        if isinstance(node, Word) and not node.empty and not node.flag:
            if node.text in self.options:
                return node.text
            if node.text in self.later:
                return self.wrong(node, reading, "it is reserved for a later version; use another")
            return self.wrong(
                node, reading, reading.meant(node.text, self.options, "use one of them")
            )
        return self.wrong(node, reading, "use one of them")

    def schema(self) -> Schema:
        return {"enum": list(self.options)}

    def example(self) -> object:
        return next(iter(self.options))


class Flag(Shape[bool]):
    """true or false, and no other spelling."""

    wants = "true or false"
    remedy = "write true or false, without quotes"

    def read(self, node: Node, reading: Reading) -> bool | None:
        if isinstance(node, Word) and node.flag:
            return node.text == "true"
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def example(self) -> object:
        return True


class Number(Shape[Decimal]):
    """An exact decimal, from its literal."""

    def __init__(self, wants: str = "a number", least: int | None = None) -> None:
        self.wants = wants
        self.least = least
        self.remedy = "write a number without quotes, such as 10 or 0.5"

    def read(self, node: Node, reading: Reading) -> Decimal | None:
        if not isinstance(node, Word) or not node.number:
            return self.wrong(node, reading)
        number = exact(node.text)
        if number is None:
            return self.wrong(
                node, reading, f"use at most {DIGITS} digits and an exponent within {EXPONENT}"
            )
        if self.least is not None and number < self.least:
            return self.wrong(node, reading, f"write {self.least} or more")
        return number

    def schema(self) -> Schema:
        return {"type": "number"} | ({} if self.least is None else {"minimum": self.least})

    def example(self) -> object:
        return 10


class Count(Shape[int]):
    """A whole number from `least`."""

    def __init__(self, least: int = 0) -> None:
        self.least = least
        self.wants = f"a whole number from {least}"
        self.remedy = f"write {max(least, 1)} or another whole number"

    def read(self, node: Node, reading: Reading) -> int | None:
        if isinstance(node, Word) and node.plain and re.fullmatch(r"0|[1-9]\d{0,11}", node.text):
            number = int(node.text)
            if number >= self.least:
                return number
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": 10**12 - 1}

    def example(self) -> object:
        return max(self.least, 1)


class Length(Shape[Duration]):
    """`15m`, `4h`, `2d`."""

    wants = "a length of time"
    remedy = "write it like 15m, 4h, 2d or 1h30m"

    def __init__(self, *, zero: bool = False) -> None:
        self.zero = zero

    def read(self, node: Node, reading: Reading) -> Duration | None:
        if not isinstance(node, Word) or node.empty or not node.text.isascii():
            return self.wrong(node, reading)
        try:
            length = Duration.parse(node.text)
        except ValueError:
            return self.wrong(node, reading)
        if not self.zero and not length.days and not length.seconds:
            return self.wrong(node, reading, "write one above zero, such as 15m")
        return length

    def schema(self) -> Schema:
        some = r"(?=.)" if self.zero else r"(?=.*[1-9])"
        pattern = rf"^{some}(\d{{1,5}}d)?(\d{{1,6}}h)?(\d{{1,7}}m)?(\d{{1,8}}s)?$"
        return {"type": "string", "pattern": pattern}

    def example(self) -> object:
        return "15m" if self.zero else "4h"


class Moment(Shape[datetime]):
    """An instant, with its zone."""

    wants = "a date and time with its zone"
    remedy = "write it like 2027-03-01T09:00+07:00"

    def read(self, node: Node, reading: Reading) -> datetime | None:
        if isinstance(node, Word) and _MOMENT.fullmatch(node.text):
            try:
                moment = datetime.fromisoformat(node.text)
                # An instant outside of what UTC can say would fail later, far from its line.
                if moment.utcoffset() is not None and 1 < moment.year < 9999:
                    return moment
            except ValueError:
                pass
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$",
        }

    def example(self) -> object:
        return "2027-03-01T09:00+07:00"


class Day(Shape[date]):
    """A date."""

    wants = "a date"
    remedy = "write it like 2027-03-01"

    def read(self, node: Node, reading: Reading) -> date | None:
        if isinstance(node, Word) and re.fullmatch(r"\d{4}-\d\d-\d\d", node.text, re.ASCII):
            try:
                return date.fromisoformat(node.text)
            except ValueError:
                pass
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}

    def example(self) -> object:
        return "2027-12-31"


class Goalpost(Shape[Decimal | Duration]):
    """What a goal compares with: a number, or a length of time."""

    wants = "a number or a length of time"
    remedy = "write it like 0.03 or 1h"

    def read(self, node: Node, reading: Reading) -> Decimal | Duration | None:
        if isinstance(node, Word) and node.number:
            return Number().read(node, reading)
        if isinstance(node, Word) and not node.empty and node.text.isascii():
            try:
                return Duration.parse(node.text)
            except ValueError:
                pass
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {"anyOf": [Number().schema(), Length().schema()]}

    def example(self) -> object:
        return "1h"


def exact(literal: str) -> Decimal | None:
    """The number as written, or None where it has too many digits or too large an exponent."""
    if len(literal) > 100 or re.search(r"[eE][+-]?\d{4}", literal):
        return None
    number = Decimal(literal)
    _, digits, exponent = number.as_tuple()
    if len(digits) > DIGITS or abs(int(exponent)) > EXPONENT:
        return None
    return number
