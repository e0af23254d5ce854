"""Answers, next answers and resolutions: warned of before, noticed when missed, still while waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.decide import advance, next_due
from remit.decide.cases import WAITS_AT_MOST
from remit.model import Duration, State

OPENED = datetime.fromisoformat("2027-03-01T10:00:00+07:00")
DAY = Duration(days=1)


def after(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def kinds(found):
    return [one.kind for one in found]


@pytest.mark.parametrize(
    ("due", "warned"),
    [
        (60, 45),  # a quarter of an hour before an hour is over
        (240, 180),
        (30, 20),  # ten minutes at the least
        (12, 2),
        (16 * 60, 12 * 60),  # four hours at the most ...
        (64 * 60, 60 * 60),  # ... also over a weekend
    ],
)
def test_a_warning_comes_when_a_quarter_of_the_time_is_left(due, warned, a_case):
    case = a_case(first_response_due=after(due))
    assert next_due(case) == after(warned)
    (found,) = advance(case, after(warned))
    assert (found.kind, found.detail["what"]) == ("due_soon", "answer")
    assert datetime.fromisoformat(found.detail["due"]) == after(due)
    assert advance(case, after(warned) - timedelta(seconds=1)) == ()


@pytest.mark.parametrize("due", [0, 5, 10])
def test_a_time_of_ten_minutes_has_no_warning_beside_its_beginning(due, a_case):
    assert next_due(a_case(first_response_due=after(due))) == after(due)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        # One hour later, of 80 minutes: 20 are left.
        ({"first_response_due": after(80)}, ["due_soon"]),
        ({"first_response_due": after(80), "warned_at": after(60)}, []),
        ({"first_response_due": after(80), "state": "acknowledged"}, ["due_soon"]),
        ({"first_response_due": after(80), "state": "awaiting_approval"}, ["due_soon"]),
        ({"first_response_due": after(80), "state": "waiting"}, []),
        ({"first_response_due": after(80), "state": "responded", "responded_at": after(1)}, []),
        # The warning of the answer is none of the resolution, whose time comes later.
        (
            {
                "first_response_due": after(20),
                "overdue_at": after(20),
                "resolution_due": after(75),
                "warned_at": after(10),
            },
            ["due_soon"],
        ),
        # What is missed by now is not warned of.
        ({"first_response_due": after(59)}, ["overdue"]),
        ({"resolution_due": after(60)}, ["resolution_overdue"]),
        ({"resolution_due": after(60), "resolution_overdue_at": after(60)}, []),
        ({"resolution_due": after(60), "state": "waiting"}, []),
        ({"resolution_due": after(60), "state": "responded"}, []),
        ({"resolution_due": after(60), "state": "resolved"}, []),
        ({"next_response_due": after(60), "responded_at": after(5)}, ["next_overdue"]),
        (
            {"next_response_due": after(60), "responded_at": after(5), "overdue_at": after(60)},
            [],
        ),
        # Nothing was answered yet: the first answer is what is owed, at its own time.
        ({"next_response_due": after(60), "first_response_due": after(600)}, []),
        (
            {"next_response_due": after(60), "first_response_due": after(50)},
            ["overdue"],
        ),
        (
            {
                "next_response_due": after(50),
                "responded_at": after(5),
                "first_response_due": after(30),
                "resolution_due": after(40),
            },
            ["resolution_overdue", "next_overdue"],
        ),
    ],
)
def test_an_hour_later_these_clocks_have_run_out(changed, found, a_case):
    assert kinds(advance(a_case(**changed), after(60))) == found


def test_a_reopened_case_is_warned_of_by_its_own_time(a_case):
    case = a_case(
        state="reopened",
        responded_at=after(10),
        reopened_at=after(600),
        next_response_due=after(660),
    )
    assert next_due(case) == after(645)


# Waiting ----------------------------------------------------------------------------------------


def waiting(a_case, **changed):
    basic = {"state": State.waiting, "waiting_since": OPENED, "waiting_for": "supplier"}
    return a_case(**basic | changed)


def test_a_wait_is_told_after_three_days_and_every_three_days_since(a_case):
    case = waiting(a_case, first_response_due=after(60))
    late = OPENED + WAITS_AT_MOST
    assert next_due(case) == late
    (found,) = advance(case, late)
    assert (found.kind, found.at, found.detail["for"]) == ("waited_long", late, "supplier")
    again = waiting(a_case, warned_at=late)
    assert next_due(again) == late + WAITS_AT_MOST


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        # A window of a day closes, with its margin of an hour, 23 hours after the message.
        ({}, after(23 * 60)),
        ({"last_event_at": OPENED - timedelta(days=1)}, OPENED),
        ({"warned_at": after(23 * 60)}, after(23 * 60) + WAITS_AT_MOST),
        # Answered for the time being: nobody asks whether the door is open.
        ({"responded_at": after(0)}, OPENED + WAITS_AT_MOST),
        ({"responded_at": after(0), "next_response_due": after(5)}, after(23 * 60)),
    ],
)
def test_a_wait_is_told_before_the_platform_closes_the_door(changed, at, a_case):
    case = waiting(a_case, **{"last_event_at": OPENED} | changed)
    assert next_due(case, window=DAY) == at


times = st.none() | st.integers(-600, 600).map(after)


@given(
    state=st.sampled_from(State),
    first=times,
    again=times,
    resolution=times,
    answered=times,
    overdue=times,
    warned=times,
    reopened=times,
    since=times,
    heard=times,
    window=st.none() | st.just(DAY),
    now=st.integers(-600, 6000).map(after),
)
def test_nothing_is_said_before_next_due_and_everything_since(
    *,
    state,
    first,
    again,
    resolution,
    answered,
    overdue,
    warned,
    reopened,
    since,
    heard,
    window,
    now,
    a_case,
):
    case = a_case(
        state=state,
        first_response_due=first,
        next_response_due=again,
        resolution_due=resolution,
        responded_at=answered,
        overdue_at=overdue,
        warned_at=warned,
        reopened_at=reopened,
        waiting_since=since,
        last_event_at=heard,
    )
    coming = next_due(case, window=window)
    found = advance(case, now, window=window)
    assert bool(found) is (coming is not None and coming <= now)
    assert len({one.kind for one in found}) == len(found) or kinds(found).count("due_soon") == 2
