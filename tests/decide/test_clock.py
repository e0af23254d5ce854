"""The business clock: nights, weekends, holidays, night shifts and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.decide import clock
from remit.model import Due, Duration, Holidays, Hours, InputError, Role, Span

JAKARTA, NEW_YORK = "Asia/Jakarta", "America/New_York"
NIGHT = Role(
    id="night", title="", hours=Hours(week=((Span(since=1320, until=1800),),) * 5 + ((),) * 2)
)
ROUND = Role(id="round", title="", hours=Hours(week=((Span(since=0, until=1440),),) * 7))
ALWAYS = Role(id="always", title="")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        # The community manager: Mon-Fri 8-13 and 14-22, Sat-Sun 8-22. 2027-03-01 is a Monday.
        ("2027-03-01T23:10+07:00", "1h", "2027-03-02T09:00+07:00"),
        ("2027-03-01T10:00+07:00", "1h", "2027-03-01T11:00+07:00"),
        ("2027-03-01T12:30+07:00", "1h", "2027-03-01T14:30+07:00"),
        ("2027-03-01T12:00+07:00", "1h", "2027-03-01T13:00+07:00"),
        ("2027-03-01T13:00+07:00", "1h", "2027-03-01T15:00+07:00"),
        ("2027-03-01T21:30+07:00", "1h", "2027-03-02T08:30+07:00"),
        ("2027-03-01T22:00+07:00", "1h", "2027-03-02T09:00+07:00"),
        ("2027-03-01T05:00+07:00", "0m", "2027-03-01T08:00+07:00"),
        ("2027-03-01T15:00+07:00", "0m", "2027-03-01T15:00+07:00"),
        ("2027-03-01T08:00+07:00", "13h", "2027-03-01T22:00+07:00"),
        ("2027-03-01T08:00+07:00", "13h1m", "2027-03-02T08:01+07:00"),
        ("2027-03-01T15:00+07:00", "2d", "2027-03-03T15:00+07:00"),
        ("2027-03-01T23:10+07:00", "2d", "2027-03-04T08:00+07:00"),
        # Saturday 13:30 is open, Monday 13:30 is not: the close of Monday.
        ("2027-03-06T13:30+07:00", "2d", "2027-03-08T22:00+07:00"),
        ("2027-03-01T21:30+07:00", "1d1h", "2027-03-03T08:30+07:00"),
    ],
)
def test_a_due_time_of_the_community_manager(start, length, end, cm):
    assert clock.add(at(start), Duration.parse(length), cm, JAKARTA) == at(end)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        # The social media manager: Mon-Fri 9-18, closed on holidays and joint leave.
        ("2027-03-05T17:00+07:00", "2h", "2027-03-08T10:00+07:00"),
        ("2027-03-05T17:00+07:00", "1d", "2027-03-08T17:00+07:00"),
        ("2027-03-06T12:00+07:00", "1d", "2027-03-11T09:00+07:00"),
        # Tuesday 9 is a holiday, Wednesday 10 joint leave.
        ("2027-03-08T17:00+07:00", "2h", "2027-03-11T10:00+07:00"),
        ("2027-03-08T17:00+07:00", "1d", "2027-03-11T17:00+07:00"),
        ("2027-03-09T12:00+07:00", "1h", "2027-03-11T10:00+07:00"),
    ],
)
def test_holidays_and_joint_leave_do_not_count(start, length, end, smm, closed_on):
    holidays = closed_on([date(2027, 3, 9)], joint=[date(2027, 3, 10)])
    assert clock.add(at(start), Duration.parse(length), smm, JAKARTA, holidays) == at(end)


def test_a_role_that_names_no_country_works_on_holidays(cm, closed_on):
    holidays = closed_on([date(2027, 3, 1)])
    assert clock.is_open(cm, JAKARTA, at("2027-03-01T10:00+07:00"), holidays)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        # Night shift Mon-Fri 22:00 to 06:00 of the next day.
        ("2027-03-02T05:00+07:00", "2h", "2027-03-02T23:00+07:00"),
        ("2027-03-02T01:00+07:00", "1d", "2027-03-03T01:00+07:00"),
        # 01:00 on Saturday is Friday's shift; a working day later is Monday's.
        ("2027-03-06T01:00+07:00", "1d", "2027-03-09T01:00+07:00"),
        ("2027-03-06T05:00+07:00", "2h", "2027-03-08T23:00+07:00"),
        ("2027-03-06T12:00+07:00", "8h", "2027-03-09T06:00+07:00"),
    ],
)
def test_a_span_across_midnight_belongs_to_the_day_on_which_it_starts(start, length, end):
    assert clock.add(at(start), Duration.parse(length), NIGHT, JAKARTA) == at(end)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2027-03-01T21:59+07:00", False),
        ("2027-03-01T22:00+07:00", True),
        ("2027-03-02T05:59+07:00", True),
        ("2027-03-02T06:00+07:00", False),
        ("2027-03-06T03:00+07:00", True),
        ("2027-03-07T03:00+07:00", False),
    ],
)
def test_the_night_shift_is_open_until_the_morning(instant, is_open):
    assert clock.is_open(NIGHT, JAKARTA, at(instant)) is is_open


def test_a_shift_that_began_before_a_holiday_runs_to_its_end(closed_on):
    role = NIGHT.model_copy(update={"holidays": Holidays(country="ID")})
    tuesday = closed_on([date(2027, 3, 2)])
    assert clock.is_open(role, JAKARTA, at("2027-03-02T03:00+07:00"), tuesday)
    assert not clock.is_open(role, JAKARTA, at("2027-03-02T23:00+07:00"), tuesday)
    assert not clock.is_open(role, JAKARTA, at("2027-03-03T03:00+07:00"), tuesday)


@pytest.mark.parametrize(
    ("role", "start", "length", "end"),
    [
        # 2027-03-14 the clocks go from 02:00 -05:00 to 03:00 -04:00; 2027-11-07 back.
        (NIGHT, "2027-03-12T22:00-05:00", "9h", "2027-03-15T23:00-04:00"),
        (ROUND, "2027-03-14T01:00-05:00", "2h", "2027-03-14T04:00-04:00"),
        (ROUND, "2027-03-13T12:00-05:00", "1d", "2027-03-14T12:00-04:00"),
        (ROUND, "2027-11-07T00:30-04:00", "2h", "2027-11-07T01:30-05:00"),
        (ROUND, "2027-11-06T12:00-04:00", "24h", "2027-11-07T11:00-05:00"),
        (ALWAYS, "2027-11-06T12:00-04:00", "1d", "2027-11-07T12:00-05:00"),
        (ALWAYS, "2027-11-06T12:00-04:00", "24h", "2027-11-07T11:00-05:00"),
    ],
)
def test_a_change_of_the_clocks_neither_gives_nor_takes_time(role, start, length, end):
    assert clock.add(at(start), Duration.parse(length), role, NEW_YORK) == at(end)


@pytest.mark.parametrize(
    ("length", "end"),
    [
        # Half of it on the 13th, nothing on the 14th, half on the 15th.
        ("30m", "2027-03-15T02:45-04:00"),
        ("1d", "2027-03-15T02:45-04:00"),
        ("2d", "2027-03-16T02:45-04:00"),
    ],
)
def test_a_span_within_the_hour_that_the_clocks_skip_is_no_working_time(length, end):
    role = Role(id="early", title="", hours=Hours(week=((Span(since=150, until=180),),) * 7))
    start = at("2027-03-13T02:45-05:00")
    assert clock.add(start, Duration.parse(length), role, NEW_YORK) == at(end)


def test_a_role_without_hours_is_always_open():
    sunday = at("2027-03-07T03:00+07:00")
    assert clock.is_open(ALWAYS, JAKARTA, sunday)
    assert clock.is_open(ALWAYS.model_copy(update={"hours": Hours()}), JAKARTA, sunday)
    assert clock.add(sunday, Duration.parse("1h"), ALWAYS, JAKARTA) == sunday + timedelta(hours=1)


def test_a_role_that_never_opens_is_counted_on_the_calendar(smm):
    class Always:
        def closed(self, country: str, joint_leave: bool, day: date) -> bool:
            return True

        def named(self, country: str, joint_leave: bool, day: date) -> str | None:
            return "a holiday"

        def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
            return False

    start = at("2027-03-01T10:00+07:00")
    for length in ("1h", "2d", "1d1h"):
        duration = Duration.parse(length)
        assert clock.add(start, duration, smm, JAKARTA, Always()) == start + duration.calendar


def test_a_very_long_time_is_counted_to_its_end(smm):
    # 45 hours a week for 104 weeks.
    start = at("2027-03-01T09:00+07:00")
    end = clock.add(start, Duration(seconds=45 * 104 * 3600), smm, JAKARTA)
    assert end == at("2029-02-23T18:00+07:00")


def test_due_times_run_on_the_business_clock_or_on_the_calendar(cm):
    start = at("2027-03-01T23:10+07:00")
    due = Due(first_response=Duration.parse("1h"), resolution=Duration.parse("2d"))
    assert clock.due_times(due, cm, JAKARTA, start) == (
        at("2027-03-02T09:00+07:00"),
        at("2027-03-04T08:00+07:00"),
    )
    calendar = due.model_copy(update={"clock": "calendar"})
    assert clock.due_times(calendar, cm, JAKARTA, start) == (
        at("2027-03-02T00:10+07:00"),
        at("2027-03-03T23:10+07:00"),
    )
    assert clock.due_times(None, cm, JAKARTA, start) == (None, None)
    assert clock.due_times(Due(), cm, JAKARTA, start) == (None, None)


def test_due_times_are_in_utc_where_subtraction_is_exact(cm):
    first, _ = clock.due_times(
        Due(first_response=Duration.parse("1h")), cm, JAKARTA, at("2027-03-01T10:00+07:00")
    )
    assert first is not None
    assert first.tzinfo is UTC


def test_an_unknown_zone_is_told_with_the_form_to_use(cm):
    with pytest.raises(InputError, match="like Asia/Jakarta"):
        clock.is_open(cm, "Jakarta/Selatan", at("2027-03-01T10:00+07:00"))


minutes = st.integers(0, 60 * 24 * 14)


@settings(max_examples=60, deadline=None)
@given(
    begin=minutes,
    length=st.integers(0, 60 * 30),
    who=st.sampled_from(["cm", "smm", "night"]),
)
def test_hours_and_minutes_are_the_open_minutes_between(begin, length, who, cm, smm):
    role = {"cm": cm, "smm": smm, "night": NIGHT}[who]
    start = datetime(2027, 3, 7, tzinfo=UTC) + timedelta(minutes=begin)
    end = clock.add(start, Duration(seconds=length * 60), role, NEW_YORK)
    between = int((end - start).total_seconds()) // 60
    open_ones = sum(
        clock.is_open(role, NEW_YORK, start + timedelta(minutes=minute))
        for minute in range(between)
    )
    assert open_ones == length


@settings(max_examples=100, deadline=None)
@given(
    first=minutes,
    second=minutes,
    hours=st.integers(0, 50),
    who=st.sampled_from(["cm", "smm", "night"]),
)
def test_who_comes_later_is_never_due_earlier(*, first, second, hours, who, cm, smm):
    role = {"cm": cm, "smm": smm, "night": NIGHT}[who]
    base = datetime(2027, 3, 1, tzinfo=UTC)
    early, late = sorted(base + timedelta(minutes=minute) for minute in (first, second))
    length = Duration(seconds=hours * 3600)
    assert clock.add(early, length, role, JAKARTA) <= clock.add(late, length, role, JAKARTA)
    assert clock.add(early, length, role, JAKARTA) >= early
