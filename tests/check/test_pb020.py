"""Nobody there: every hole is found, on real instants, and said so that a person can plan it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.calendars import PublicHolidays
from remit.check.findings import pb020
from remit.check.given import Away, Given
from remit.check.holes import find_holes
from remit.check.roster import Roster
from remit.decide import Router, clock
from remit.model import (
    DatedHours,
    Duration,
    Holidays,
    Hours,
    Person,
    Playbook,
    Role,
    Span,
    Step,
)

PEOPLE = """
people: {sari: {name: Sari W.}, bayu: {name: Bayu P.}, ratna: {name: Ratna S.}}
approvals: {replies: {by: [cm]}}
defaults: {reply: {approval: replies}}
"""
CRISIS = """
rules:
  - {id: crisis, when: {kind: conversation}, owner: cm, play: reply, severity: critical}
"""


def brand(cm: str, rules: str = CRISIS, *, zone: str = "Asia/Jakarta", more: str = "") -> str:
    return f"timezone: {zone}{PEOPLE}roles:\n  cm: {{title: CM, people: [sari, bayu], {cm}}}\n{more}{rules}"


def said(found) -> str:
    """What was found, without why it matters and what to do."""
    (one,) = found
    _, middle, _ = one.message.split("; ")
    return str(middle).removeprefix("found no working or on-call person of ")


@pytest.mark.parametrize(
    ("hours", "holes"),
    [
        # 366 nights of ten hours.
        (
            'hours: {daily: "08:00-22:00"}',
            "cm every night 22:00-08:00 (366 times, first Fri 1 Jan 2027): 3,660 of 8,784 hours",
        ),
        # 366 days from a Friday to a Saturday are 52 weeks, a Friday and a Saturday: 261 weekdays.
        (
            'hours: {mon-fri: ["08:00-13:00", "14:00-22:00"], sat-sun: "08:00-22:00"}',
            (
                "cm every night 22:00-08:00 (366 times, first Fri 1 Jan 2027), "
                "Mon-Fri 13:00-14:00 (261 times, first Fri 1 Jan 2027): 3,921 of 8,784 hours"
            ),
        ),
        # Nights Mon-Thu have 15 hours (208 of them: four a week for 52 weeks). Weekends begin on
        # 53 Fridays; of the last only 6 and 24 hours are looked at, and the first day begins with
        # Thursday's last nine: 208 x 15 + 52 x 63 + 30 + 9.
        (
            'hours: {mon-fri: "09:00-18:00"}',
            (
                "cm Fri 18:00 to Mon 09:00 (53 times, first Fri 1 Jan 2027), "
                "Mon-Thu nights 18:00-09:00 (208 times, first Mon 4 Jan 2027): 6,435 of 8,784 hours"
            ),
        ),
        # 24:00 ends a day, so the days of the week are one; 53 Saturdays, 52 Sundays.
        (
            'hours: {mon-fri: "00:00-24:00"}',
            "cm Sat 00:00 to Sun 24:00 (53 times, first Sat 2 Jan 2027): 2,520 of 8,784 hours",
        ),
        # Shifts of Sunday to Thursday evening run to six of the next morning, the last of the old
        # year too. Weekends have 64 hours, the 53rd only 42 before the days end: 52 x 64 + 42, and
        # 208 days of 16 hours.
        (
            'hours: {sun-thu: "22:00-06:00"}',
            (
                "cm Fri 06:00 to Sun 22:00 (53 times, first Fri 1 Jan 2027), "
                "Mon-Thu 06:00-22:00 (208 times, first Mon 4 Jan 2027): 6,698 of 8,784 hours"
            ),
        ),
        # One shift only: from its end around to its beginning.
        (
            'hours: {mon: "09:00-10:00"}',
            "cm Mon 10:00 to Mon 09:00 (52 times, first Mon 4 Jan 2027): 8,732 of 8,784 hours",
        ),
    ],
)
def test_hours_that_nobody_covers_are_counted(study, hours, holes):
    assert said(pb020.find(study(brand(hours)))) == holes


@pytest.mark.parametrize(
    ("hours", "holes"),
    [
        # 2027-03-14 has no 02:00 to 03:00 in New York: one hole less. Spring gives what autumn takes.
        (
            'hours: {daily: ["00:00-02:00", "03:00-24:00"]}',
            "cm every day 02:00-03:00 (365 times, first Fri 1 Jan 2027): 365 of 8,784 hours",
        ),
        # The night of 13 March is an hour shorter, that of 6 November an hour longer.
        (
            'hours: {daily: "08:00-22:00"}',
            "cm every night 22:00-08:00 (366 times, first Fri 1 Jan 2027): 3,660 of 8,784 hours",
        ),
        # On 2027-11-07 01:30 comes twice, and the first is meant: that day is closed for 23.5 hours,
        # the one in spring for 21.5, the others for 22.5.
        (
            'hours: {daily: "00:00-01:30"}',
            "cm every day 01:30-24:00 (366 times, first Fri 1 Jan 2027): 8,235 of 8,784 hours",
        ),
    ],
)
def test_a_change_of_the_clocks_is_on_the_clock(study, hours, holes):
    assert said(pb020.find(study(brand(hours, zone="America/New_York")))) == holes


def test_a_hole_in_spring_and_one_in_autumn_are_as_long_as_they_are(study):
    examined = study(brand('hours: {daily: "08:00-22:00"}', zone="America/New_York"))
    reached = examined.roster.reached("cm", ())

    holes = find_holes(examined.roster, reached, examined.roster.around)

    spans = examined.roster.grid.spans(holes.every)
    by_night = {datetime.fromtimestamp(a, ZoneInfo("America/New_York")): b - a for a, b in spans}
    zone = ZoneInfo("America/New_York")
    assert by_night[datetime(2027, 3, 13, 22, tzinfo=zone)] == 9 * 3600
    assert by_night[datetime(2027, 11, 6, 22, tzinfo=zone)] == 11 * 3600
    assert by_night[datetime(2027, 7, 1, 22, tzinfo=zone)] == 10 * 3600


def test_a_year_may_have_a_leap_day(study):
    lead = "  lead: {title: L, people: [ratna], on_call: true}\n"
    rules = CRISIS.replace("critical}", "critical, escalation: urgent}") + (
        "escalations: {urgent: [{after: 0m, notify: lead}]}\n"
    )
    examined = study(
        brand('hours: {daily: "08:00-22:00"}', rules, more=lead),
        since=date(2028, 1, 1),
        away=["ratna 2028-02-29"],
    )

    # The night before ends at eight, the night after begins at 22 and is hers again at midnight.
    assert said(pb020.find(examined)) == (
        "cm or lead while ratna is away (Tue 29 Feb 2028): 10 of 8,784 hours"
    )


ROUND = 'hours: {daily: "00:00-24:00"}, holidays: {country: ID, joint_leave: true}'


def test_holidays_are_named_and_those_only_estimated_too(study):
    examined = study(brand(ROUND), holidays=PublicHolidays(), since=date(2027, 3, 1))

    text = said(pb020.find(examined))

    # Nyepi is fixed by the Balinese calendar; Lebaran waits for the moon.
    assert text.startswith("cm on ")
    assert "Mon 8 Mar 2027 Day of Silence" in text
    assert "Wed 10 Mar 2027 Eid al-Fitr (estimated)" in text
    assert "Thu 11 Mar 2027 Eid al-Fitr Second Day (estimated)" in text
    assert "Tue 9 Mar 2027 Eid al-Fitr Joint Holiday (estimated)" not in text
    assert "Tue 9 Mar 2027 Eid al-Fitr Joint Holiday" in text


def test_every_holiday_is_counted_and_a_few_are_shown(study, calendar):
    days = {f"2027-0{month}-05": f"Day {month}" for month in range(1, 8)} | {"2029-01-05": "Later"}
    closed = calendar(days, estimated=["2027-06-05", "2027-07-05"])

    # Seven days of 24 hours, the last two only estimated.
    assert said(pb020.find(study(brand(ROUND), holidays=closed))) == (
        "cm on 7 holidays (Tue 5 Jan 2027 Day 1, Fri 5 Feb 2027 Day 2, Fri 5 Mar 2027 Day 3 "
        "and 2 more, and Sat 5 Jun 2027 Day 6 (estimated), Mon 5 Jul 2027 Day 7 (estimated)): "
        "168 of 8,784 hours"
    )


def test_a_holiday_between_nights_adds_its_day_only(study, calendar):
    closed = calendar({"2027-03-08": "Nyepi"})
    hours = 'hours: {daily: "08:00-22:00"}, holidays: {country: ID}'

    assert said(pb020.find(study(brand(hours), holidays=closed))) == (
        "cm every night 22:00-08:00 (366 times, first Fri 1 Jan 2027), "
        "on 1 holiday (Mon 8 Mar 2027 Nyepi): 3,674 of 8,784 hours"
    )


def test_a_holiday_takes_the_shift_that_begins_on_it(study, calendar):
    closed = calendar({"2027-03-08": "Nyepi"})
    hours = 'hours: {daily: ["22:00-06:00", "06:00-22:00"]}, holidays: {country: ID}'
    examined = study(brand(hours), holidays=closed)

    holes = find_holes(examined.roster, examined.roster.reached("cm", ()), examined.roster.around)

    # From six, when the shift of the day before ends, to six of the next morning.
    zone = ZoneInfo("Asia/Jakarta")
    (span,) = examined.roster.grid.spans(holes.every)
    assert [datetime.fromtimestamp(at, zone).isoformat() for at in span] == [
        "2027-03-08T06:00:00+07:00",
        "2027-03-09T06:00:00+07:00",
    ]


@pytest.mark.parametrize(
    ("away", "holes"),
    [
        ((), None),
        (("sari 2027-03-08..2027-03-16",), None),
        (("sari 2027-03-08..2027-03-16", "bayu 2027-03-17..2027-03-20"), None),
        # 10 to 12 March, both days included.
        (
            ("sari 2027-03-08..2027-03-12", "bayu 2027-03-10..2027-03-16"),
            (
                "cm while sari and bayu are away (Wed 10 Mar 2027 to Fri 12 Mar 2027): "
                "72 of 8,784 hours"
            ),
        ),
        # Before the first day and after the last nobody looks.
        (("sari 2026-12-20..2026-12-31", "bayu 2026-12-20..2026-12-31"), None),
        (("sari 2028-01-02..2028-01-05", "bayu 2028-01-02..2028-01-05"), None),
        (
            ("sari 2027-12-30..2028-03-01", "bayu 2028-01-01..2028-01-05"),
            "cm while sari and bayu are away (Sat 1 Jan 2028): 24 of 8,784 hours",
        ),
    ],
)
@pytest.mark.parametrize("there", ["on_call: true", "goals: [{metric: reach, at_least: 1}]"])
def test_a_role_is_there_until_all_its_people_are_away(study, there, away, holes):
    found = list(pb020.find(study(brand(there), away=away)))

    assert (said(found) if found else None) == holes


ESCALATED = """
rules:
  - {id: crisis, when: {kind: conversation}, owner: cm, play: reply, severity: high, escalation: up}
