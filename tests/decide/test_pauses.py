"""A clock that stood still goes on with exactly what was left."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.decide import clock, dues
from remit.decide.dues import Clock
from remit.model import Due, Duration, Holidays, Hours, Role, Span

JAKARTA, NEW_YORK = "Asia/Jakarta", "America/New_York"
NIGHT = Role(
    id="night", title="", hours=Hours(week=((Span(since=1320, until=1800),),) * 5 + ((),) * 2)
)
ALWAYS = Role(id="always", title="")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # Mon-Fri 8-13 and 14-22, Sat-Sun 8-22. 2027-03-01 is a Monday.
        ("2027-03-01T10:00+07:00", "2027-03-01T11:00+07:00", 1),
        ("2027-03-01T12:30+07:00", "2027-03-01T14:30+07:00", 1),  # lunch counts nothing
        ("2027-03-01T21:00+07:00", "2027-03-02T09:00+07:00", 2),  # nor does a night
        ("2027-03-01T22:00+07:00", "2027-03-02T08:00+07:00", 0),
        ("2027-03-05T08:00+07:00", "2027-03-08T08:00+07:00", 13 + 14 + 14),
        ("2027-03-01T11:00+07:00", "2027-03-01T10:00+07:00", 0),
        ("2027-03-01T00:00+07:00", "2027-03-02T00:00+07:00", 13),
    ],
)
def test_working_time_between_two_instants_of_the_community_manager(start, end, hours, cm):
    assert clock.between(at(start), at(end), cm, JAKARTA) == timedelta(hours=hours)


def test_a_weekend_and_a_holiday_count_nothing(smm, closed_on):
    # Mon-Fri 9-18; Tuesday 9 is a holiday and Wednesday 10 joint leave.
    holidays = closed_on([date(2027, 3, 9)], [date(2027, 3, 10)])
    friday, thursday = at("2027-03-05T17:00+07:00"), at("2027-03-11T10:00+07:00")
    assert clock.between(friday, thursday, smm, JAKARTA, holidays) == timedelta(hours=1 + 9 + 1)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # New York skips 02:00-03:00 on 2027-03-14 and has 01:00-02:00 twice on 2027-11-07.
        ("2027-03-13T22:00-05:00", "2027-03-14T06:00-04:00", 7),
        ("2027-11-06T22:00-04:00", "2027-11-07T06:00-05:00", 9),
    ],
)
def test_an_hour_that_is_skipped_is_not_worked_and_one_that_comes_twice_is(start, end, hours):
    daily = Role(id="d", title="", hours=Hours(week=((Span(since=1320, until=1800),),) * 7))
    assert clock.between(at(start), at(end), daily, NEW_YORK) == timedelta(hours=hours)


def test_a_role_that_always_works_is_counted_on_the_calendar():
    start = at("2027-03-05T17:00+07:00")
    assert clock.between(start, start + timedelta(days=9), ALWAYS, JAKARTA) == timedelta(days=9)


def test_a_role_that_never_opens_is_counted_on_the_calendar():
    class Shut:
        def closed(self, *_: object) -> bool:
            return True

        def named(self, *_: object) -> str:
            return "a day off"

        def estimated(self, *_: object) -> bool:
            return False

    never = NIGHT.model_copy(update={"holidays": Holidays(country="ID")})
    start = at("2027-03-01T10:00+07:00")
    assert clock.between(start, start + timedelta(days=2), never, JAKARTA, Shut()) == timedelta(
        days=2
    )


# Going on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "since", "until", "moved"),
    [
        # Half an hour was left on Friday evening; it is left on Monday morning.
        (
            "2027-03-05T21:30+07:00",
            "2027-03-05T21:00+07:00",
            "2027-03-08T06:00+07:00",
            "2027-03-08T08:30+07:00",
        ),
        # 20 minutes before and 40 after lunch.
        (
            "2027-03-01T14:40+07:00",
            "2027-03-01T12:40+07:00",
            "2027-03-02T12:30+07:00",
            "2027-03-02T14:30+07:00",
        ),
        # No time at all was waited.
        (
            "2027-03-01T12:00+07:00",
            "2027-03-01T11:00+07:00",
            "2027-03-01T11:00+07:00",
            "2027-03-01T12:00+07:00",
        ),
        # Missed before the wait: missed since.
        (
            "2027-03-01T12:00+07:00",
            "2027-03-01T12:00+07:00",
            "2027-03-04T12:00+07:00",
            "2027-03-01T12:00+07:00",
        ),
    ],
)
def test_what_was_left_is_left_on_the_owners_clock(due, since, until, moved, cm):
    assert dues.after_pause(at(due), Clock(cm, JAKARTA), at(since), at(until)) == at(moved)


def test_on_the_calendar_it_is_a_plain_difference(cm):
    ticking = Clock(cm, JAKARTA, calendar=True)
    due, since = at("2027-03-01T23:00+07:00"), at("2027-03-01T21:00+07:00")
    until = at("2027-03-05T03:00+07:00")
    assert dues.after_pause(due, ticking, since, until) == at("2027-03-05T05:00+07:00")


def test_no_due_time_stays_none(cm):
    start = at("2027-03-01T10:00+07:00")
    assert dues.after_pause(None, Clock(cm, JAKARTA), start, start) is None


spans = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 720)), max_size=2).map(
    lambda found: tuple(Span(since=since, until=since + length) for since, length in found)
)
weeks = st.lists(spans, min_size=7, max_size=7).map(tuple)
instants = st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001 made aware below
    lambda wall: wall.replace(tzinfo=at("2027-01-01T00:00+00:00").tzinfo)
)


@settings(max_examples=150, deadline=None)
@given(
    week=weeks,
    zone=st.sampled_from([JAKARTA, NEW_YORK, "Australia/Lord_Howe"]),
    shut=st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=30),
    calendar=st.booleans(),
    since=instants,
    length=st.timedeltas(timedelta(0), timedelta(days=5)),
    waited=st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_for_any_schedule_what_was_left_is_left(
    *, week, zone, shut, calendar, since, length, waited, closed_on
):
    role = Role(id="r", title="", hours=Hours(week=week), holidays=Holidays(country="ID"))
    ticking = Clock(role, zone, closed_on(sorted(shut)), calendar)
    due, until = ticking.later(since, length), since + waited
    assert due is not None
    left = ticking.left(since, due)
    assert left == length
    moved = dues.after_pause(due, ticking, since, until)
    if due > since:
        assert moved is not None
        assert moved >= until
        assert ticking.left(until, moved) == left


# Windows ----------------------------------------------------------------------------------------

HOUR = Due(first_response=Duration(seconds=3600))
DAY = Duration(days=1)


@pytest.mark.parametrize(
    ("due", "asked", "window", "first"),
    [
        (HOUR, "2027-03-01T10:00+07:00", None, "2027-03-01T11:00+07:00"),
        (HOUR, "2027-03-01T10:00+07:00", DAY, "2027-03-01T11:00+07:00"),
        # Friday evening to Monday morning is longer than the window, less its hour of margin.
        (HOUR, "2027-03-05T17:30+07:00", DAY, "2027-03-06T16:30+07:00"),
        (None, "2027-03-05T17:30+07:00", DAY, "2027-03-06T16:30+07:00"),
        (None, "2027-03-05T17:30+07:00", Duration(seconds=3600), "2027-03-05T18:24+07:00"),
        (None, "2027-03-05T17:30+07:00", None, None),
    ],
)
def test_no_answer_is_due_later_than_the_platform_takes_it(due, asked, window, first, smm):
    found = dues.first_response(due, Clock(smm, JAKARTA), at(asked), window)
    assert found == (None if first is None else at(first))


def test_the_next_answer_is_due_as_soon_as_the_first_where_nothing_is_said(smm):
    asked, ticking = at("2027-03-01T10:00+07:00"), Clock(smm, JAKARTA)
    later = Due(first_response=Duration(seconds=3600), next_response=Duration(seconds=7200))
    assert dues.next_response(HOUR, ticking, asked, None) == at("2027-03-01T11:00+07:00")
    assert dues.next_response(later, ticking, asked, None) == at("2027-03-01T12:00+07:00")
    assert dues.next_response(Due(), ticking, asked, None) is None
