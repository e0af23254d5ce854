"""Where and when each person wants to be told."""

from __future__ import annotations

import re
from typing import Any

from remit.model import REMINDERS, Duration, Notify
from remit.playbook.hours import SpanShape
from remit.playbook.nodes import Items, Node, Table, Word
from remit.playbook.notes import Reading
from remit.playbook.scalars import Choice, Length, Name, Schema, Shape
from remit.playbook.shapes import Converted, Either, Field, ListOf, MapOf, Place, Record
from remit.playbook.texts import Secret

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"


class _ClockShape(Shape[int]):
    """`08:00` as minutes from midnight."""

    wants = "a local time"
    remedy = 'write it like "08:00"'

    def read(self, node: Node, reading: Reading) -> int | None:
        match = re.fullmatch(_CLOCK, node.text, re.ASCII) if isinstance(node, Word) else None
        return self.wrong(node, reading) if match is None else int(match[1]) * 60 + int(match[2])

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_CLOCK}$"}

    def example(self) -> object:
        return "08:00"


_EVERY = Record(
    "a digest",
    {"every": Field(Length(), "As often as this.", required=True, such=("2h",))},
    lambda values, _: values["every"],
)
_TIMES = ListOf(_ClockShape(), "a local time, a list of them, or {every: 2h}", or_one=True)


class _Digest(Shape[tuple[int, ...] | Duration]):
    """Local times, or `{every: 2h}`."""

    wants = _TIMES.wants
    remedy = 'write it like "08:00" or {every: 2h}'

    def read(self, node: Node, reading: Reading) -> tuple[int, ...] | Duration | None:
        if isinstance(node, Table):
            return _EVERY.read(node, reading)
        if not isinstance(node, Word | Items):
            return self.wrong(node, reading)
        times = _TIMES.read(node, reading)
        return None if times is None else tuple(sorted(set(times)))

    def schema(self) -> Schema:
        return {"anyOf": [_TIMES.schema(), _EVERY.schema()]}

    def example(self) -> object:
        return "08:00"


def _notify(values: dict[str, Any], _: Place) -> Notify:
    said = dict(values)
    digest = said.pop("digest", ())
    if isinstance(digest, Duration):
        said["digest_every"] = digest
    else:
        said["digest"] = digest
    return Notify(**{**said, "only": tuple(said.get("only", ()))})


def _just_there(address: str, _: Node, __: Reading) -> Notify:
    return Notify(to=address)


NOTIFY_PERSON = Either(
    Record(
        "notify of a person",
        {
            "to": Field(
                Secret(), "Where the Apprise address is kept.", required=True, such=("env:SARI",)
            ),
            "quiet": Field(
                SpanShape("quiet hours"),
                "Local time at which only what cannot wait is told.",
                such=("22:00-07:00",),
            ),
            "digest": Field(
                _Digest(),
                "When what can wait is told, all in one message: local times, or every so often.",
                such=("08:00", ["08:00", "13:00"], {"every": "2h"}),
            ),
            "repeat": Field(Length(), "Again so often, until somebody has it.", such=("30m",)),
            "only": Field(
                ListOf(Choice(*REMINDERS)),
                "Of what to be told; of everything, where nothing is said.",
                such=(["new", "breached"],),
            ),
        },
        _notify,
    ),
    Converted(Secret(), _just_there),
)


class _People(MapOf[Notify]):
    """What stands here may be an address, and is not shown."""

    def wrong(
        self, node: Node, reading: Reading, remedy: str | None = None
    ) -> dict[str, Notify] | None:
        if isinstance(node, Word):
            node = Word("", plain=True, line=node.line)
        return super().wrong(node, reading, remedy)


NOTIFY = _People(
    NOTIFY_PERSON,
    says="Where the Apprise address of a person is kept, and when it is used.",
    keys=Name("person"),
)
