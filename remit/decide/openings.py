"""Which roles work at an instant: the business clock, computed once for each day that comes up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from remit.decide import clock
from remit.model import HolidayCalendar, Role

_DAY = 86_400
_MOST_DAYS = 2_000
"""Days that are kept; replayed history rarely spans more."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Openings:
    """The roles that work at an instant, as a bitset in the order in which they were given."""

    def __init__(
        self, roles: Sequence[Role], timezone: str, holidays: HolidayCalendar | None
    ) -> None:
        self._roles = roles
        self._timezone = timezone
        self._holidays = holidays
        self._days: dict[int, tuple[list[float], list[int]]] = {}

    def at(self, time: datetime) -> int:
        """The bitset of those that work then."""
        stamp = time.timestamp()
        day = int(stamp // _DAY)
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            known = self._days[day] = self._day(day)
        changes, open_then = known
        return open_then[bisect_right(changes, stamp) - 1]

    def _day(self, number: int) -> tuple[list[float], list[int]]:
        """When something changes on a day of UTC, and who works from then on."""
        start = _EPOCH + timedelta(days=number)
        end = start + timedelta(days=1)
        instants = {start}
        for role in self._roles:
            found = clock.changes(role, self._timezone, start, end, self._holidays)
            instants.update(found)
        changes = sorted(instants)
        return [at.timestamp() for at in changes], [self._open_at(at) for at in changes]

    def _open_at(self, at: datetime) -> int:
        return sum(
            clock.is_open(role, self._timezone, at, self._holidays) << number
            for number, role in enumerate(self._roles)
        )
