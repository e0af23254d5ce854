"""When answers and resolutions fall due: what a rule promises, what a pause leaves, what a platform allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from remit.decide import clock
from remit.model import Due, Duration, HolidayCalendar, Role

LONGEST_MARGIN = timedelta(hours=1)
"""Before a platform closes the door, a person must still have read, decided and sent: a tenth of
the window, an hour at most."""


class Clock(NamedTuple):
    """Whose working time counts, and where."""

    role: Role
    timezone: str
    holidays: HolidayCalendar | None = None
    calendar: bool = False
    """Hours of the calendar instead."""

    def after(self, start: datetime, length: Duration) -> datetime:
        """The instant so much later."""
        due = Due(first_response=length, clock="calendar" if self.calendar else "business")
        at, _ = clock.due_times(due, self.role, self.timezone, start, self.holidays)
        assert at is not None
        return at

    def left(self, start: datetime, end: datetime) -> timedelta:
        """How much of it lies in between."""
        if self.calendar:
            return max(end - start, timedelta())
        return clock.between(start, end, self.role, self.timezone, self.holidays)

    def later(self, start: datetime, left: timedelta) -> datetime:
        """The instant before which so much is left."""
        if self.calendar:
            return start + left
        return clock.later(start, left, self.role, self.timezone, self.holidays)


def first_response(
    due: Due | None, ticking: Clock, asked: datetime, window: Duration | None
) -> datetime | None:
    """When the first answer to a message is due, if one is."""
    length = None if due is None else due.first_response
    return _within(length, ticking, asked, window)


def next_response(
    due: Due | None, ticking: Clock, asked: datetime, window: Duration | None
) -> datetime | None:
    """When the next answer is due; as soon as the first, where the rule says nothing of the next."""
    length = None if due is None else due.next_response or due.first_response
    return _within(length, ticking, asked, window)


def resolution(due: Due | None, ticking: Clock, asked: datetime) -> datetime | None:
    """When the case is to be settled, if a time is set."""
    if due is None or due.resolution is None:
        return None
    return ticking.after(asked, due.resolution)


def door(asked: datetime, window: Duration | None) -> datetime | None:
    """The last instant at which a message may be answered; None: it may be for ever."""
    if window is None:
        return None
    return asked + window.calendar - min(window.calendar / 10, LONGEST_MARGIN)


def after_pause(
    due: datetime | None, ticking: Clock, since: datetime, until: datetime
) -> datetime | None:
    """The due time once a clock that stood still goes on: what was left then is left now.

    What had been missed before the pause stays missed.
    """
    if due is None or due <= since:
        return due
    return ticking.later(until, ticking.left(since, due))


def _within(
    length: Duration | None, ticking: Clock, asked: datetime, window: Duration | None
) -> datetime | None:
    promised = None if length is None else ticking.after(asked, length)
    return min((at for at in (promised, door(asked, window)) if at is not None), default=None)
