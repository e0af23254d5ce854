"""What people are told of a case, when, and what is told no more: tables with a given clock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from remit.decide.reminding import (
    STEP,
    Matter,
    Moment,
    Reminder,
    holds,
    reminders,
    told_from,
)
from remit.model import (
    Approval,
    Case,
    Duration,
    Hours,
    Notify,
    Person,
    Play,
    Playbook,
    Role,
    Severity,
    Shift,
    Span,
    State,
    Step,
    Vote,
)

JAKARTA = timezone(timedelta(hours=7))
NOON = datetime(2027, 3, 1, 12, tzinfo=JAKARTA)
"""A Monday; cm works from 08:00 to 22:00, smm from 09:00 to 18:00."""


def week(since: int, until: int) -> Hours:
    return Hours(week=((Span(since=since * 60, until=until * 60),),) * 7)


PLAYBOOK = Playbook(
    brand="kopi",
    timezone="Asia/Jakarta",
    people={name: Person(id=name, name=name) for name in ("sari", "bayu", "dewi", "ratna")},
    roles={
        "smm": Role(id="smm", title="SMM", hours=week(9, 18), people=("dewi",), backup="cm"),
        "cm": Role(id="cm", title="CM", hours=week(8, 22), people=("sari", "bayu"), backup="lead"),
        "lead": Role(id="lead", title="Lead", hours=week(9, 17), people=("ratna",), on_call=True),
    },
    shifts={
        "cm": (
            Shift(people=("sari",), hours=week(8, 15)),
            Shift(people=("bayu",), hours=week(15, 22)),
        )
    },
    approvals={
        "replies": Approval(id="replies", by=("cm", "smm")),
        "pair": Approval(id="pair", by=("cm",), count=2, not_writer=True),
        "statements": Approval(id="statements", by=("lead",)),
    },
)


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def matter(beside: dict[str, Any] | None = None, **case: Any) -> Matter:
    """An ordinary case of cm that was opened two hours ago, and what is known beside it."""
    values: dict[str, Any] = {
        "id": 7,
        "brand": "kopi",
        "state": State.open,
        "rule": "refund",
        "owner": "cm",
        "severity": Severity.normal,
        "play": Play.reply,
        "channel": "toko",
        "platform": "sandbox",
        "subject": "m1",
        "subject_event": 1,
        "approval": "replies",
        "playbook": "hash",
        "opened_at": hours(-2),
    }
    return Matter(case=Case(**(values | case)), **(beside or {}))


AWAITING: dict[str, Any] = {"state": State.awaiting_approval, "draft": 3}


def told(
    about: Matter,
    at: datetime = NOON,
    away: dict[str, str | None] | None = None,
    playbook: Playbook = PLAYBOOK,
) -> set[tuple[str, str]]:
    """(person, key) of all that is to be told."""
    moment = Moment(at, away or {})
    return {(one.person, one.key) for one in reminders(about, playbook, moment)}


def saying(**notify: Notify) -> Playbook:
    return PLAYBOOK.model_copy(update={"notify": notify})


# A decision waits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "beside", "at", "away", "people"),
    [
        ({}, {}, 0, {}, "sari"),  # of cm and smm, who both may, the owner's people on shift
        ({}, {}, 4, {}, "bayu"),  # the later shift hears what it finds
        ({}, {}, 0, {"sari": None}, "bayu"),
        ({}, {}, 0, {"sari": "bayu"}, "bayu"),
        ({}, {}, 0, {"sari": "ratna"}, "bayu"),  # who stands in may not approve this
        ({}, {}, 0, {"sari": None, "bayu": None}, "dewi"),  # nobody of the owner is there
        ({}, {}, -10, {}, ""),  # 02:00: cm hears at 08:00
        ({"assignee": "sari"}, {}, 0, {}, "sari"),
        ({"approval": "statements"}, {}, 0, {}, "ratna"),
        ({"approval": "statements"}, {}, -10, {}, ""),
        ({"approval": "statements", "severity": Severity.critical}, {}, -10, {}, "ratna"),
        ({"approval": "pair"}, {"writer": "sari"}, 0, {}, "bayu"),
        ({"approval": "pair"}, {"votes": (Vote(person="sari"),)}, 0, {}, "bayu"),
        ({"approval": None, "play": Play.triage, "draft": None}, {}, 0, {}, "sari"),
        ({"state": State.drafted}, {}, 0, {}, ""),
        ({"state": State.responded}, {}, 0, {}, ""),
    ],
)
def test_a_decision_waits_for_those_who_may_take_it(case, beside, at, away, people):
    about = matter(beside, **(AWAITING | case))
    found = told(about, hours(at), away)
    assert {person for person, _ in found} == set(people.split())
    assert {key for _, key in found} <= {"new:draft3", "new:form0"}


def test_a_new_draft_is_a_new_decision():
    assert told(matter(**AWAITING)) == {("sari", "new:draft3")}
    assert told(matter(**AWAITING | {"draft": 4})) == {("sari", "new:draft4")}


def test_an_approval_that_expired_is_told_beside_what_still_waits():
    lapsed = matter({"expired_at": NOON}, **AWAITING)
    assert told(lapsed) == {
        ("sari", "new:draft3"),
        ("sari", f"approval_expired:{int(NOON.timestamp())}"),
    }


# Due times ---------------------------------------------------------------------------------------


def test_a_due_time_that_comes_near_is_told_once_it_was_warned_of_and_until_it_is_missed():
    # Two hours of time: warned of a quarter, half an hour, before.
    due = int(hours(0.5).timestamp())
    kinds: dict[str, Any] = {"opened_at": hours(-1.5), "first_response_due": hours(0.5)}

    assert told(matter(**kinds)) == set()
    assert told(matter(**kinds, warned_at=NOON)) == {("sari", f"due_soon:answer:{due}")}
    missed = matter(**kinds, warned_at=NOON, overdue_at=hours(0.5))
    assert told(missed, hours(0.6)) == {("sari", f"breached:answer:{due}")}


def test_a_missed_answer_does_not_make_a_far_resolution_due_soon():
    about = matter(
        first_response_due=hours(-1), resolution_due=hours(48), warned_at=hours(-1.2),
        overdue_at=hours(-1),
    )  # fmt: skip
    assert {key.split(":")[0] for _, key in told(about)} == {"breached"}


def test_nobody_hears_that_a_clock_which_stands_is_late():
    about = matter(
        state=State.waiting, waiting_since=hours(-1), first_response_due=hours(-0.5),
        overdue_at=hours(-0.5),
    )  # fmt: skip
    assert told(about) == set()
    assert {key for _, key in told(matter(**about.case.model_dump() | {"warned_at": NOON}))} == {
        f"waited_long:{int(NOON.timestamp())}"
    }


# Roles beside the owner --------------------------------------------------------------------------


def test_an_offer_is_told_to_the_role_that_it_is_made_to():
    about = matter(handoff_to="smm", handoff_expires_at=hours(4))
    key = f"handed_to_you:smm:{int(hours(4).timestamp())}"
    assert told(about) == {("dewi", key)}
    assert told(about, hours(-10)) == set()


def test_consulted_and_informed_roles_hear_of_the_case_while_they_work():
    about = matter({"consulted": ("smm",), "informed": ("lead",)})
    assert told(about) == {("dewi", "consulted:smm"), ("ratna", "informed:lead")}
    assert told(about, hours(5.5)) == {("dewi", "consulted:smm")}  # 17:30: lead has gone home
    urgent = matter({"informed": ("lead",)}, severity=Severity.critical)
    assert told(urgent, hours(5.5)) == {("ratna", "informed:lead")}  # and is on call


def test_only_what_a_person_asks_for_is_told():
    about = matter({"informed": ("cm",)}, **AWAITING)
    playbook = saying(sari=Notify(to="env:SARI", only=("new",)))
    assert told(about, playbook=playbook) == {("sari", "new:draft3")}
    silent = saying(sari=Notify(to="env:SARI", only=("escalation",)))
    assert told(about, playbook=silent) == set()


# Again -------------------------------------------------------------------------------------------

HALF_HOURLY = saying(sari=Notify(to="env:SARI", repeat=Duration(seconds=1800)))


@pytest.mark.parametrize(
    ("minutes", "case", "suffix"),
    [(0, {}, ""), (29, {}, ""), (30, {}, ":1"), (95, {}, ":3"),
     (95, {"acknowledged_at": hours(0.2), "ladder_started_at": NOON}, ""),
     (95, {"acknowledged_at": hours(-1), "ladder_started_at": NOON}, ":3")],
)  # fmt: skip
def test_what_is_late_is_told_again_until_somebody_has_it(minutes, case, suffix):
    about = matter(first_response_due=NOON, overdue_at=NOON, **case)
    key = f"breached:answer:{int(NOON.timestamp())}"
    found = told(about, NOON + timedelta(minutes=minutes), playbook=HALF_HOURLY)
    assert found == {("sari", key + suffix)}


LADDER: dict[str, Any] = {
    "escalation": (Step(after=Duration(), notify="owner"),),
    "ladder_started_at": NOON,
    "ladder_step": 1,
}


def test_a_ladder_that_is_through_is_told_again_to_those_who_ask_for_it():
    about = matter({"climbed_at": NOON, "climbed": ("sari", "bayu")}, **LADDER)
    key = f"ladder:{int(NOON.timestamp())}"
    assert told(about, hours(0.4), playbook=HALF_HOURLY) == set()
    assert told(about, hours(0.5), playbook=HALF_HOURLY) == {("sari", f"{key}:1")}
    assert told(about, hours(1), playbook=HALF_HOURLY) == {("sari", f"{key}:2")}
    taken = matter({"climbed_at": NOON, "climbed": ("sari",)}, **LADDER, acknowledged_at=hours(0.1))
    assert told(taken, hours(1), playbook=HALF_HOURLY) == set()


# No longer so ------------------------------------------------------------------------------------


def reminder(kind: str, key: str, person: str = "sari") -> Reminder:
    return Reminder(person, "cm", 7, kind, key)


NEW = reminder("new", "new:draft3")


@pytest.mark.parametrize(
    ("one", "about", "away", "still"),
    [
        (NEW, matter(**AWAITING), {}, True),
        (NEW, matter(**AWAITING | {"draft": 4}), {}, False),
        (NEW, matter(**AWAITING | {"state": State.responded}), {}, False),
        (NEW, matter(**AWAITING), {"sari": "bayu"}, False),
        (NEW, matter({"votes": (Vote(person="sari"),)}, **AWAITING | {"approval": "pair"}), {}, False),
        # Off shift by now, and may decide all the same.
        (reminder("new", "new:draft3", "bayu"), matter(**AWAITING), {}, True),
        (reminder("escalation", f"{STEP}4"), matter(**LADDER), {}, True),
        (reminder("escalation", f"{STEP}4"), matter(**LADDER, acknowledged_at=hours(1)), {}, False),
        (reminder("informed", "informed:cm"), matter({"informed": ("cm",)}), {}, True),
        (reminder("informed", "informed:cm"), matter(), {}, False),
    ],
)  # fmt: skip
def test_what_is_no_longer_so_is_not_told(one, about, away, still):
    assert holds(one, about, PLAYBOOK, Moment(NOON, away)) is still


# When --------------------------------------------------------------------------------------------

QUIET = Notify(to="env:SARI", quiet=Span(since=22 * 60, until=31 * 60))
DIGEST = Notify(to="env:SARI", digest=(8 * 60, 13 * 60))
BOTH = Notify(to="env:SARI", digest=(6 * 60, 13 * 60), quiet=QUIET.quiet)
ROUNDS = Notify(to="env:SARI", digest_every=Duration(seconds=7200))


@pytest.mark.parametrize(
    ("said", "at", "severity", "kind", "expected"),
    [
        (None, "12:00", "normal", "new", "12:00"),
        (QUIET, "21:59", "normal", "new", "21:59"),
        (QUIET, "22:00", "normal", "new", "07:00+1"),
        (QUIET, "03:00", "high", "breached", "07:00"),
        (QUIET, "03:00", "critical", "new", "03:00"),
        (QUIET, "03:00", "high", "escalation", "03:00"),
        (QUIET, "03:00", "normal", "escalation", "07:00"),
        (DIGEST, "07:59", "normal", "new", "08:00"),
        (DIGEST, "08:00", "normal", "new", "08:00"),
        (DIGEST, "08:01", "high", "new", "13:00"),
        (DIGEST, "13:01", "normal", "new", "08:00+1"),
        (DIGEST, "09:00", "normal", "escalation", "09:00"),
        (DIGEST, "09:00", "critical", "new", "09:00"),
        (DIGEST, "09:00", "normal", "due_soon", "09:00"),  # by 13:00 it may be late
        (DIGEST, "09:00", "normal", "informed", "13:00"),
        (BOTH, "23:00", "normal", "new", "07:00+1"),  # 06:00 lies within the quiet hours
        (ROUNDS, "12:00", "normal", "new", "12:00"),
        (ROUNDS, "12:01", "normal", "new", "14:00"),
        (ROUNDS, "23:30", "normal", "new", "00:00+1"),
    ],
)
def test_a_person_is_told_when_they_say(said, at, severity, kind, expected):
    def instant(text: str) -> datetime:
        clock, _, days = text.partition("+")
        hour, minute = map(int, clock.split(":"))
        return datetime(2027, 3, 1 + int(days or 0), hour, minute, tzinfo=JAKARTA)

    found = told_from(said, "Asia/Jakarta", instant(at), Severity(severity), kind)
    assert found == instant(expected)


def test_whoever_was_just_told_hears_the_next_things_together():
    last = NOON - timedelta(minutes=1)
    args = (None, "Asia/Jakarta", NOON)
    assert told_from(*args, Severity.normal, "new", last) == last + timedelta(minutes=5)
    assert told_from(*args, Severity.normal, "new", NOON - timedelta(minutes=6)) == NOON
    assert told_from(*args, Severity.critical, "new", last) == NOON
    assert told_from(*args, Severity.normal, "escalation", last) == NOON