escalations: {up: [%s]}
"""
DAY = 'hours: {daily: "08:00-22:00"}'


@pytest.mark.parametrize(
    ("steps", "more", "who"),
    [
        ("{after: 0m, notify: lead}", "  lead: {title: L, people: [ratna], on_call: true}\n", None),
        ("{after: 0m, notify: lead}", "  lead: {title: L, people: [ratna]}\n", None),
        (
            "{after: 0m, notify: lead}",
            '  lead: {title: L, people: [ratna], hours: {daily: "20:00-09:00"}}\n',
            None,
        ),
        (
            "{after: 0m, notify: lead}",
            '  lead: {title: L, people: [ratna], hours: {daily: "09:00-17:00"}}\n',
            "cm or lead every night 22:00-08:00",
        ),
        # A role that is on call, but nobody's.
        (
            "{after: 0m, notify: lead}",
            "  lead: {title: L, on_call: true}\n",
            "cm or lead every night",
        ),
        # The owner alone again.
        ("{after: 0m, notify: owner}", "", "cm every night 22:00-08:00"),
        # A person has the hours of the roles they have, and without a role any.
        ("{after: 0m, notify: ratna}", "", None),
        (
            "{after: 0m, notify: ratna}",
            '  lead: {title: L, people: [ratna], hours: {daily: "08:00-24:00"}}\n',
            "cm or ratna every day 00:00-08:00",
        ),
        (
            "{after: 0m, notify: ratna}",
            (
                '  lead: {title: L, people: [ratna, sari], hours: {daily: "08:00-24:00"}}\n'
                "  boss: {title: B, people: [ratna], on_call: true}\n"
            ),
            None,
        ),
        ("{after: 0m, notify: owner}, {after: 5m, notify: backup}", "", "cm every night"),
    ],
)
def test_whom_the_escalation_tells_is_there_too(study, steps, more, who):
    found = list(pb020.find(study(brand(DAY, ESCALATED % steps, more=more))))

    if who is None:
        assert not found
    else:
        assert said(found).startswith(who)


def test_the_backup_counts_where_a_step_tells_it(study):
    lead = "  lead: {title: L, people: [ratna], on_call: true}\n"
    told = ESCALATED % "{after: 0m, notify: owner}, {after: 5m, notify: backup}"
    untold = ESCALATED % "{after: 0m, notify: owner}"

    assert not list(pb020.find(study(brand(f"{DAY}, backup: lead", told, more=lead))))
    assert list(pb020.find(study(brand(f"{DAY}, backup: lead", untold, more=lead))))


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("play: reply, severity: critical", "severity critical"),
        ("play: triage, severity: high", "severity high"),
        ("play: reply, severity: normal", None),
        ("play: reply", None),
        ("play: reply, due: {first_response: 1h}", None),
        ("play: reply, due: {first_response: 1h, clock: calendar}", "a due time on the calendar"),
        ("play: reply, due: {resolution: 2d, clock: calendar}", "a due time on the calendar"),
        # Nobody is asked, so nobody has to be there.
        ("play: log, severity: critical", None),
    ],
)
def test_only_what_cannot_wait_needs_somebody_at_every_hour(study, rule, why):
    rules = f"rules:\n  - {{id: crisis, when: {{kind: conversation}}, owner: cm, {rule}}}\n"

    found = list(pb020.find(study(brand(DAY, rules))))

    assert [one.message.split(" wants somebody")[0] for one in found] == ([why] if why else [])


@pytest.mark.parametrize(
    ("rules", "holes"),
    [
        # The day's rule is asked about the day.
        ("- {id: a, when: {within_hours: cm}, owner: cm, play: reply, severity: high}", {}),
        (
            "- {id: a, when: {outside_hours: cm}, owner: cm, play: reply, severity: high}",
            {"a": "every night 22:00-08:00"},
        ),
        # What stands above takes the night away.
        (
            (
                "- {id: a, when: {outside_hours: cm}, owner: night, play: reply, severity: high}\n"
                "  - {id: b, when: {kind: conversation}, owner: cm, play: reply, severity: high}"
            ),
            {},
        ),
        # Only of comments.
        (
            (
                "- id: a\n    when: {outside_hours: cm, kind: conversation.comment}\n"
                "    owner: night\n    play: reply\n"
                "  - {id: b, when: {kind: conversation}, owner: cm, play: reply, severity: high}"
            ),
            {"b": "every night 22:00-08:00"},
        ),
        # No event comes to a dead rule; PB012 says that it is dead.
        (
            (
                "- {id: a, when: {}, owner: night, play: reply}\n"
                "  - {id: b, when: {kind: conversation}, owner: cm, play: reply, severity: high}"
            ),
            {},
        ),
        # Both roles work from 08:00 to 12:00 and nobody asks what comes then.
        (
            (
                "- {id: a, when: {within_hours: half}, owner: half, play: reply}\n"
                "  - {id: b, when: {}, owner: half, play: reply, severity: high}"
            ),
            {"b": "every day 12:00-24:00"},
        ),
    ],
)
def test_a_rule_is_asked_about_the_hours_at_which_its_events_come(study, rules, holes):
    more = (
        "  night: {title: N, people: [bayu], on_call: true}\n"
        '  half: {title: H, people: [bayu], hours: {daily: "00:00-12:00"}}\n'
    )
    examined = study(brand(DAY, f"rules:\n  {rules}\n", more=more))

    found = {one.rule: one.message for one in pb020.find(examined)}

    assert found.keys() == holes.keys()
    for rule, hole in holes.items():
        assert hole in found[rule]


def test_otherwise_is_a_rule_like_others(study):
    rules = (
        "rules:\n  - {id: a, when: {kind: audience}, owner: cm, play: log}\n"
        "otherwise: {owner: cm, play: triage, severity: high}\n"
    )

    (found,) = pb020.find(study(brand(DAY, rules)))

    assert found.rule == "otherwise"
    assert found.line == 11
    assert found.event is not None


def test_the_event_falls_into_a_hole_and_the_router_gives_it_to_the_rule(study):
    rules = CRISIS + "  - {id: late, when: {}, owner: cm, play: triage, severity: high}\n"
    examined = study(brand('hours: {daily: "00:00-21:30"}', rules))

    found = list(pb020.find(examined))

    assert [one.rule for one in found] == ["crisis", "late"]
    for one in found:
        assert one.event is not None
        assert Router(examined.playbook).decide(one.event).rule == one.rule
        assert one.event.time.isoformat() == "2027-01-01T21:30:00+07:00"


def test_what_was_said_of_one_rule_is_not_said_again(study):
    rules = CRISIS + "  - {id: late, when: {}, owner: cm, play: triage, severity: high}\n"

    _, second = pb020.find(study(brand(DAY, rules)))

    assert second.message == (
        "severity high wants somebody at every hour; found no working or on-call person of cm at "
        "the hours of rule crisis: 3,660 of 8,784 hours; add an escalation to late that tells a "
        "role with `on_call: true`, or add hours"
    )


def test_a_role_without_hours_is_there_on_holidays_too(study, calendar):
    closed = calendar({"2027-03-08": "Nyepi"})

    assert not list(pb020.find(study(brand("holidays: {country: ID}"), holidays=closed)))


# By the minute ----------------------------------------------------------------------------------

FIRST = date(2027, 10, 31)
"""A week before the clocks of New York go back."""


@st.composite
def roles(draw, name: str) -> Role:
    week = []
    for _ in range(7):
        edges = sorted(draw(st.sets(st.integers(0, 60), max_size=4)))
        pairs = [(a * 30, b * 30) for a, b in zip(edges[::2], edges[1::2], strict=False)]
        week.append(tuple(Span(since=a, until=b) for a, b in pairs if a < 1440 and b - a <= 1440))
    since = FIRST + timedelta(days=draw(st.integers(-2, 9)))
    ramadan = DatedHours(
        since=since,
        until=since + timedelta(days=draw(st.integers(0, 5))),
        hours=Hours(week=tuple(reversed(week))),
    )
    return Role(
        id=name,
        title="",
        hours=Hours(week=tuple(week)),
        dated=draw(st.sampled_from([(), (ramadan,)])),
        holidays=draw(st.sampled_from([None, Holidays(country="ID")])),
        people=draw(st.sampled_from([(), ("ann",), ("ann", "bob"), ("cid",)])),
        backup=draw(st.sampled_from([None, "one", "two"])),
        on_call=draw(st.sampled_from([False, False, False, True])),
    )


def stands_in(person, gone) -> bool:
    """Whether somebody does, or stands in for who does."""
    for _ in range(9):
        person = gone.get(person, person)
        if person not in gone:
            return person is not None
    return False


def is_there(playbook, given_, names, at) -> bool:
    """The page of the contract, read minute by minute."""
    day = at.astimezone(ZoneInfo(playbook.timezone)).date()
    gone = {gone.person: None for gone in given_.away if gone.first <= day <= gone.last}
    gone |= {
        each.person: each.cover
        for each in given_.away
        if each.first <= day <= each.last and each.cover
    }
    away = {person for person in gone if not stands_in(person, gone)}

    def open_(role) -> bool:
        return role.on_call or clock.is_open(role, playbook.timezone, at, given_.holidays)

    for name in names:
        if name in playbook.roles:
            role = playbook.roles[name]
            if set(role.people) - away and open_(role):
                return True
        elif name not in away:
            holds = [role for role in playbook.roles.values() if name in role.people]
            if not holds or any(map(open_, holds)):
                return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    one=roles("one"),
    two=roles("two"),
    zone=st.sampled_from(["Asia/Jakarta", "America/New_York", "Australia/Lord_Howe"]),
    told=st.lists(st.sampled_from(["owner", "backup", "two", "bob", "dan"]), max_size=2),
    away=st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cid", "dan"]),
            st.integers(-2, 9),
            st.integers(0, 4),
            st.sampled_from([None, None, "ann", "dan"]),
        ),
        max_size=3,
    ),
    closed=st.frozensets(st.integers(-1, 9), max_size=3),
    day=st.integers(0, 7),
)
def test_the_holes_are_the_minutes_at_which_nobody_is_there(
    calendar, one, two, zone, told, away, closed, day
):
    playbook = Playbook(
        brand="kopi",
        timezone=zone,
        people={name: Person(id=name, name=name) for name in ("ann", "bob", "cid", "dan")},
        roles={"one": one, "two": two},
    )
    gone = [
        Away(who, FIRST + timedelta(days=first), FIRST + timedelta(days=first + length), cover)
        for who, first, length, cover in away
        if cover != who
    ]
    holidays = calendar({(FIRST + timedelta(days=each)).isoformat(): "A day" for each in closed})
    known = Given(since=FIRST, holidays=holidays, away=tuple(gone))
    roster = Roster(playbook, known)
    steps = tuple(Step(after=Duration(), notify=who) for who in told)
    named = {"owner": "one", "backup": one.backup}
    names = {"one", *(named.get(who, who) for who in told)} - {None}

    holes = find_holes(roster, roster.reached("one", steps), roster.around)

    begin = clock.midnight(FIRST + timedelta(days=day), zone)
    for minute in range(0, 2 * 1440, 5):
        at = begin + timedelta(minutes=minute)
        hole = roster.grid.cell(int(at.timestamp())) & holes.every
        assert bool(hole) is not is_there(playbook, known, names, at), at
    # What is told apart by its reason is together what there is.
    assert holes.every == (holes.weekly | holes.holidays | holes.leave) & roster.looked_at
    assert not holes.weekly & holes.holidays
    assert not holes.holidays & holes.leave
