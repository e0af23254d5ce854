"""Holidays of roles by name, and whether they are only estimated."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from remit.check.days import day_text
from remit.check.roster import Roster
from remit.check.spans import Spans
from remit.model import Role


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which a role would work, were it not one."""

    name: str
    estimated: bool


def holidays_in(spans: Spans, roles: Iterable[Role], roster: Roster) -> Mapping[date, Holiday]:
    """By day: the holidays that take openings away which lie in these spans."""
    found: dict[date, Holiday] = {}
    calendar = roster.given.holidays
    if calendar is None or not spans:
        return found
    for role in roles:
        if role.holidays is None or role.hours is None:
            continue
        by = role.holidays
        for number in roster.days.closed(by, calendar):
            if any(_touches(spans, *opening) for opening in roster.days.openings(role, number)):
                day = roster.days.date(number)
                found[day] = Holiday(
                    calendar.named(by.country, by.joint_leave, day) or "a holiday",
                    calendar.estimated(by.country, by.joint_leave, day),
                )
    return dict(sorted(found.items()))


def named(days: Mapping[date, Holiday], *, estimated: bool) -> list[str]:
    """`Mon 8 Mar 2027 Nyepi` for each of one kind."""
    return [
        f"{day_text(day)} {holiday.name}"
        for day, holiday in days.items()
        if holiday.estimated is estimated
    ]


def _touches(spans: Spans, since: int, until: int) -> bool:
    place = bisect_left(spans, (until,)) - 1
    return place >= 0 and spans[place][1] > since
