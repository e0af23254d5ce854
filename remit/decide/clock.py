"""The business clock: when a role works, and when something falls due.

A span belongs to the day on which it starts: a holiday takes away the spans that start on it, and
a night shift that began the day before runs to its end. So with dated hours: a day has those that
hold on it, and what began the day before runs on. Local times follow RFC 5545: of a time
that happens twice the first is meant, and one that the change of clocks skips is as much later.
Instants are computed and returned in UTC, where subtraction is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from remit.model import Due, Duration, HolidayCalendar, Hours, InputError, Role

_HORIZON = 400
"""Days to look ahead for an opening: a year of holidays and then some."""

Opening = tuple[datetime, datetime]


def is_open(
    role: Role, timezone: str, at: datetime, holidays: HolidayCalendar | None = None
) -> bool:
    """Whether the role works at that instant. A role without hours always does."""
    if _always(role):
        return True
    zone = _zone(timezone)
    day = at.astimezone(zone).date()
    return any(
        start <= at < end
        for back in range(_reach(role) + 1)
        for start, end in _openings_of(role, zone, day - timedelta(days=back), holidays)
    )


def add(
    start: datetime,
    duration: Duration,
    role: Role,
    timezone: str,
    holidays: HolidayCalendar | None = None,
) -> datetime:
    """The instant that lies so much working time after `start`.

    Hours and minutes count open time only. Days come first and are working days: the same local
    time on the n-th of them, or its close where the role does not work at that time. Outside hours
    the count begins at the next opening. A role that finds no opening within 400 days is counted
    on the calendar, so that a due time always exists.
    """
    zone = _zone(timezone)
    begun = _next_open(start, role, zone, holidays)
    if begun is None:
        return start.astimezone(UTC) + duration.calendar
    if duration.days:
        later = _working_days_later(begun, duration.days, role, zone, holidays)
        if later is None:
            return start.astimezone(UTC) + duration.calendar
        begun = later
    ending = _open_time_later(begun, timedelta(seconds=duration.seconds), role, zone, holidays)
    return start.astimezone(UTC) + duration.calendar if ending is None else ending


def due_times(
    due: Due | None,
    role: Role,
    timezone: str,
    start: datetime,
    holidays: HolidayCalendar | None = None,
) -> tuple[datetime | None, datetime | None]:
    """(first response, resolution) of a case that begins at `start`; None where nothing is due."""

    def after(duration: Duration | None) -> datetime | None:
        if due is None or duration is None:
            return None
        if due.clock == "calendar":
            return start.astimezone(UTC) + duration.calendar
        return add(start, duration, role, timezone, holidays)

    return (None, None) if due is None else (after(due.first_response), after(due.resolution))


def between(
    start: datetime,
    end: datetime,
    role: Role,
    timezone: str,
    holidays: HolidayCalendar | None = None,
) -> timedelta:
    """How much working time lies from `start` to `end`; none where `end` comes first.

    A role that finds no opening within 400 days is counted on the calendar, as `add` does.
    """
    if end <= start:
        return timedelta()
    zone = _zone(timezone)
    if _next_open(start, role, zone, holidays) is None or _always(role):
        return end - start
    worked, position = timedelta(), start
    while True:
        before = position
        for since, until in _openings(position, role, zone, holidays):
            if since >= end:
                return worked
            worked += min(until, end) - since
            position = until
        if position == before or position >= end:
            return worked


def later(
    start: datetime,
    length: timedelta,
    role: Role,
    timezone: str,
    holidays: HolidayCalendar | None = None,
) -> datetime:
    """`add` for a length that was measured: what `between` counts from there is that length."""
    zone = _zone(timezone)
    begun = _next_open(start, role, zone, holidays)
    ending = None if begun is None else _open_time_later(begun, length, role, zone, holidays)
    return start.astimezone(UTC) + length if ending is None else ending


def changes(
    role: Role,
    timezone: str,
    start: datetime,
    end: datetime,
    holidays: HolidayCalendar | None = None,
) -> Iterator[datetime]:
    """Every instant from `start` up to `end` at which the role may begin or end its work; others too."""
    if _always(role):
        return
    zone = _zone(timezone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for offset in range(-_reach(role) - 1, (last - first).days + 1):
        day = first + timedelta(days=offset)
        instants = [_instant(zone, day, 0)]
        for opening in _openings_of(role, zone, day, holidays):
            instants += opening
        yield from (at for at in instants if start <= at < end)


def midnight(day: date, timezone: str) -> datetime:
    """The instant at which a local day begins."""
    return _instant(_zone(timezone), day, 0)


def works_always(role: Role) -> bool:
    """Whether the role has no hours, so that it is never closed, by holidays neither."""
    return _always(role)


def openings_on(
    role: Role, timezone: str, day: date, holidays: HolidayCalendar | None = None
) -> tuple[Opening, ...]:
    """The openings that start on a local day, of a role that has hours."""
    return tuple(_openings_of(role, _zone(timezone), day, holidays))


def hours_on(role: Role, day: date) -> Hours:
    """The hours that hold on a day, of a role that has hours: of the dated ones the last."""
    assert role.hours is not None
    dated = (one.hours for one in reversed(role.dated) if one.since <= day <= one.until)
    return next(dated, role.hours)


def closes(
    hours: Hours,
    timezone: str,
    at: datetime,
    since: date | None = None,
    until: date | None = None,
) -> datetime | None:
    """The end of the span that holds the instant and starts on one of these days; None: there is none."""
    zone = _zone(timezone)
    day = at.astimezone(zone).date()
    for back in range(_longest(hours) + 1):
        start = day - timedelta(days=back)
        if (since is not None and start < since) or (until is not None and start > until):
            continue
        for begin, end in _instants(hours, zone, start):
            if begin <= at < end:
                return end
    return None


def next_time(minutes: Sequence[int], timezone: str, at: datetime) -> datetime:
    """The first of these times of day, in minutes, that is not before the instant."""
    zone = _zone(timezone)
    day = at.astimezone(zone).date()
    times = (
        _instant(zone, day + timedelta(days=ahead), minute)
        for ahead in (0, 1)
        for minute in sorted(minutes)
    )
    return next(time for time in times if time >= at)


def local(at: datetime, timezone: str) -> datetime:
    """The same instant as a clock on the wall of that zone shows it."""
    return at.astimezone(_zone(timezone))


def _always(role: Role) -> bool:
    return role.hours is None or not any(role.hours.week)


def _reach(role: Role) -> int:
    """How many days a span may run past the one on which it starts."""
    assert role.hours is not None
    return max(_longest(hours) for hours in (role.hours, *(one.hours for one in role.dated)))


def _longest(hours: Hours) -> int:
    return max((span.until // 1440 for spans in hours.week for span in spans), default=0)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"no time zone {name!r}; use a name like Asia/Jakarta") from error


def _closed(role: Role, day: date, holidays: HolidayCalendar | None) -> bool:
    closed = role.holidays
    return (
        closed is not None
        and holidays is not None
        and holidays.closed(closed.country, closed.joint_leave, day)
    )


def _instant(zone: ZoneInfo, day: date, minute: int, rest: timedelta = timedelta()) -> datetime:
    """So many minutes of local time after a day's midnight; past 1440 it is the next day."""
    days, minutes = divmod(minute, 1440)
    wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60))
    return (wall + rest).replace(tzinfo=zone).astimezone(UTC)


