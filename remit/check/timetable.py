"""When a case of a role falls due, for many instants at once: the business clock by bisection.

It says what `remit.decide.clock.add` says, which it asks where it does not know (a very long wait,
a day on which the clocks change).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from remit.check.days import DAY, Days, instant
from remit.check.spans import Spans
from remit.decide import clock
from remit.model import Duration, HolidayCalendar, Role

_LONGEST = 390 * DAY
"""The clock looks 400 days ahead for an opening; near that it is asked itself."""


class Wait(NamedTuple):
    """From an instant until something is due."""

    seconds: int
    since: int


class Waits(NamedTuple):
    """Of equal ones the first that begins with a minute."""

    shortest: Wait
    longest: Wait


class Timetable:
    """The openings of a role over some days, and the waits of those who come in the first of them."""

    def __init__(
        self, role: Role, days: Days, holidays: HolidayCalendar | None, coming: int | None = None
    ) -> None:
        """`coming`: for so many days waits are asked for."""
        self._since = days.midnights[0]
        self._until = days.midnights[days.count if coming is None else coming]
        self._role = role
        self._days = days
        self._holidays = holidays
        self._always = clock.works_always(role)
        self._daily = (
            [()] * days.count
            if self._always
            else [days.openings(role, number, holidays) for number in range(days.count)]
        )
        self._working = [number for number, openings in enumerate(self._daily) if openings]
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = [0]
        """Open seconds before each opening, and in all."""
        for number in self._working:
            for since, until in sorted(self._daily[number]):
                begin = max(since, self._ends[-1]) if self._ends else since
                if begin < until:
                    self._starts.append(begin)
                    self._ends.append(until)
                    self._before.append(self._before[-1] + until - begin)
        closes = [
            max(until for _, until in self._daily[number]) - days.midnights[number]
            for number in self._working
        ]
        self._spread = max(closes, default=0) - min(closes, default=0)
        self._jump = max((abs(shift) for shift in days.shifts), default=0)
        self._turning: dict[Duration, tuple[list[int], list[int]]] = {}
        self._waits: dict[tuple[Duration, Spans], Waits] = {}
        gaps = zip(self._ends, self._starts[1:], strict=False)
        self._dense = all(start - end < _LONGEST for end, start in gaps)

    def due(self, at: int, length: Duration) -> int:
        """When so much working time after an instant is over."""
        found = None
        if self._always and not length.days:
            found = at + length.seconds
        elif self._dense and not self._always:
            found = self._later(at, length)
        if found is None:
            due = clock.add(instant(at), length, self._role, self._days.timezone, self._holidays)
            found = int(due.timestamp())
        return found

    def waits(self, length: Duration, within: Spans) -> Waits:
        """The shortest and the longest wait of those who come at these instants: one at least."""
        key = (length, within)
        if key not in self._waits:
            turns, waits = self._turns(length)
            # First and last second of each span, and the turns between.
            points = [at for since, until in within for at in {since, until - 1}]
            found = [self.due(at, length) - at for at in points]
            for since, until in within:
                first, last = bisect_left(turns, since), bisect_left(turns, until)
                points += turns[first:last]
                found += waits[first:last]
            self._waits[key] = Waits(*(_plainest(end(found), found, points) for end in (min, max)))
        return self._waits[key]

    def never_sooner(self, length: Duration) -> int:
        """Seconds that no wait falls below."""
        if not length.days:
            return length.seconds
        # Who comes late in a day may be due at the early close of another.
        return max(length.days * DAY - self._spread - 2 * self._jump, 0) + length.seconds

    def _turns(self, length: Duration) -> tuple[list[int], list[int]]:
        """The instants at which the wait can be longest or shortest, sorted, and the waits.

        While the role works, what is due moves with the instant and jumps ahead where it would fall
        behind a close; while it does not, it stands still. So the wait only grows up to a close and
        only shrinks up to an opening. With days it also turns where the same time of a later
        day opens or closes. Each turn counts with the second before it, on whichever side it lies.
        """
        if length not in self._turning:
            turns = set(self._ends).union(self._starts)
            if length.days:
                turns |= self._times_of_day(length.seconds)
            points = sorted({at for turn in turns for at in (turn - 1, turn)})
            points = points[bisect_left(points, self._since) : bisect_left(points, self._until)]
            waits = [self.due(at, length) - at for at in points]
            self._turning[length] = (points, waits)
        return self._turning[length]

    def _times_of_day(self, seconds: int) -> set[int]:
        """Each local time at which an opening begins or ends, or which lies so much work before."""
        edges = [*self._starts, *self._ends]
        if seconds:
            edges += filter(None, (self._earlier(end, seconds) for end in self._ends))
        minutes = {0}
        for edge in edges:
            number = self._days.number(edge)
            if 0 <= number < self._days.count and self._days.steady[number]:
                minutes.add(edge - self._days.midnights[number])
        days = self._days
        return {
            days.midnights[number] + minute + shift
            for number in range(days.count)
            for minute in minutes
            for shift in ((0,) if days.steady[number] else (0, *days.shifts))
        }

    def _earlier(self, at: int, seconds: int) -> int | None:
        """The open instant that lies so much work before a close."""
        place = bisect_left(self._starts, at) - 1
        left = self._before[place] + at - self._starts[place] - seconds
        place = bisect_right(self._before, left) - 1
        return None if place < 0 else self._starts[place] + left - self._before[place]

    # The clock, over what is known of it ---------------------------------------------------------

    def _later(self, at: int, length: Duration) -> int | None:
        place = bisect_right(self._ends, at)
        if place == len(self._ends) or self._starts[place] - at > _LONGEST:
            return None
        begun = max(at, self._starts[place])
        if not length.days:
            return self._open_later(begun, length.seconds)
        later = self._working_days_later(begun, length.days)
        return None if later is None else self._open_later(later, length.seconds)

    def _open_later(self, at: int, seconds: int) -> int | None:
        if not seconds:
            return at
        place = bisect_right(self._ends, at)
        if place == len(self._ends):
            return None
        wanted = self._before[place] + max(at - self._starts[place], 0) + seconds
        last = bisect_left(self._before, wanted) - 1
        if last >= len(self._ends):
            return None
        return self._starts[last] + wanted - self._before[last]

    def _working_days_later(self, at: int, days: int) -> int | None:
        number = self._day_of(at)
        if number is None or not self._days.steady[number]:
            return None
        place = bisect_right(self._working, number) + days - 1
        if place >= len(self._working):
            return None
        day = self._working[place]
        if not self._days.steady[day]:
            return None
        wanted = self._days.midnights[day] + at - self._days.midnights[number]
        openings = self._daily[day]
        if any(since <= wanted < until for since, until in openings):
            return wanted
        return max(until for _, until in openings)

    def _day_of(self, at: int) -> int | None:
        """The working day that an open instant belongs to; None where the table does not know."""
        today = self._days.number(at)
        for number in range(today, max(today - 3, -1), -1):
            if number < len(self._daily) and any(
                since <= at < until for since, until in self._daily[number]
            ):
                return number
        return None


def _plainest(wait: int, waits: Sequence[int], points: Sequence[int]) -> Wait:
    """Of the instants with that wait the first that begins with a minute, as it reads best."""
    having = (at for at, seconds in zip(points, waits, strict=True) if seconds == wait)
    return Wait(wait, min(having, key=lambda at: (at % 60 != 0, at)))
