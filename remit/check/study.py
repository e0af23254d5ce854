"""What a finding is looked for in: a playbook, and what only higher rooms can know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from remit.model import Duration, Finding, HolidayCalendar, Playbook


@dataclass(frozen=True, slots=True)
class Away:
    """A person's leave, both days included."""

    person: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Given:
    """Facts from outside the playbook. What is left out is not checked, never guessed."""

    since: date
    """The first day that PB020 to PB023 look at; they look at 366."""
    holidays: HolidayCalendar | None = None
    away: tuple[Away, ...] = ()
    reply_windows: Mapping[str, Duration] = field(default_factory=dict)
    """By platform: how long after a message its author can still be answered."""
    supplied: Mapping[str, frozenset[str]] | None = None
    """By platform: the fields that its adapter fills. None: not known, so PB041 is silent."""
    signals: frozenset[str] = frozenset()
    """Fields that Remit's own signals fill, whatever the platform."""
    metrics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By metric: the kinds of events (or names above them) that it is made of. For PB050."""
    templates: tuple[Finding, ...] = ()
    """PB030, found where templates can be rendered."""


@dataclass(frozen=True, slots=True)
class Study:
    """One playbook under examination."""

    playbook: Playbook
    given: Given
