"""What people are to be told of a case beside the steps of its ladder, and when they may be told.

All of it follows from how the case stands now, so what was never gathered is gathered later, and
what is no longer so is not told. Whom: the people on shift while their role works, and of a critical
case whomever an escalation would reach. A role that is closed hears once it opens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from remit.decide import clock, presence
from remit.decide.cases import acknowledged, advance
from remit.decide.owed import clocks
from remit.decide.tally import people_of, tally
from remit.model import (
    Case,
    Duration,
    Frozen,
    HolidayCalendar,
    Hours,
    Notify,
    Playbook,
    Severity,
    State,
    Vote,
)

TOGETHER = timedelta(minutes=5)
"""Whoever was just told of something is told of the next things together, so much later."""
CAN_WAIT = frozenset({"new", "consulted", "informed", "waited_long"})
"""What a digest gathers. The others name a time that a digest might miss."""
STEP = "step:"
"""Begins the key of a step of the ladder that waits for the end of somebody's quiet hours."""


class Matter(Frozen):
    """A case, with what a reminder depends on beside it."""

    case: Case
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    writer: str | None = None
    """Of the draft that waits."""
    votes: tuple[Vote, ...] = ()
    """Every yes to that draft so far."""
    expired_at: datetime | None = None
    """When its approval last expired."""
    climbed_at: datetime | None = None
    """When the last step of the ladder fell due, once all were taken."""
    climbed: tuple[str, ...] = ()
    """Whom the steps of the ladder told."""


class Moment(NamedTuple):
    """The instant that is looked at, and who is there."""

    now: datetime
    away: presence.Away
    holidays: HolidayCalendar | None = None


class Fact(NamedTuple):
    """Something that is so, and waits for somebody."""

    kind: str
    key: str
    """What makes it the same fact."""
    role: str
    people: tuple[str, ...] | None = None
    """Only these; None: whoever has the role."""
    since: datetime | None = None
    """From when it is repeated until somebody has the case; None: told once."""
    once: bool = False
    """One telling is enough for the whole role."""


class Reminder(NamedTuple):
    """One person is to be told of one fact."""

    person: str
    role: str | None
    case: int
    kind: str
    key: str


def reminders(matter: Matter, playbook: Playbook, moment: Moment) -> Iterator[Reminder]:
    """Who is to be told of what, as the case stands now."""
    case = matter.case
    for fact in facts(matter, playbook, moment):
        for person, role in _audience(fact, case, playbook, moment):
            said = playbook.notify.get(person)
            if said is not None and said.only and fact.kind not in {"escalation", *said.only}:
                continue
            key = key_for(fact, case, said, moment.now)
            if key is not None:
                yield Reminder(person, role, case.id, fact.kind, key)


def holds(one: Reminder, matter: Matter, playbook: Playbook, moment: Moment) -> bool:
    """Whether what somebody was to be told is still so, and still theirs."""
    case, person = matter.case, one.person
    if person in moment.away or case.state.finished:
        return False
    if one.kind == "escalation" and one.key.startswith(STEP):
        return case.state is not State.waiting and not acknowledged(case)
    said = playbook.notify.get(person)
    return any(
        one.key == key_for(fact, case, said, moment.now)
        and (fact.people is None or one.kind == "escalation" or person in fact.people)
        for fact in facts(matter, playbook, moment)
        if fact.kind == one.kind
    )


