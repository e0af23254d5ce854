"""The timetable says what the business clock says, and finds its longest and shortest waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from remit.check.days import Days
from remit.check.timetable import Timetable
from remit.decide import clock
from remit.model import DatedHours, Duration, Holidays, Hours, Role, Span

ZONES = ("Asia/Jakarta", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
FIRST = date(2027, 3, 8)
"""Six days before the clocks of New York go forward."""


class SomeDays:
    """Every day of a set is a holiday."""

    def __init__(self, offsets: frozenset[int]) -> None:
        self._days = {FIRST + timedelta(days=offset) for offset in offsets}

    def closed(self, country: str, joint_leave: bool, day: date) -> bool:
        return day in self._days

    def named(self, country: str, joint_leave: bool, day: date) -> str | None:
        return "a holiday" if day in self._days else None

    def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
        return False


@st.composite
def spans_of_a_day(draw) -> tuple[Span, ...]:
    """Up to two spans apart, on whole half hours; the last may cross midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=0, max_size=4)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    found = [Span(since=a * 30, until=b * 30) for a, b in pairs if a * 30 < 1440]
    return tuple(span for span in found if span.until - span.since <= 1440)


@st.composite
def roles(draw) -> Role:
    weeks = [
        Hours(week=tuple(draw(st.lists(spans_of_a_day(), min_size=7, max_size=7))))
        for _ in range(draw(st.integers(1, 3)))
    ]
    dated = []
    for hours in weeks[1:]:
        since = FIRST + timedelta(days=draw(st.integers(-2, 10)))
        until = since + timedelta(days=draw(st.integers(0, 9)))
        dated.append(DatedHours(since=since, until=until, hours=hours))
    return Role(
        id="cm",
        title="",
        hours=weeks[0],
        dated=tuple(dated),
        holidays=Holidays(country="ID"),
    )


lengths = st.builds(
    Duration, days=st.integers(0, 2), seconds=st.sampled_from([0, 900, 3600, 14400, 30600])
).filter(lambda length: length.days or length.seconds)
holidays = st.frozensets(st.integers(0, 12), max_size=4).map(SomeDays)


def table(role: Role, zone: str, closed: SomeDays) -> tuple[Timetable, Days]:
    days = Days(zone, FIRST - timedelta(days=9), 40)
    return Timetable(role, days, closed), days


@settings(max_examples=300, deadline=None)
@given(
    role=roles(),
    zone=st.sampled_from(ZONES),
    closed=holidays,
    length=lengths,
    minute=st.integers(0, 12 * 1440),
)
def test_a_due_time_is_the_clocks(role, zone, closed, length, minute):
    timetable, days = table(role, zone, closed)
    at = days.midnights[9] + minute * 60
    start = datetime.fromtimestamp(at, UTC)

    due = clock.add(start, length, role, zone, closed)

    assert timetable.due(at, length) == int(due.timestamp())


@settings(max_examples=60, deadline=None)
@given(
    role=roles(),
    zone=st.sampled_from(ZONES),
    closed=holidays,
    length=lengths,
    day=st.integers(0, 7),
)
def test_no_minute_waits_longer_or_shorter_than_the_turns(role, zone, closed, length, day):
    assume(any(role.hours.week))
    timetable, days = table(role, zone, closed)
    begin, end = days.midnights[9 + day], days.midnights[11 + day]

    waits = timetable.waits(length, ((begin, end),))

    scanned = [timetable.due(at, length) - at for at in range(begin, end, 60)]
    assert waits.longest.seconds >= max(scanned)
    assert waits.shortest.seconds <= min(scanned)
    assert timetable.never_sooner(length) <= waits.shortest.seconds
    # A turn may lie a second beside a minute, no further.
    assert waits.longest.seconds - max(scanned) < 60
    assert min(scanned) - waits.shortest.seconds < 60
    for wait in waits:
        start = datetime.fromtimestamp(wait.since, UTC)
        due = clock.add(start, length, role, zone, closed)
        assert int(due.timestamp()) - wait.since == wait.seconds


OFFICE = Role(
    id="cm",
    title="",
    hours=Hours(week=((Span(since=540, until=1080),),) * 5 + ((), ())),
    holidays=Holidays(country="ID"),
)


@pytest.mark.parametrize(
    ("length", "hours", "since"),
    [
        # Mon-Fri 9-18 in Jakarta, from Monday 8 March 2027. From Friday 18:00 to Monday 09:00 are
        # 6 + 48 + 9 = 63 hours, and the working time comes after them.
        ("1h", 64, "2027-03-12T18:00+07:00"),
        ("9h", 72, "2027-03-12T18:00+07:00"),
        # Ten hours are one day's nine and one of the next: Friday 18:00 to Tuesday 10:00.
        ("10h", 63 + 24 + 1, "2027-03-12T18:00+07:00"),
        # A working day: what comes after Friday's close counts from Monday 09:00 to Tuesday 09:00.
        ("1d", 63 + 24, "2027-03-12T18:00+07:00"),
    ],
)
def test_the_longest_wait_begins_at_the_close_of_the_week(length, hours, since):
    timetable, days = table(OFFICE, "Asia/Jakarta", SomeDays(frozenset()))

    longest = timetable.waits(
        Duration.parse(length), ((days.midnights[9], days.midnights[16]),)
    ).longest

    assert longest.seconds == hours * 3600
    # Nine hours wait as long from Friday 09:00:01 on as from its close: the first is told.
    assert longest.since <= datetime.fromisoformat(since).timestamp()
    assert timetable.due(
        int(datetime.fromisoformat(since).timestamp()), Duration.parse(length)
    ) == (datetime.fromisoformat(since).timestamp() + hours * 3600)


def test_the_shortest_wait_of_an_hour_is_an_hour():
    timetable, days = table(OFFICE, "Asia/Jakarta", SomeDays(frozenset()))

    shortest = timetable.waits(Duration.parse("1h"), ((days.midnights[9], days.midnights[16]),))[0]

    assert shortest.seconds == 3600
    assert shortest.since == datetime.fromisoformat("2027-03-08T09:00+07:00").timestamp()
