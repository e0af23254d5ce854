"""Who is there: shifts, leave with who stands in, and whom an escalation reaches at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from remit.decide import clock
from remit.model import Absence, HolidayCalendar, Playbook, Role

Away = Mapping[str, str | None]
"""Who is away, and who stands in for them."""
Told = tuple[str, str | None]
"""A person, and the role in which they are told; None for one who was named themselves."""


def away_at(absences: Iterable[Absence], timezone: str, at: datetime) -> dict[str, str | None]:
    """Who is on leave on the day that it is where the brand is."""
    day = clock.local(at, timezone).date()
    away: dict[str, str | None] = {}
    for absence in absences:
        if absence.on(day):
            away[absence.person] = absence.cover or away.get(absence.person)
    return away


def on_shift(playbook: Playbook, role: str, at: datetime, away: Away) -> tuple[str, ...]:
    """The people of a role who are told and assigned first; all of it where no shift says so.

    Who is away has their cover in their place. A shift whose people are all away, and who have
    nobody in their place, leaves the work to the rest of the role.
    """
    people = playbook.roles[role].people
    on = {
        person
        for shift in playbook.shifts.get(role, ())
        if clock.closes(shift.hours, playbook.timezone, at, shift.since, shift.until)
        for person in shift.people
    }
    first = present([person for person in people if person in on], away)
    return first or present(people, away)


def present(people: Iterable[str], away: Away) -> tuple[str, ...]:
    """These people, each who is away replaced by who stands in, or left out; each once."""
    there = (_standing_in(person, away) for person in people)
    return tuple(dict.fromkeys(person for person in there if person is not None))


def works(
    playbook: Playbook, role: str, at: datetime, holidays: HolidayCalendar | None = None
) -> bool:
    """Whether the role works at that instant."""
    return clock.is_open(playbook.roles[role], playbook.timezone, at, holidays)


def whom(  # noqa: PLR0917 the rung, then the moment, then what is known of it
    playbook: Playbook,
    owner: str,
    notify: str,
    at: datetime,
    away: Away,
    holidays: HolidayCalendar | None = None,
) -> tuple[Told, ...]:
    """Whom a rung reaches: `notify` is a role, a person, `owner` or `backup`.

    Of a role that works, who is on shift; of one that does not, all of it where it is on call. Where
    a role has nobody there, its backup is asked in its place, and so on. Where none of them has, the
    people of the first role that has any present are told all the same: rather too late for them
    than not at all. Empty only where everybody is away, which is for the caller to say.
    """
    first = {"owner": owner, "backup": playbook.roles[owner].backup or owner}.get(notify, notify)
    if first not in playbook.roles:
        named = present((first,), away) if first in playbook.people else ()
        if named:
            return tuple((person, None) for person in named)
        held = [role.id for role in playbook.roles.values() if first in role.people]
        return _first_there(playbook, held or [owner], at, away, holidays)
    return _first_there(playbook, [first], at, away, holidays)


def _first_there(
    playbook: Playbook,
    roles: list[str],
    at: datetime,
    away: Away,
    holidays: HolidayCalendar | None,
) -> tuple[Told, ...]:
    chain = list(_backups(playbook, roles))
    for role in chain:
        there = _there(playbook, role, at, away, holidays)
        if there:
            return tuple((person, role.id) for person in there)
    for role in chain:
        there = present(role.people, away)
        if there:
            return tuple((person, role.id) for person in there)
    return ()


def _there(
    playbook: Playbook,
    role: Role,
    at: datetime,
    away: Away,
    holidays: HolidayCalendar | None,
) -> tuple[str, ...]:
    if clock.is_open(role, playbook.timezone, at, holidays):
        return on_shift(playbook, role.id, at, away)
    return present(role.people, away) if role.on_call else ()


def _backups(playbook: Playbook, roles: Iterable[str]) -> Iterator[Role]:
    """These roles, then their backups, each once."""
    waiting, seen = list(roles), set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in playbook.roles:
            continue
        seen.add(name)
        role = playbook.roles[name]
        yield role
        if role.backup is not None:
            waiting.append(role.backup)


def _standing_in(person: str, away: Away) -> str | None:
    """The person, or who stands in for them, or for those; None where nobody does."""
    seen: set[str] = set()
    while person in away:
        cover = away[person]
        if cover is None or cover in seen:
            return None
        seen.add(person)
        person = cover
    return person
