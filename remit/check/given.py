"""What is known of a playbook's world, beside the playbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from remit.model import Duration, Finding, HolidayCalendar


@dataclass(frozen=True, slots=True)
class Away:
    """A person's leave, both days included."""

    person: str
    first: date
    last: date
    cover: str | None = None
    """Who stands in: is reached in their place, and may approve no more than before."""


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
    """By platform: the fields that its adapter fills. None: not known, so PB041 is silent; so it is
    for a rule that events of a platform can reach of which nothing is said here."""
    signals: frozenset[str] = frozenset()
    """Fields that Remit itself fills, whatever the platform."""
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By kind, or a name above it: fields of events that come from Remit and from no channel."""
    metrics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By metric: kinds of events, or names above them. Who owns none of them has no part in the
    metric, so that it is no goal for them. What is not named here is not judged. For PB050."""
    templates: tuple[Finding, ...] = ()
    """PB030, found where templates can be rendered."""
