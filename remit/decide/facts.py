"""What an event says under each name that a rule may test."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

from remit.decide import clock
from remit.decide.domains import OTHER_CHANNEL, known, known_own
from remit.model import Author, Event, HolidayCalendar, InputError, Playbook

Value = str | bool | int | Decimal
"""A value of an event. A missing one is None."""

_NOBODY = Author()
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Facts:
    """One event as the rules of one playbook see it. What costs time is found once, when asked."""

    def __init__(
        self,
        event: Event,
        playbook: Playbook,
        topics_of: Callable[[str], tuple[str, ...]],
        holidays: HolidayCalendar | None,
    ) -> None:
        self.event = event
        self.author = event.author or _NOBODY
        self._playbook = playbook
        self._topics_of = topics_of
        self._holidays = holidays
        self._open: dict[str, bool] = {}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Names of the topics that the text holds, in the order of the playbook."""
        return self._topics_of(self.event.text) if self.event.text else ()

    @property
    def channel(self) -> str | None:
        named = self.event.channel
        return named if named is None or named in self._playbook.channels else OTHER_CHANNEL

    @property
    def platform(self) -> str:
        """A declared channel fixes its platform."""
        declared = self._playbook.channels.get(self.event.channel or "")
        return self.event.platform if declared is None else declared.platform

    def is_open(self, role: str) -> bool:
        """Whether that role works at the event's time."""
        if role not in self._open:
            known = self._playbook.roles.get(role)
            self._open[role] = known is not None and clock.is_open(
                known, self._playbook.timezone, self.event.time, self._holidays
            )
        return self._open[role]

    def own(self, name: str) -> Value | None:
        """A field of the brand's own."""
        spec = self._playbook.fields.get(name)
        return None if spec is None else known_own(spec, self.event.fields.get(name))

    def said(self, field: str) -> Value | None:
        """What the event gives for a field, be it a value that the field cannot have."""
        if field.startswith("fields."):
            return self.event.fields.get(field.removeprefix("fields."))
        holder = self.author if field.startswith("author.") else self.event
        said: Value | None = getattr(holder, field.removeprefix("author."))
        return said

    @property
    def local_time(self) -> str:
        """The event's time as the brand's clock shows it."""
        at = clock.local(self.event.time, self._playbook.timezone)
        return f"{_WEEKDAYS[at.weekday()]} {at:%H:%M} {self._playbook.timezone}"


Getter = Callable[[Facts], Value | None]

_FIELDS: dict[str, Getter] = {
    "kind": lambda facts: facts.event.kind,
    "platform": lambda facts: facts.platform,
    "channel": lambda facts: facts.channel,
    "language": lambda facts: facts.event.language,
    "metric": lambda facts: facts.event.metric,
    "under": lambda facts: known("under", facts.event.under),
    "author.relation": lambda facts: known("author.relation", facts.author.relation),
    "author.verified": lambda facts: facts.author.verified,
    "author.followers": lambda facts: facts.author.followers,
    "reach": lambda facts: facts.event.reach,
    "sentiment": lambda facts: known("sentiment", facts.event.sentiment),
    "toxicity": lambda facts: known("toxicity", facts.event.toxicity),
    "value": lambda facts: facts.event.value,
    "change": lambda facts: facts.event.change,
}
HOURS = {"within_hours": True, "outside_hours": False}
"""Fields whose values are roles: those that work at the event's time, or do not."""
TOPIC = "topic"


def getter(field: str) -> Getter:
    """How to read a field of one value. Raises InputError for a name that is not one."""
    if field.startswith("fields."):
        name = field.removeprefix("fields.")
        return lambda facts: facts.own(name)
    if field not in _FIELDS:
        known = ", ".join((*_FIELDS, *HOURS, TOPIC))
        raise InputError(f"{field!r} is not a field of an event; use one of {known}, fields.NAME")
    return _FIELDS[field]