def _openings_of(
    role: Role, zone: ZoneInfo, day: date, holidays: HolidayCalendar | None
) -> Iterator[Opening]:
    if not _closed(role, day, holidays):
        yield from _instants(hours_on(role, day), zone, day)


def _instants(hours: Hours, zone: ZoneInfo, day: date) -> Iterator[Opening]:
    for span in hours.week[day.weekday()]:
        since, until = _instant(zone, day, span.since), _instant(zone, day, span.until)
        if since < until:  # not one that lies within the hour that a change of clocks skips
            yield since, until


def _openings(
    start: datetime, role: Role, zone: ZoneInfo, holidays: HolidayCalendar | None
) -> Iterator[Opening]:
    """What is open from `start` on, in order, each instant once."""
    done = start.astimezone(UTC)
    first = done.astimezone(zone).date()
    for offset in range(-_reach(role), _HORIZON):
        day = first + timedelta(days=offset)
        for since, until in sorted(_openings_of(role, zone, day, holidays)):
            if until > done:
                yield max(since, done), until
                done = until


def _next_open(
    start: datetime, role: Role, zone: ZoneInfo, holidays: HolidayCalendar | None
) -> datetime | None:
    if _always(role):
        return start.astimezone(UTC)
    return next((since for since, _ in _openings(start, role, zone, holidays)), None)


def _open_time_later(
    start: datetime,
    length: timedelta,
    role: Role,
    zone: ZoneInfo,
    holidays: HolidayCalendar | None,
) -> datetime | None:
    if _always(role) or not length:
        return start + length
    left = length
    # Openings over 400 days may not hold a very long length: go on from where they ended.
    position = start
    while True:
        before = left
        for since, until in _openings(position, role, zone, holidays):
            if left <= until - since:
                return since + left
            left -= until - since
            position = until
        if left == before:
            return None


def _working_days_later(
    start: datetime, days: int, role: Role, zone: ZoneInfo, holidays: HolidayCalendar | None
) -> datetime | None:
    local = start.astimezone(zone)
    if _always(role):
        wall = local.replace(tzinfo=None) + timedelta(days=days)
        return wall.replace(tzinfo=zone).astimezone(UTC)
    day = _day_of(start, role, zone, holidays)
    since_midnight = local.replace(tzinfo=None) - datetime.combine(day, time())
    left, quiet = days, 0
    openings: tuple[Opening, ...] = ()
    while left:
        day += timedelta(days=1)
        openings = tuple(_openings_of(role, zone, day, holidays))
        left -= bool(openings)
        quiet = 0 if openings else quiet + 1
        if quiet > _HORIZON:
            return None
    wanted = _instant(zone, day, 0, since_midnight)
    if any(since <= wanted < until for since, until in openings):
        return wanted
    return max(until for _, until in openings)


def _day_of(at: datetime, role: Role, zone: ZoneInfo, holidays: HolidayCalendar | None) -> date:
    """The working day that an open instant belongs to: yesterday's, during its night shift."""
    day = at.astimezone(zone).date()
    for back in range(_reach(role) + 1):
        candidate = day - timedelta(days=back)
        if any(
            since <= at < until for since, until in _openings_of(role, zone, candidate, holidays)
        ):
            return candidate
    return day
