"""When a role is there: day ranges to spans of local time."""

from __future__ import annotations

import re
from itertools import pairwise

from remit.model import Hours, Span
from remit.playbook.nodes import Items, Node, Table, Word, describe, shown
from remit.playbook.notes import Reading
from remit.playbook.scalars import Schema, Shape

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_SPAN = rf"{_CLOCK}-({_CLOCK}|24:00)"
_DAYS = rf"daily|(?:{'|'.join(DAYS)})(?:-(?:{'|'.join(DAYS)}))?"

_SAYS = "Spans of local time on these days; one may run past midnight, and 24:00 ends a day."
_SUCH = ["09:00-18:00", ["08:00-13:00", "14:00-22:00"]]


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
        if key in {"from", "to"}:
            reading.note(
                line, f"dated hours are reserved for a later version; found {key}; remove it"
            )
            return None
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
        read = [self._span(item, reading) for item in nodes]
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

    def _span(self, node: Node, reading: Reading) -> Span | None:
        match = re.fullmatch(_SPAN, node.text) if isinstance(node, Word) else None
        if match is None:
            reading.note(
                node.line,
                f"open hours must be a span of local time; found {describe(node)}; "
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
        span = {"type": "string", "pattern": f"^{_SPAN}$"}
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


def _clock(span: Span) -> str:
    until = span.until if span.until <= 1440 else span.until - 1440
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (span.since, until))
