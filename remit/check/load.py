"""What a replay comes to, as values: load by role, rule, channel and time, and what moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from remit.model import Hours, Play, Severity

NOBODY = "(nobody)"
"""The owner, and the rule, of what no rule takes in a playbook without `otherwise`."""
HOURS_OF_WEEK = 168

Unit = Literal["hour", "day", "week", "month", "year"]


@dataclass(slots=True)
class RoleLoad:
    """What a role owns."""

    role: str
    events: int = 0
    cases: int = 0
    """Events that open a case or join one; the rest are logged, and ask nobody."""
    severity: Counter[Severity] = field(default_factory=Counter)
    outside_hours: int | None = None
    """Cases' events that come while the role is closed; None: it never closes. Holidays count as any
    other day, and hours that are partly open as parts."""

    @property
    def logged(self) -> int:
        return self.events - self.cases


@dataclass(frozen=True, slots=True)
class RuleLoad:
    """What a rule takes."""

    rule: str
    owner: str
    severity: Severity
    play: Play | None
    events: int


@dataclass(frozen=True, slots=True)
class ChannelLoad:
    """What comes over a channel; `channel` is None for events that name none."""

    channel: str | None
    platform: str
    declared: bool
    events: int


@dataclass(frozen=True, slots=True)
class Move:
    """Events that the old playbook treats otherwise than the new one."""

    from_: str
    to: str
    events: int
    example: str | None
    """The id of one of them."""
    old_rule: str
    new_rule: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What changes from the old playbook to the new one."""

    owners: Mapping[tuple[str, str], int]
    """Events by (old owner, new owner), those that stay among them."""
    examples: Mapping[tuple[str, str], str | None]
    """By (old owner, new owner): the id of an event."""
    treated_otherwise: int
    """Events that keep their owner and not their treatment."""
    rules: tuple[Move, ...]
    """By (old rule, new rule): first what changes owner, the most frequent first."""

    @property
    def moved(self) -> int:
        """Events that change owner."""
        return sum(count for (old, new), count in self.owners.items() if old != new)


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Instants are on the brand's clock and name no zone."""

    brand: str
    timezone: str
    events: int
    ours: int
    """Events that the brand's own account wrote: they are decided and open no case."""
    first: datetime | None
    last: datetime | None
    roles: tuple[RoleLoad, ...]
    """Every role, the busiest first."""
    rules: tuple[RuleLoad, ...]
    """Every rule in the order of the playbook, `otherwise` last."""
    channels: tuple[ChannelLoad, ...]
    """The busiest first."""
    week: Mapping[str, tuple[int, ...]]
    """By role: events in each hour of the week, from Monday midnight."""
    work_week: Mapping[str, tuple[int, ...]]
    """As `week`, without what is only logged."""
    unit: Unit
    over_time: Mapping[datetime, Mapping[str, int]]
    """Events by the beginning of a `unit` of time and by role, oldest first; no empty ones."""
    strange_kinds: Mapping[str, int]
    """Kinds that are not in the hierarchy, decided by otherwise."""
    moves: Moves | None

    @property
    def cases(self) -> int:
        return sum(load.cases for load in self.roles)

    def share(self, events: int) -> float:
        """Of all events, 0 to 1."""
        return events / self.events if self.events else 0.0


def open_share(hours: Hours) -> tuple[float, ...]:
    """For each hour of the week, the part of it in which somebody with these hours works."""
    if not any(hours.week):
        return (1.0,) * HOURS_OF_WEEK
    minutes = [0] * HOURS_OF_WEEK
    for day, spans in enumerate(hours.week):
        for span in spans:
            for minute in range(day * 1440 + span.since, day * 1440 + span.until):
                minutes[minute // 60 % HOURS_OF_WEEK] += 1
    return tuple(min(each, 60) / 60 for each in minutes)
