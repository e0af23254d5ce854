"""Which case an event belongs to: one that it joins, one that it opens again, or its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import dues
from remit.decide.cases import correlation_key, may_join
from remit.ledger import holds, outbox
from remit.ledger.arrivals import Coming, chunks
from remit.ledger.changes import CaseChange, lock_all
from remit.ledger.clocks import Clocks, asked_again, resume_in
from remit.ledger.tables import case as case_table
from remit.ledger.tables import seen as seen_table
from remit.model import (
    Decision,
    Due,
    HoldState,
    Playbook,
    State,
    Step,
)

_UNFINISHED = [state.value for state in State if not state.finished]


@dataclass
class Cases:
    """The cases that this batch may concern, locked, and those that it opens."""

    clocks: Clocks
    now: datetime
    known: dict[int, CaseChange] = field(default_factory=dict)
    by_key: dict[str, list[CaseChange]] = field(default_factory=dict)
    holds: list[HoldState] = field(default_factory=list)
    long_ago: dict[str, int] = field(default_factory=dict)
    """By correlation key: the newest case of all, also where its window is over."""
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    opened: list[CaseChange] = field(default_factory=list)
    joined: dict[int, CaseChange] = field(default_factory=dict)

    @property
    def playbook(self) -> Playbook:
        """The deployed one."""
        return self.clocks.playbook

    @property
    def touched(self) -> list[CaseChange]:
        return [*self.known.values(), *self.opened]


async def load(
    tx: AsyncConnection,
    clocks: Clocks,
    coming: Sequence[Coming],
    now: datetime,
    *,
    asked_for: set[int],
) -> Cases:
    """Lock every case that one of these events may join, and those of `asked_for`."""
    playbook = clocks.playbook
    found = Cases(clocks=clocks, now=now)
    for one in coming:
        if not one.event.ours:
            one.correlation = correlation_key(
                playbook.grouping, playbook.brand, one.event.channel, one.event
            )
    keys = list({one.correlation for one in coming if one.correlation})
    numbers = set(asked_for)
    if coming:
        within = playbook.grouping.within.calendar
        since = min(one.event.time for one in coming) - within
        for some in chunks(keys):
            query = select(case_table.c.id).where(
                case_table.c.brand == playbook.brand,
                case_table.c.correlation_key.in_(some),
                or_(
                    case_table.c.state.in_(_UNFINISHED),
                    case_table.c.last_event_at >= since,
                    case_table.c.responded_at >= since,
                    case_table.c.resolved_at >= since,
                ),
            )
            numbers |= set((await tx.execute(query)).scalars())
            found.long_ago |= await _newest(tx, playbook.brand, some)
    for change in await lock_all(tx, numbers):
        found.known[change.row["id"]] = change
        found.by_key.setdefault(change.row["correlation_key"], []).append(change)
    found.seen = await _seen_before(tx, found, coming)
    if found.known and any(one.decision and one.decision.outcome.hold for one in coming):
        found.holds = await holds.open_holds(tx, playbook.brand)
    return found


async def _newest(tx: AsyncConnection, brand: str, keys: Sequence[str]) -> dict[str, int]:
    query = (
        select(case_table.c.correlation_key, func.max(case_table.c.id))
        .where(case_table.c.brand == brand, case_table.c.correlation_key.in_(keys))
        .group_by(case_table.c.correlation_key)
    )
    return {key: number for key, number in await tx.execute(query)}  # noqa: C416 rows are no pairs to dict()


async def _seen_before(
    tx: AsyncConnection, found: Cases, coming: Sequence[Coming]
) -> set[tuple[int, str, str]]:
    """What of this batch a reading of the thread has shown to these cases already."""
    seen: set[tuple[int, str, str]] = set()
    messages = {one.event.id for one in coming}
    for some in chunks(list(found.known)):
        query = select(seen_table.c.case, seen_table.c.message, seen_table.c.revision).where(
            seen_table.c.case.in_(some)
        )
        for row in await tx.execute(query):
            if row.message in messages:
                seen.add((row.case, row.message, row.revision))
    return seen


def place(found: Cases, one: Coming) -> None:
    """Find the event its case: nobody's complaint is swallowed by another's."""
    decision = one.decision
    assert decision is not None
    near = found.by_key.setdefault(one.correlation, [])
    case = _joinable(found, near, one, decision)
    if case is None:
        case = _open(found, one, decision, near)
        near.append(case)
        found.opened.append(case)
    else:
        if case.finished:
            _reopen(found, case, one, decision)
        else:
            _join(found, case, one, decision)
        if not case.new:
            found.joined[case.row["id"]] = case
    case.seen[one.event.id, one.revision] = found.now
    one.case = case
    overhear(found, one, case)


def _joinable(
    found: Cases, near: Sequence[CaseChange], one: Coming, decision: Decision
) -> CaseChange | None:
    outcome = decision.outcome
    steps = found.playbook.escalations.get(outcome.escalation or "")
    within = found.playbook.grouping.within.calendar
    fitting = [
        case
        for case in near
        if (not case.finished or one.event.time - _last(case) <= within)
        and _fits(found, case, decision, steps)
    ]
    # An open case before a finished one, its own rule before another's, the newest before others.
    fitting.sort(
        key=lambda case: (
            not case.finished,
            case.row["rule"] == decision.rule,
            case.row["last_event_at"],
        )
    )
    return fitting[-1] if fitting else None


def _last(case: CaseChange) -> datetime:
    """When the conversation was last alive, on either side."""
    times = (case.row[name] for name in ("last_event_at", "responded_at", "resolved_at"))
    last: datetime = max(time for time in times if time is not None)
    return last


def _fits(found: Cases, case: CaseChange, decision: Decision, steps: Sequence[Step] | None) -> bool:
    """Whether the event is no louder than the case."""
    promised = case.hold is not None or case.finished
    if promised and case.row["rule"] == decision.rule:
        # The case's own hold is placed when this transaction ends, or when the case opens again.
        outcome = decision.outcome.model_copy(update={"hold": None})
        decision = decision.model_copy(update={"outcome": outcome})
    return may_join(case.case, decision, found.holds, steps)


def overhear(found: Cases, one: Coming, joined: CaseChange | None) -> None:
    """Other cases of this author in this thread learn that the author wrote something."""
    for other in found.by_key.get(one.correlation, []):
        if other is joined or other.finished or other.row["thread"] != one.event.thread:
            continue
        if not _seen(found, other, one):
            other.seen[one.event.id, one.revision] = found.now
            _written(found, other, one)
            other.moved("author_wrote_again", found.now)


def deleted(found: Cases, one: Coming) -> None:
    """The author has taken back a message: a case about it is told."""
    for number in {version["case"] for version in one.earlier} - {None}:
        case = found.known[number]
        if case.finished or case.row["subject"] != one.event.id or _seen(found, case, one):
            continue
        case.seen[one.event.id, one.revision] = found.now
        resume_in(case, found.clocks, found.now, case.row["last_event_at"])
        case.moved("author_deleted", found.now)
        case.set(notice="author_deleted")
        case.note("case.author_deleted", found.now, event=one.number)


def _seen(found: Cases, case: CaseChange, one: Coming) -> bool:
    message = one.event.id, one.revision
    return message in case.seen or (case.row["id"], *message) in found.seen


def _join(found: Cases, case: CaseChange, one: Coming, decision: Decision) -> None:
    event, row = one.event, case.row
    case.note("case.joined", found.now, event=one.number)
    older = event.time < row["last_event_at"] or bool(one.earlier)
    _written(found, case, one, decision.outcome.due)
    if event.id == row["subject"] or not older:
        _about(case, one)
    case.moved("author_wrote_again", found.now)


def _written(found: Cases, case: CaseChange, one: Coming, due: Due | None = None) -> None:
    """What the author wrote ends a wait, and is owed an answer; an edit is the same message."""
    written = one.event.time
    resume_in(case, found.clocks, min(written, found.now), written)
    if not one.earlier:
        asked_again(case, found.clocks, written, due)


def _about(case: CaseChange, one: Coming) -> None:
    """The case is to answer this message now."""
    row, decision = case.row, one.decision
    assert decision is not None
    case.set(
        subject=one.event.id,
        subject_event=one.number,
        language=one.event.language or row["language"],
        topics=list(dict.fromkeys((*row["topics"], *decision.topics))),
        last_event_at=max(one.event.time, row["last_event_at"]),
    )


def _reopen(found: Cases, case: CaseChange, one: Coming, decision: Decision) -> None:
    """What was answered or closed is open again, with clocks of its own.

    The first response is measured once: where it was given, it is the next one that is due.
    """
    clocks, due, window = found.clocks, decision.outcome.due, found.clocks.window(case.row)
    clock = clocks.clock_of(clocks.playbook, case.row["owner"], due)
    if due is None:
        due = clocks.due(case.row)
        clock = clocks.clock(case.row, due)
    answered, asked = case.row["responded_at"] is not None, one.event.time
    if not answered:
        case.set(first_response_due=dues.first_response(due, clock, asked, window))
    _about(case, one)
    case.set(
        next_response_due=dues.next_response(due, clock, asked, window) if answered else None,
        resolution_due=dues.resolution(due, clock, asked),
        reopened_at=found.now,
        warned_at=None,
        resolution_overdue_at=None,
        thread_revision=case.row["thread_revision"] + 1,
        acknowledged_at=None,
        resolved_at=None,
        overdue_at=None,
        outcome=None,
        notice=None,
        draft=None,
        ladder_step=0,
        ladder_started_at=found.now if case.row["escalation"] else None,
    )
    case.again("author_wrote_again", found.now, State.reopened)
    case.note("case.reopened", found.now, event=one.number)
    order = decision.outcome.hold
    if order is not None and all(hold.case != case.row["id"] for hold in found.holds):
        case.hold = order


def _open(found: Cases, one: Coming, decision: Decision, near: Sequence[CaseChange]) -> CaseChange:
    event, outcome, now = one.event, decision.outcome, found.now
    steps = found.playbook.escalations.get(outcome.escalation or "", ())
    row: dict[str, Any] = dict.fromkeys(column.name for column in case_table.columns)
    row |= {
        "id": -1 - len(found.opened),  # until the transaction knows how many it opens
        "brand": found.playbook.brand,
        "state": State.open.value,
        "rule": decision.rule,
        "owner": outcome.owner,
        "severity": outcome.severity.value,
        "play": outcome.play.value,
        "channel": event.channel,
        "platform": event.platform,
        "thread": event.thread,
        "subject": event.id,
        "subject_event": one.number,
        "correlation_key": one.correlation,
        "language": event.language,
        "topics": list(decision.topics),
        "template": outcome.template,
        "approval": outcome.approval,
        "consulted": list(outcome.consulted),
        "informed": list(outcome.informed),
        "escalation": [step.model_dump(mode="json") for step in steps],
        "playbook": found.playbook.hash,
        "opened_at": now,
        "last_event_at": event.time,
        "ladder_started_at": now if steps else None,
        "ladder_step": 0,
        "attempt": 1,
        "thread_revision": 0,
        "form_round": 0,
    }
    due, clock = outcome.due, found.clocks.clock(row, outcome.due)
    window = found.clocks.window(row)
    row["first_response_due"] = dues.first_response(due, clock, event.time, window)
    row["resolution_due"] = dues.resolution(due, clock, event.time)
    row["linked"] = found.long_ago.get(one.correlation)
    case = CaseChange(row=row, new=True, hold=outcome.hold)
    case.links = max(near, key=lambda other: other.row["last_event_at"], default=None)
    case.note("case.opened", now, event=one.number, code=decision.rule)
    case.tell(outbox.OPENED, now)
    return case
