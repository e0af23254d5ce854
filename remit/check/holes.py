"""The hours at which nobody is there, said so that a person can plan them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from remit.check.days import WEEK, Days, day_text, length_text
from remit.check.holidays import holidays_in, named
from remit.check.roster import Reached, Roster
from remit.check.spans import Spans, length

_SHAPES = 3
_DAYS = 3
"""How many kinds of hours, and how many days, are written out. All are counted."""

_Shape = tuple[int, int, int, int | None]
"""(opens, closes, days between, weekday if it is longer than a day), in minutes of the day."""


@dataclass(frozen=True, slots=True)
class Holes:
    """When nobody is there, by what makes it so. Bitsets of the roster's grid."""

    weekly: int
    """By the hours alone, seen whole at the edges of the days looked at."""
    holidays: int
    leave: int
    every: int


class Said(NamedTuple):
    """Holes in words."""

    whole: str
    """`every night 22:00-08:00 (366 times, first Fri 1 Jan 2027), on 2 holidays (...)`."""
    hours: str
    """`3,660 of 8,784 hours`."""


def find_holes(roster: Roster, reached: Reached, when: int) -> Holes:
    """The holes among the instants `when`."""
    weekly = when & ~roster.there(reached, holidays=False, leave=False)
    with_holidays = when & ~roster.there(reached, leave=False)
    every = when & ~roster.there(reached)
    return Holes(
        weekly=weekly,
        holidays=with_holidays & ~weekly & roster.looked_at,
        leave=every & ~with_holidays & roster.looked_at,
        every=every & roster.looked_at,
    )


def describe(holes: Holes, reached: Reached, roster: Roster) -> Said:
    """Everything is counted, a few of each kind are written out."""
    parts = [*_weekly(roster.grid.spans(holes.weekly), roster)]
    parts += _holidays(roster.grid.spans(holes.holidays), reached, roster)
    parts += _leave(holes.leave, reached, roster)
    lost, looked_at = length(roster.grid.spans(holes.every)), roster.end - roster.begin
    if lost % 3600 or looked_at % 3600:
        hours = f"{length_text(lost)} of {length_text(looked_at)}"
    else:
        hours = f"{lost // 3600:,} of {looked_at // 3600:,} hours"
    return Said(", ".join(parts), hours)


# By the hours of the week -----------------------------------------------------------------------


def _weekly(spans: Spans, roster: Roster) -> list[str]:
    begin, end, days = roster.begin, roster.end, roster.days
    seen = [span for span in spans if span[0] < end and span[1] > begin]
    if len(seen) == 1 and seen[0][0] <= begin and seen[0][1] >= end:
        return ["at all times"]
    # One that runs when the days begin is counted where its like begin, unless it has none.
    counted = [span for span in seen if span[0] >= begin] or seen
    shapes: dict[_Shape, list[tuple[int, int]]] = defaultdict(list)
    for since, until in counted:
        (first, opens), (last, closes) = days.clock(since), days.clock(until)
        if last > first and not closes:
            last, closes = last - 1, 1440
        # From one day into the next is a night, unless it is longer than a day.
        longer = last > first + 1 or (last > first and closes > opens)
        weekday = days.weekday(first) if longer else None
        shapes[opens, closes, last - first, weekday].append((first, until - since))
    ranked = sorted(shapes.items(), key=lambda shape: -sum(size for _, size in shape[1]))
    texts = [
        _shape(shape, [days.date(number) for number, _ in found])
        for shape, found in ranked[:_SHAPES]
    ]
    rest = sum(len(found) for _, found in ranked[_SHAPES:])
    return [*texts, f"at other hours ({_times(rest)})"] if rest else texts


def _shape(shape: _Shape, found: Sequence[date]) -> str:
    opens, closes, days, weekday = shape
    since, until = _hour(opens), _hour(closes)
    if weekday is not None:
        said = f"{WEEK[weekday]} {since} to {WEEK[(weekday + days) % 7]} {until}"
    else:
        weekdays = {day.weekday() for day in found}
        unit = "night" if days else "day"
        named = f"every {unit}" if len(weekdays) == 7 else _weekdays(weekdays)
        nights = " nights" if days and len(weekdays) < 7 else ""
        said = f"{named}{nights} {since}-{until}"
    if len(found) == 1:
        return f"{said} (once, {day_text(found[0])})"
    return f"{said} ({_times(len(found))}, first {day_text(found[0])})"


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _weekdays(days: Iterable[int]) -> str:
    """`Mon-Thu, Sat`."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(
        f"{WEEK[run[0]]}-{WEEK[run[-1]]}" if len(run) > 2 else ", ".join(WEEK[day] for day in run)
        for run in runs
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


# By holidays and leave --------------------------------------------------------------------------


def _holidays(spans: Spans, reached: Reached, roster: Roster) -> list[str]:
    """Every day that is only estimated is named; of the others a few."""
    days = holidays_in(spans, roster.roles_of(reached), roster)
    if not days:
        return []
    firm, guessed = named(days, estimated=False), named(days, estimated=True)
    said = ", ".join(firm[:_DAYS]) + (f" and {len(firm) - _DAYS} more" if firm[_DAYS:] else "")
    if guessed:
        said += f"{', and ' if firm else ''}{', '.join(f'{each} (estimated)' for each in guessed)}"
    return [f"on {len(days)} holiday{'s' * (len(days) != 1)} ({said})"]


def _leave(lost: int, reached: Reached, roster: Roster) -> list[str]:
    if not lost:
        return []
    runs = _runs(roster.grid.spans(lost), roster.days)
    people = [person for person in roster.people_of(reached) if roster.away(person) & lost]
    shown = ", ".join(_run(first, last) for first, last in runs[:_DAYS])
    more = f" and {len(runs) - _DAYS} times more" if runs[_DAYS:] else ""
    verb = "is" if len(people) == 1 else "are"
    return [f"while {' and '.join(people)} {verb} away ({shown}{more})"]


def _runs(spans: Spans, days: Days) -> list[tuple[date, date]]:
    """First and last day of each run of days that the spans touch."""
    runs: list[tuple[date, date]] = []
    for since, until in spans:
        first, last = days.wall(since).date(), days.wall(until - 1).date()
        if runs and first <= runs[-1][1] + timedelta(days=1):
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _run(first: date, last: date) -> str:
    return day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"


__all__ = ["Holes", "Said", "describe", "find_holes"]
