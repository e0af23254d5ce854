"""Counts over time in as many buckets as there is room for: hours, then days, weeks, months, years."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from remit.check.load import Unit


def _start_of_week(day: date) -> date:
    # The calendar's first Monday is its first day, so no week begins before it.
    return day - timedelta(days=day.weekday())


_UNITS: tuple[tuple[Unit, int, Callable[[date], date]], ...] = (
    ("hour", 200, lambda day: day),
    ("day", 430, lambda day: day),
    ("week", 530, _start_of_week),
    ("month", 600, lambda day: day.replace(day=1)),
    ("year", 10_000, lambda day: day.replace(month=1, day=1)),
)
"""Each unit, the buckets that it may have, and the first day of the one that a day is in."""


class Buckets:
    """Counts by time and name. Where one more bucket would be too many, all become coarser."""

    def __init__(self) -> None:
        self._level = 0
        self._counts: dict[datetime, Counter[str]] = defaultdict(Counter)
        self._known: dict[int, datetime] = {}

    @property
    def unit(self) -> Unit:
        return _UNITS[self._level][0]

    def add(self, hour: int, name: str, count: int) -> None:
        """Count at so many hours since the year 1."""
        start = self._known.get(hour)
        if start is None:
            start = self._start(hour)
        self._counts[start][name] += count

    def counts(self) -> Mapping[datetime, Mapping[str, int]]:
        """By the beginning of a bucket, oldest first."""
        return {start: dict(self._counts[start]) for start in sorted(self._counts)}

    def _start(self, hour: int) -> datetime:
        days, hours = divmod(hour, 24)
        start = self._floor(datetime.fromordinal(days) + timedelta(hours=hours))
        while start not in self._counts and len(self._counts) >= _UNITS[self._level][1]:
            self._coarsen()
            start = self._floor(start)
        if len(self._known) >= 100_000:
            self._known.clear()
        self._known[hour] = start
        return start

    def _floor(self, at: datetime) -> datetime:
        if self.unit == "hour":
            return at
        return datetime.combine(_UNITS[self._level][2](at.date()), time())

    def _coarsen(self) -> None:
        fine = self._counts
        self._level += 1
        self._counts = defaultdict(Counter)
        self._known.clear()
        for start, counts in fine.items():
            self._counts[self._floor(start)].update(counts)
