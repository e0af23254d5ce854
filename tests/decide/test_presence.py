"""Who is there: shifts, leave with who stands in, hours, calls and backups, as tables of cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from remit.decide import clock, presence
from remit.model import Absence, DatedHours, Duration, Hours, Person, Playbook, Role, Shift, Span

JAKARTA = timezone(timedelta(hours=7))


def week(since: int, until: int, days: range = range(5)) -> Hours:
    """The same hours on these days, Monday first."""
    spans = (Span(since=since * 60, until=until * 60),)
    return Hours(week=tuple(spans if day in days else () for day in range(7)))


def at(text: str) -> datetime:
    """`mon 10:00` of the week from 1 March 2027, in Jakarta."""
    day, clock_ = text.split()
    hour, minute = map(int, clock_.split(":"))
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day)
    return datetime(2027, 3, 1 + days, hour, minute, tzinfo=JAKARTA)


PLAYBOOK = Playbook(
    brand="kopi",
    timezone="Asia/Jakarta",
    people={name: Person(id=name, name=name) for name in ("sari", "bayu", "dewi", "ratna")},
    roles={
        "smm": Role(id="smm", title="SMM", hours=week(9, 18), people=("dewi",), backup="cm"),
        "cm": Role(
            id="cm",
            title="CM",
            hours=week(8, 22, range(7)),
            people=("sari", "bayu"),
            backup="lead",
        ),
        "lead": Role(id="lead", title="Lead", hours=week(9, 17), people=("ratna",), on_call=True),
    },
    shifts={
        "cm": (
            Shift(people=("sari",), hours=week(8, 15)),
            Shift(people=("bayu",), hours=week(15, 22)),
        )
    },
)


@pytest.mark.parametrize(
    ("when", "away", "people"),
    [
        ("mon 08:00", {}, "sari"),
        ("mon 14:59", {}, "sari"),
        ("mon 15:00", {}, "bayu"),
        ("sat 10:00", {}, "sari bayu"),  # no shift on a Saturday: all of the role
        ("mon 10:00", {"sari": None}, "bayu"),  # nobody of the shift is there: the rest of the role
        ("mon 10:00", {"sari": "dewi"}, "dewi"),
        ("mon 10:00", {"sari": "dewi", "dewi": None}, "bayu"),
        ("mon 10:00", {"sari": "dewi", "dewi": "ratna"}, "ratna"),
        ("mon 10:00", {"sari": "bayu", "bayu": "sari"}, ""),  # each in the other's place
        ("sat 10:00", {"sari": "bayu"}, "bayu"),  # once, though named twice
    ],
)
def test_the_people_of_the_shift_come_first(when, away, people):
    assert presence.on_shift(PLAYBOOK, "cm", at(when), away) == tuple(people.split())


def test_a_shift_has_its_first_and_its_last_day_and_a_night_belongs_to_its_evening():
    night = Hours(week=((Span(since=22 * 60, until=30 * 60),),) * 7)
    shift = Shift(people=("bayu",), hours=night, since=date(2027, 3, 2), until=date(2027, 3, 3))
    playbook = PLAYBOOK.model_copy(update={"shifts": {"cm": (shift,)}})
    both = ("sari", "bayu")

    told = {
        when: presence.on_shift(playbook, "cm", at(when), {})
        for when in ("mon 23:00", "tue 05:59", "tue 22:00", "thu 05:59", "thu 06:00", "thu 23:00")
    }

    assert told == {
        "mon 23:00": both,
        "tue 05:59": both,  # still Monday's night
        "tue 22:00": ("bayu",),
        "thu 05:59": ("bayu",),  # Wednesday's night runs to its end
        "thu 06:00": both,
        "thu 23:00": both,
    }


@pytest.mark.parametrize(
    ("when", "notify", "away", "told"),
    [
        ("mon 10:00", "owner", {}, [("sari", "cm")]),
        ("mon 10:00", "backup", {}, [("ratna", "lead")]),
        ("mon 10:00", "smm", {}, [("dewi", "smm")]),
        ("mon 10:00", "dewi", {}, [("dewi", None)]),
        ("mon 03:00", "owner", {}, [("ratna", "lead")]),  # closed: the backup is on call
        ("mon 03:00", "smm", {}, [("ratna", "lead")]),  # closed, and so is its backup
        ("sun 12:00", "lead", {}, [("ratna", "lead")]),  # on call
        ("mon 10:00", "owner", {"sari": None, "bayu": None}, [("ratna", "lead")]),
        ("mon 10:00", "owner", {"sari": "dewi"}, [("dewi", "cm")]),
        ("mon 10:00", "sari", {"sari": "bayu"}, [("bayu", None)]),
        ("mon 10:00", "sari", {"sari": None}, [("bayu", "cm")]),  # a colleague of the same role
        ("mon 10:00", "lead", {"ratna": None}, []),  # the one who is on call is away
        (
            "mon 03:00",
            "owner",
            {"ratna": None},
            [("sari", "cm"), ("bayu", "cm")],
        ),  # late, not never
    ],
)
def test_a_rung_reaches_who_is_there(when, notify, away, told):
    assert list(presence.whom(PLAYBOOK, "cm", notify, at(when), away)) == told


def test_backups_that_name_each_other_come_to_an_end():
    roles = dict(PLAYBOOK.roles)
    roles["lead"] = roles["lead"].model_copy(update={"backup": "cm", "on_call": False})
    playbook = PLAYBOOK.model_copy(update={"roles": roles})
    everybody = dict.fromkeys(("sari", "bayu", "ratna"))

    assert presence.whom(playbook, "cm", "owner", at("mon 10:00"), everybody) == ()


def test_leave_counts_on_its_first_and_its_last_day_where_the_brand_is():
    leave = Absence(
        id=1,
        brand="kopi",
        person="sari",
        since=date(2027, 3, 2),
        until=date(2027, 3, 3),
        cover="dewi",
        recorded_at=datetime(2027, 2, 1, tzinfo=UTC),
    )
    gone = leave.model_copy(update={"withdrawn_at": datetime(2027, 2, 2, tzinfo=UTC)})

    found = {
        when: presence.away_at([leave], "Asia/Jakarta", at(when))
        for when in ("mon 23:59", "tue 00:00", "wed 23:59", "thu 00:00")
    }

    assert found == {
        "mon 23:59": {},
        "tue 00:00": {"sari": "dewi"},  # 17:00 on Monday in UTC
        "wed 23:59": {"sari": "dewi"},
        "thu 00:00": {},
    }
    assert presence.away_at([gone], "Asia/Jakarta", at("tue 10:00")) == {}


RAMADAN = DatedHours(since=date(2027, 3, 3), until=date(2027, 3, 4), hours=week(9, 15))
EID = DatedHours(since=date(2027, 3, 4), until=date(2027, 3, 4), hours=week(10, 12))


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("tue 20:00", True),
        ("wed 08:30", False),  # the first day of the dated hours
        ("wed 14:59", True),
        ("wed 15:00", False),
        ("thu 09:30", False),  # of two that hold, the last
        ("thu 11:00", True),
        ("thu 14:00", False),
        ("fri 20:00", True),
    ],
)
def test_dated_hours_hold_in_place_of_the_others(when, open_):
    cm = PLAYBOOK.roles["cm"].model_copy(update={"dated": (RAMADAN, EID)})
    assert clock.is_open(cm, "Asia/Jakarta", at(when)) is open_


def test_a_due_time_counts_the_hours_of_each_day():
    cm = PLAYBOOK.roles["cm"].model_copy(update={"dated": (RAMADAN,)})
    # Tuesday 21:00 to 22:00 is one hour, Wednesday 09:00 to 15:00 six, and one on Thursday.
    due = clock.add(at("tue 21:00"), Duration(seconds=8 * 3600), cm, "Asia/Jakarta")
    assert due == at("thu 10:00")


def test_a_night_that_began_before_the_dated_hours_runs_to_its_end():
    night = Hours(week=((Span(since=22 * 60, until=30 * 60),),) * 7)
    role = Role(id="night", title="Night", hours=night, dated=(RAMADAN,))
    assert clock.is_open(role, "Asia/Jakarta", at("wed 05:59"))
    assert not clock.is_open(role, "Asia/Jakarta", at("wed 06:00"))
    assert not clock.is_open(role, "Asia/Jakarta", at("thu 03:00"))
