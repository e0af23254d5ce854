"""The local days of a time zone in seconds, and instants in words."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

from remit.decide import clock
from remit.model import HolidayCalendar, Holidays, Role

DAY = 86_400
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

DayOpenings = tuple[tuple[int, int], ...]


class Days:
    """Consecutive local days; a day is known by its number, from 0."""

    def __init__(self, timezone: str, first: date, count: int) -> None:
        self.timezone = timezone
        self.count = count
        self._first = first
        self._closed: dict[Holidays, frozenset[int]] = {}
        # Two more, because a span may run into the second day after its own.
        self.midnights = [
            int(clock.midnight(first + timedelta(days=number), timezone).timestamp())
            for number in range(count + 3)
        ]
        lengths = [
            after - before
            for before, after in zip(self.midnights, self.midnights[1:], strict=False)
        ]
        self.steady = [lengths[number] == lengths[number + 1] == DAY for number in range(count + 1)]
        """Whether no change of clocks lies within a day or the one after it."""
        self.shifts = tuple({length - DAY for length in lengths} - {0})
        """By how much the clocks change, wherever they do."""

    def date(self, number: int) -> date:
        return self._first + timedelta(days=number)

    def number(self, at: int) -> int:
        """The day that an instant lies in; -1 for all before."""
        return bisect_right(self.midnights, at) - 1

    def openings(
        self, role: Role, number: int, holidays: HolidayCalendar | None = None
    ) -> DayOpenings:
        """What the business clock says of a day, by arithmetic where the clocks do not change."""
        assert role.hours is not None
        if role.holidays is not None and number in self.closed(role.holidays, holidays):
            return ()
        if self.steady[number]:
            begin = self.midnights[number]
            hours = clock.hours_on(role, self.date(number)) if role.dated else role.hours
            return tuple(
                (begin + span.since * 60, begin + span.until * 60)
                for span in hours.week[self.weekday(number)]
            )
        return tuple(
            (int(since.timestamp()), int(until.timestamp()))
            for since, until in clock.openings_on(role, self.timezone, self.date(number))
        )

    def closed(self, by: Holidays, holidays: HolidayCalendar | None) -> frozenset[int]:
        """The days that these holidays take away."""
        if holidays is None:
            return frozenset()
        if by not in self._closed:
            self._closed[by] = frozenset(
                number
                for number in range(self.count)
                if holidays.closed(by.country, by.joint_leave, self.date(number))
            )
        return self._closed[by]

    def weekday(self, number: int) -> int:
        """0 for Monday."""
        return (self._first.weekday() + number) % 7

    def clock(self, at: int) -> tuple[int, int]:
        """The day of an instant, and the minutes that a clock on the wall shows."""
        number = self.number(at)
        if self.steady[number]:
            return number, (at - self.midnights[number]) // 60
        wall = self.wall(at)
        return number, wall.hour * 60 + wall.minute

    def wall(self, at: int) -> datetime:
        """What a clock on the wall shows."""
        return clock.local(instant(at), self.timezone)


def instant(at: int) -> datetime:
    """The same in UTC."""
    return datetime.fromtimestamp(at, UTC)


def day_text(day: date) -> str:
    """`Fri 1 Jan 2027`, whatever the locale."""
    return f"{WEEK[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_text(at: datetime) -> str:
    """`Fri 1 Jan 2027 17:00`."""
    seconds = f":{at.second:02}" if at.second else ""
    return f"{day_text(at.date())} {at.hour:02}:{at.minute:02}{seconds}"


def length_text(seconds: int) -> str:
    """`64 h`, `1 h 30 min`, `45 s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count) or "0 min"