def key_for(fact: Fact, case: Case, said: Notify | None, now: datetime) -> str | None:
    """The fact's key, with the number of its repetition. None where there is nothing to tell yet."""
    repeat = None if said is None else said.repeat
    count = 0
    if repeat is not None and fact.since is not None and not acknowledged(case):
        count = max((now - fact.since) // repeat.calendar, 0)
    if fact.kind == "escalation" and not count:
        return None  # the steps themselves were told
    return f"{fact.key}:{count}" if count else fact.key


def facts(matter: Matter, playbook: Playbook, moment: Moment) -> Iterator[Fact]:
    """Everything about the case that somebody is to be told."""
    case = matter.case
    if case.state.finished or case.owner not in playbook.roles:
        return
    yield from _decisions(matter, playbook, moment.away)
    yield from _clock_facts(case, moment.now)
    if case.handoff_to in playbook.roles and case.handoff_expires_at is not None:
        offer = f"handed_to_you:{case.handoff_to}:{_stamp(case.handoff_expires_at)}"
        yield Fact("handed_to_you", offer, case.handoff_to or "")
    for kind, roles in (("consulted", matter.consulted), ("informed", matter.informed)):
        for role in roles:
            if role in playbook.roles:
                yield Fact(kind, f"{kind}:{role}", role, once=True)
    ends = matter.climbed_at
    if ends is not None and not acknowledged(case) and case.state is not State.waiting:
        key = f"ladder:{_stamp(ends)}"
        yield Fact("escalation", key, case.owner, matter.climbed, since=ends)


def told_from(  # noqa: PLR0917 a person, a place, a moment and what it is about
    said: Notify | None,
    timezone: str,
    at: datetime,
    severity: Severity,
    kind: str = "",
    last: datetime | None = None,
) -> datetime:
    """When a person may be told of it, at the earliest. `last`: when they were told of something.

    What is critical waits for nothing, nor does a step of an escalation that is high.
    """
    if severity is Severity.critical or (kind == "escalation" and severity is Severity.high):
        return at
    when = at
    if kind != "escalation":
        if last is not None:
            when = max(when, last + TOGETHER)
        if said is not None and kind in CAN_WAIT:
            when = _next_digest(said, timezone, at) or when
    if said is not None and said.quiet is not None:
        quiet = Hours(week=((said.quiet,),) * 7)
        when = clock.closes(quiet, timezone, when) or when
    return when


# What is so ------------------------------------------------------------------------------------


def _decisions(
    matter: Matter, playbook: Playbook, away: Mapping[str, str | None]
) -> Iterator[Fact]:
    """A form waits for somebody who may say yes: the owner's people first, if any of them may."""
    case = matter.case
    if case.state is not State.awaiting_approval:
        return
    asked = tally(playbook, case.approval, matter.votes, (matter.writer,))
    form = f"form{case.form_round}" if case.draft is None else f"draft{case.draft}"
    if asked.tier is None:
        roles: tuple[str, ...] = (case.owner,)
        able: Collection[str] = people_of(playbook, roles)
    else:
        roles = asked.tier.by
        barred = {*asked.counted, *([matter.writer] if asked.tier.not_writer else [])}
        able = [person for person in people_of(playbook, roles) if person not in barred]
        owners = [person for person in people_of(playbook, (case.owner,)) if person in able]
        if case.owner in roles and presence.present(owners, dict.fromkeys(away)):
            roles = (case.owner,)
    for role in roles:
        may = tuple(person for person in people_of(playbook, (role,)) if person in able)
        if may:
            yield Fact("new", f"new:{form}", role, may)
            if matter.expired_at is not None:
                key = f"approval_expired:{_stamp(matter.expired_at)}"
                yield Fact("approval_expired", key, role, may, since=matter.expired_at)


def _clock_facts(case: Case, now: datetime) -> Iterator[Fact]:
    if case.state is State.waiting:
        if case.warned_at is not None:
            yield Fact("waited_long", f"waited_long:{_stamp(case.warned_at)}", case.owner)
        return
    if case.warned_at is not None:
        # What would be warned of now, had nothing been.
        for soon in advance(case.model_copy(update={"warned_at": None}), now):
            if soon.kind == "due_soon":
                key = f"due_soon:{soon.detail['what']}:{_stamp(soon.detail['due'])}"
                yield Fact("due_soon", key, case.owner)
    for owed in clocks(case):
        noticed = case.resolution_overdue_at if owed.what == "resolution" else case.overdue_at
        if noticed is not None and owed.at <= now:
            key = f"breached:{owed.what}:{_stamp(owed.at)}"
            yield Fact("breached", key, case.owner, since=noticed)


def _stamp(at: datetime | str) -> int:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return int(moment.timestamp())


# Whom ------------------------------------------------------------------------------------------


def _audience(
    fact: Fact, case: Case, playbook: Playbook, moment: Moment
) -> tuple[presence.Told, ...]:
    now, away, holidays = moment
    if fact.kind == "escalation":
        return tuple((person, fact.role) for person in presence.present(fact.people or (), away))
    if presence.works(playbook, fact.role, now, holidays):
        there = presence.on_shift(playbook, fact.role, now, away)
        told = _among(there, fact) or _among(
            presence.present(playbook.roles[fact.role].people, away), fact
        )
        if case.assignee in told and not fact.once and fact.kind != "breached":
            told = (case.assignee,)
        return tuple((person, fact.role) for person in told)
    if case.severity is not Severity.critical:
        return ()
    reached = presence.whom(playbook, fact.role, fact.role, now, away, holidays)
    if fact.people is None:
        return reached
    # Those who may decide, at any hour; and whoever an escalation reaches hears of what is late.
    able = presence.present(fact.people, dict.fromkeys(away))
    return tuple((person, fact.role) for person in able)


def _among(people: tuple[str, ...], fact: Fact) -> tuple[str, ...]:
    if fact.people is None:
        return people
    return tuple(person for person in people if person in fact.people)


def _next_digest(said: Notify, timezone: str, at: datetime) -> datetime | None:
    if said.digest:
        return clock.next_time(said.digest, timezone, at)
    if said.digest_every is not None:
        return _next_round(said.digest_every, timezone, at)
    return None


def _next_round(every: Duration, timezone: str, at: datetime) -> datetime:
    """The next whole number of such lengths since the local midnight."""
    day = clock.local(at, timezone).date()
    midnight = clock.midnight(day, timezone)
    length = every.calendar
    whole, rest = divmod(at - midnight, length)
    rounded = midnight + (whole + bool(rest)) * length
    return min(rounded, max(clock.midnight(day + timedelta(days=1), timezone), at))
