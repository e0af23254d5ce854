"""When a role is there: day ranges to spans of local time, on some days or on all."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from remit.model import DatedHours, Hours, Span
from remit.playbook.nodes import Items, Node, Table, Word, describe, shown
from remit.playbook.notes import Reading
from remit.playbook.scalars import Day, Schema, Shape

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_SPAN = rf"{_CLOCK}-({_CLOCK}|24:00)"
_DAYS = rf"daily|(?:{'|'.join(DAYS)})(?:-(?:{'|'.join(DAYS)}))?"

_SAYS = "Spans of local time on these days; one may run past midnight, and 24:00 ends a day."
_SUCH = ["09:00-18:00", ["08:00-13:00", "14:00-22:00"]]


class SpanShape(Shape[Span]):
    """`"09:00-18:00"`; one whose end is before its start runs into the next day."""

    def __init__(self, what: str) -> None:
        self.what = what

    def read(self, node: Node, reading: Reading) -> Span | None:
        match = re.fullmatch(_SPAN, node.text) if isinstance(node, Word) else None
        if match is None:
            reading.note(
                node.line,
                f"{self.what} must be a span of local time; found {describe(node)}; "
                'write it like "09:00-18:00"; 24:00 ends a day',
            )
            return None
        since = int(match[1]) * 60 + int(match[2])
        until = 1440 if match[3] == "24:00" else int(match[4]) * 60 + int(match[5])
        if since == until:
            reading.note(
                node.line,
                f"a span must have a length; found {match[0]}; "
                'write "00:00-24:00" for a whole day, or leave the day out',
            )
            return None
        return Span(since=since, until=until if until > since else until + 1440)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_SPAN}$"}

    def example(self) -> object:
        return "22:00-07:00"


SPAN = SpanShape("open hours")


class HoursShape(Shape[Hours]):
    """`{mon-fri: "09:00-18:00", sat: ["08:00-12:00", "14:00-24:00"]}`."""

    wants = "a mapping from days to spans"
    remedy = 'write {mon-fri: "09:00-18:00"}'

    def read(self, node: Node, reading: Reading) -> Hours | None:
        if not isinstance(node, Table) or not node.entries:
            return self.wrong(node, reading)
        week: list[tuple[Span, ...]] = [()] * 7
        named: dict[int, int] = {}
        good = True
        for key, entry in node.entries.items():
            days = self._days(key, entry.line, reading)
            spans = self._spans(entry.value, reading)
            good = good and days is not None and spans is not None
            for day in days or ():
                if day in named:
                    good = False
                    reading.note(
                        entry.line,
                        f"{DAYS[day]} has its hours twice; found them on line {named[day]} and on "
                        f"line {entry.line}; name each day once",
                    )
                    break
                named[day] = entry.line
                week[day] = spans or ()
        return Hours(week=tuple(week)) if good else None

    def _days(self, key: str, line: int, reading: Reading) -> list[int] | None:
        if re.fullmatch(_DAYS, key) is None:
            reading.note(
                line,
                f"days must be {', '.join(DAYS)}, a range of them, or daily; "
                f"found {shown(key)}; write mon-fri, sat or daily",
            )
            return None
        if key == "daily":
            return list(range(7))
        first, _, last = key.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        return [(start + step) % 7 for step in range((end - start) % 7 + 1)]

    def _spans(self, node: Node, reading: Reading) -> tuple[Span, ...] | None:
        nodes = node.items if isinstance(node, Items) else [node]
        if not nodes:
            reading.note(
                node.line, "a day has an empty list; found []; write a span, or leave the day out"
            )
            return None
        read = [SPAN.read(item, reading) for item in nodes]
        spans = sorted((span for span in read if span is not None), key=lambda span: span.since)
        for one, two in pairwise(spans):
            if two.since < one.until:
                reading.note(
                    node.line,
                    f"spans of a day must not overlap; found {_clock(one)} and {_clock(two)}; "
                    "make them one",
                )
                return None
        return tuple(spans) if len(spans) == len(read) else None

    def schema(self) -> Schema:
        span = SPAN.schema()
        spans = {"anyOf": [span, {"type": "array", "items": span, "minItems": 1}]}
        return {
            "type": "object",
            "minProperties": 1,
            "patternProperties": {
                f"^({_DAYS})$": {"description": _SAYS, "examples": _SUCH, **spans}
            },
            "additionalProperties": False,
        }

    def example(self) -> object:
        return {"mon-fri": "09:00-18:00", "sat": ["08:00-12:00", "14:00-24:00"]}


class Taken(NamedTuple):
    """What a mapping of days says beside its days."""

    since: date | None
    until: date | None
    hours: Hours


class DatedShape:
    """A mapping of days that may have `from` and `to` among them."""

    def __init__(self, *, beside: tuple[str, ...] = ()) -> None:
        self._beside = {"from", "to", *beside}
        self._hours = HoursShape()

    def take(self, node: Table, reading: Reading) -> Taken | None:
        """The dates, and the hours of the other keys; None after a note."""
        days = {key: node.entries[key] for key in ("from", "to") if key in node.entries}
        read: dict[str, date | None] = {}
        for key, entry in days.items():
            with reading.at(key):
                read[key] = Day().read(entry.value, reading)
        week = {key: entry for key, entry in node.entries.items() if key not in self._beside}
        hours = self._hours.read(Table(week, node.line), reading)
        if hours is None or None in read.values():
            return None
        since, until = read.get("from"), read.get("to")
        if since is not None and until is not None and until < since:
            reading.note(
                days["to"].line,
                f"`to` is the last day, and not before the first; found {until} after {since}; "
                "swap them, or correct the year",
            )
            return None
        return Taken(since, until, hours)

    def schema(self) -> Schema:
        made = self._hours.schema()
        return made | {
            "properties": {
                "from": {"description": _FROM, "examples": ["2027-02-18"], **Day().schema()},
                "to": {"description": _TO, "examples": ["2027-03-19"], **Day().schema()},
            }
        }


_FROM, _TO = "The first day on which these hold.", "The last day on which these hold."


class RoleHours(Shape[tuple[Hours, tuple[DatedHours, ...]]]):
    """Hours, or a list of them: the first as ever, those after it `from` a day `to` a day."""

    wants = "a mapping from days to spans, or a list of such mappings"
    remedy = 'write {mon-fri: "09:00-18:00"}'

    def __init__(self) -> None:
        self._always = HoursShape()
        self._dated = DatedShape()

    def read(self, node: Node, reading: Reading) -> tuple[Hours, tuple[DatedHours, ...]] | None:
        if isinstance(node, Table):
            always = self._base(node, reading)
            return None if always is None else (always, ())
        if not isinstance(node, Items) or not node.items:
            return self.wrong(node, reading)
        base = self._base(node.items[0], reading)
        dated = [self._one(item, reading) for item in node.items[1:]]
        good = tuple(one for one in dated if one is not None)
        return None if base is None or len(good) < len(dated) else (base, good)

    def _base(self, node: Node, reading: Reading) -> Hours | None:
        if isinstance(node, Table) and node.entries.keys() & {"from", "to"}:
            reading.note(
                node.line,
                "the first hours hold on every day that no others name; found them with a date; "
                "write the ordinary hours first, as a list: [{...}, {from: DATE, to: DATE, ...}]",
            )
            return None
        return self._always.read(node, reading)

    def _one(self, node: Node, reading: Reading) -> DatedHours | None:
        if not isinstance(node, Table):
            self.wrong(node, reading)
            return None
        if not node.entries.keys() >= {"from", "to"}:
            found = "no date" if not node.entries.keys() & {"from", "to"} else "one of the two"
            reading.note(
                node.line,
                "hours after the first hold from a day to a day; "
                f"found {found}; write `from: DATE` and `to: DATE`",
            )
            return None
        taken = self._dated.take(node, reading)
        if taken is None or taken.since is None or taken.until is None:
            return None
        return DatedHours(since=taken.since, until=taken.until, hours=taken.hours)

    def schema(self) -> Schema:
        always, dated = self._always.schema(), self._dated.schema()
        many = {
            "type": "array",
            "minItems": 1,
            "prefixItems": [always],
            "items": dated | {"required": ["from", "to"]},
        }
        return {"anyOf": [always, many]}

    def example(self) -> object:
        return self._always.example()


def _clock(span: Span) -> str:
    until = span.until if span.until <= 1440 else span.until - 1440
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (span.since, until))
