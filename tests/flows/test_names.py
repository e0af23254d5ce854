"""What a run is called: sorted as text, its list is an inbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import names
from remit.decide.owed import owed
from remit.model import Case, Play, Playbook, Role, Severity, State

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""Noon in Jakarta."""
PLAYBOOK = Playbook(
    brand="kopi", timezone="Asia/Jakarta", roles={"cm": Role(id="cm", title="Community Manager")}
)


def case(**more: Any) -> Case:
    given: dict[str, Any] = {
        "id": 7,
        "brand": "kopi",
        "state": State.open,
        "rule": "late",
        "owner": "cm",
        "severity": Severity.normal,
        "play": Play.reply,
        "platform": "bluesky",
        "subject": "m2",
        "subject_event": 2,
        "topics": ("refund", "late"),
        "playbook": "h",
        "opened_at": NOW - timedelta(days=1),
    }
    return Case(**(given | more))


def name(now: datetime = NOW, **more) -> str:
    return names.of_case(case(**more), PLAYBOOK, now)


def test_the_due_time_stands_first_with_its_date_even_today():
    due = NOW + timedelta(hours=2, minutes=30)
    assert name(first_response_due=due) == "03-01 14:30 · cm · bluesky · refund · case 7 · answer"
    assert name(first_response_due=due, topics=()).split(" · ")[3] == "late"


def test_what_is_overdue_begins_with_a_sign():
    due = NOW - timedelta(minutes=1)
    assert name(first_response_due=due).startswith("! 03-01 11:59 · cm")
    assert name(now=due, first_response_due=due).startswith("03-01 11:59 · cm")


@pytest.mark.parametrize(
    ("clocks", "said"),
    [
        ({"first_response_due": 1, "resolution_due": 5}, "13:00 answer"),
        ({"first_response_due": 1, "responded_at": 0, "next_response_due": 3}, "15:00 next answer"),
        ({"first_response_due": -1, "responded_at": -0.5, "resolution_due": 5}, "17:00 resolution"),
        ({"first_response_due": 4, "resolution_due": 2}, "14:00 resolution"),
    ],
)
def test_the_clock_that_runs_out_first_is_named(clocks, said):
    given = {field: NOW + timedelta(hours=hours) for field, hours in clocks.items()}
    parts = name(**given).split(" · ")
    assert f"{parts[0].split()[-1]} {parts[-1]}" == said


def test_what_waits_for_somebody_outside_and_what_has_no_due_time_stand_last():
    due = {"first_response_due": NOW - timedelta(days=2)}
    waiting = name(state=State.waiting, waiting_since=NOW, waiting_for="supplier", **due)
    assert waiting == "waiting · cm · bluesky · refund · case 7 · for supplier since 03-01 12:00"
    timeless = name()
    assert timeless == "no due time · cm · bluesky · refund · case 7 · since 02-28 12:00"
    other = name(first_response_due=NOW + timedelta(days=300))
    assert sorted([waiting, timeless, other]) == [other, timeless, waiting]


def test_a_finished_case_owes_nothing():
    due = NOW + timedelta(hours=1)
    for state in (State.responded, State.resolved):
        assert owed(case(state=state, first_response_due=due, resolution_due=due)) is None


_MINUTES = st.integers(-400 * 24 * 60, 400 * 24 * 60)


@given(st.integers(0, 366 * 24 * 60), st.lists(_MINUTES, min_size=2, max_size=5))
def test_as_text_the_names_stand_as_their_due_times_do(start, minutes):
    """At every moment of a year, for what is due up to a year and a month before or after."""
    now = NOW + timedelta(minutes=start)
    dues = [now + timedelta(minutes=each) for each in minutes]
    by_time = [name(now=now, first_response_due=due) for due in sorted(dues)]
    assert by_time == sorted(by_time)
