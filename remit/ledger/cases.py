"""Cases, one at a time: read, claimed by a run, acknowledged, resolved, retried, handed off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from remit.decide.tally import people_of
from remit.ledger import changes, rows
from remit.ledger.changes import CaseChange
from remit.ledger.claims import acknowledge_in, may_work
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approval_table
from remit.ledger.tables import case as case_table
from remit.ledger.threads import conversation, subject, thread_seen
from remit.model import Case, Playbook, Refused, State, Verdict

__all__ = [
    "accept_handoff",
    "acknowledge",
    "claim",
    "conversation",
    "find",
    "get",
    "hand_off",
    "notice",
    "renew",
    "resolve",
    "retry",
    "subject",
    "thread_seen",
]

_ANSWERED = {State.responded, State.waiting}
"""A case that waits has an outcome where it was answered for the time being."""
_UNFINISHED = tuple(state.value for state in State if not state.finished)


async def get(ledger: Ledger, case: int) -> Case:
    """The case of that number, or Missing."""
    async with ledger.read() as tx:
        return rows.to_case(await rows.fetch(tx, case_table, case))


async def find(
    ledger: Ledger,
    brand: str | None = None,
    *,
    states: Iterable[State] | None = None,
    owner: str | None = None,
    unfinished: bool = False,
) -> list[Case]:
    """Cases by what is asked of them, oldest first."""
    query = select(case_table).order_by(case_table.c.id)
    if brand is not None:
        query = query.where(case_table.c.brand == brand)
    if states is not None:
        query = query.where(case_table.c.state.in_([State(state).value for state in states]))
    if owner is not None:
        query = query.where(case_table.c.owner == owner)
    if unfinished:
        query = query.where(case_table.c.state.in_(_UNFINISHED))
    async with ledger.read() as tx:
        return [rows.to_case(row) for row in await tx.execute(query)]


async def notice(ledger: Ledger, case: int) -> str | None:
    """The coded reason that the next form shows: why nothing was sent."""
    async with ledger.read() as tx:
        code: str | None = (await rows.fetch(tx, case_table, case)).notice
        return code


async def claim(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger, case: int, attempt: int, run: str, now: datetime, lease: timedelta
) -> Case:
    """Admit one run to this attempt. Refused codes: finished, waiting, stale_attempt, claimed."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            ended = change.row["outcome"] or change.state
            raise Refused("finished", f"case {case} is {ended}: nothing is left to do")
        if change.state is State.waiting:
            raise Refused("waiting", f"case {case} waits for somebody outside: end this run")
        if change.row["attempt"] != attempt:
            raise Refused(
                "stale_attempt", f"case {case} is at attempt {change.row['attempt']}: end this run"
            )
        holder = change.row["lease_run"]
        if holder not in {None, run}:
            raise Refused("claimed", f"another run works on case {case}: end this one")
        change.set(lease_run=run, lease_until=now + lease)
        if holder is None:
            change.note("case.claimed", now, run=run, data={"attempt": attempt})
        await changes.save(tx, [change], now)
        return change.case


async def renew(ledger: Ledger, case: int, run: str, now: datetime, lease: timedelta) -> None:
    """Say that the run is alive. Refused code: lease_lost, and then it must end."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        holds_lease(change, run)
        change.set(lease_until=now + lease)
        await changes.save(tx, [change], now)


def holds_lease(change: CaseChange, run: str) -> None:
    """Refuse a run that is not the one admitted. A late one may go on if nobody took over."""
    if change.row["lease_run"] != run:
        raise Refused("lease_lost", f"case {change.row['id']} is not this run's any more: end it")


async def acknowledge(
    ledger: Ledger,
    case: int,
    person: str | None,
    via: str,
    now: datetime,
    *,
    playbook: Playbook | None = None,
) -> Case:
    """ "I have it": stops the ladder, not the response clock. The first since it began counts.

    With the deployed playbook it claims the case for a while too, for a person who may.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        await acknowledge_in(tx, change, playbook, person, via, now)
        await changes.save(tx, [change], now)
        return change.case


async def resolve(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger,
    case: int,
    person: str | None,
    reason: str,
    via: str,
    now: datetime,
    *,
    playbook: Playbook | None = None,
) -> Case:
    """Close the case without a further reply. The reason is a person's words.

    With the deployed playbook it is refused to whoever has no business with the case, and to all but
    the person who has claimed it.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.state is State.resolved:
            return change.case
        if playbook is not None:
            may_work(change, playbook, person or "nobody", now, f"close case {case}")
        resolve_in(change, person, via, now)
        await changes.save(tx, [change], now)
        await tx.execute(
            insert(approval_table).values(
                case=case,
                verdict=Verdict.resolve.value,
                person=person,
                identity="asserted",
                via=via,
                accepted=True,
                code="ok",
                reason=reason,
                at=now,
            )
        )
        return change.case


def resolve_in(change: CaseChange, person: str | None, via: str, now: datetime) -> None:
    """`resolve` on a locked case. The outcome of a case that was answered stays."""
    answered = change.row["outcome"] if change.state in _ANSWERED else None
    change.finish(State.resolved, answered or "resolved", now, person=person, via=via)


async def retry(
    ledger: Ledger, case: int, code: str, now: datetime, *, attempt: int | None = None
) -> Case:
    """Back to open for another run. With `attempt`: only if the case is still at that one."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.state is State.waiting:  # no run works on it, so none is tried again
            return change.case
        if not change.finished and attempt in {None, change.row["attempt"]}:
            change.again(code, now)
            change.set(notice=change.row["notice"] or code)
            await changes.save(tx, [change], now)
        return change.case


async def hand_off(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger,
    case: int,
    to_role: str,
    person: str | None,
    reason: str,
    via: str,
    now: datetime,
    expires: datetime,
    *,
    playbook: Playbook | None = None,
) -> Case:
    """Offer the case to another role. It stays the owner's until the other accepts.

    With the deployed playbook it is refused to whoever has no business with the case, and to all but
    the person who has claimed it.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if playbook is not None:
            may_work(change, playbook, person or "nobody", now, f"hand case {case} off")
        offer_in(change, to_role, now, expires, person=person, reason=reason, via=via)
        await changes.save(tx, [change], now)
        return change.case


def offer_in(
    change: CaseChange,
    to_role: str,
    now: datetime,
    expires: datetime,
    *,
    person: str | None,
    reason: str,
    via: str,
) -> None:
    """`hand_off` on a locked case. A newer offer replaces the older."""
    number = change.row["id"]
    if change.finished:
        raise Refused("finished", f"case {number} is {change.state}: there is nothing to hand off")
    if to_role == change.row["owner"]:
        raise Refused("already_owner", f"case {number} is {to_role}'s already")
    if change.row["handoff_to"] is not None:
        change.withdraw("withdrawn")
    change.set(handoff_to=to_role, handoff_expires_at=expires, notice="handoff_offered")
    change.note("case.handoff_offered", now, person=person, data={"to": to_role, "via": via})
    change.tell("remit.case.handoff", now, role=to_role)
    change.offer = {
        "from_role": change.row["owner"],
        "to_role": to_role,
        "offered_by": person,
        "offered_at": now,
        "expires_at": expires,
        "reason": reason,
    }


async def accept_handoff(
    ledger: Ledger,
    case: int,
    person: str | None,
    via: str,
    now: datetime,
    *,
    playbook: Playbook | None = None,
) -> Case:
    """The other role takes it: the owner changes, clocks keep running, its own run starts.

    With the deployed playbook it is refused to whoever is not of that role.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        to_role, until = change.row["handoff_to"], change.row["handoff_expires_at"]
        if change.finished or to_role is None or (until is not None and until <= now):
            raise Refused("no_offer", f"case {case} is not on offer; offer it again")
        if playbook is not None and person not in (able := people_of(playbook, (to_role,))):
            names = " or ".join(playbook.people[each].name for each in able) or "nobody yet"
            raise Refused(
                "not_eligible",
                f"case {case} is offered to {to_role}, and {person} is not of that role, so nothing was "
                f"changed; {to_role} is {names}",
            )
        change.withdraw("accepted")
        change.note(
            "case.handoff_accepted",
            now,
            person=person,
            role=to_role,
            data={"from": change.row["owner"], "via": via},
        )
        change.set(owner=to_role, assignee=person, claimed_until=None, notice="handed_off")
        if change.state is not State.waiting:
            change.again("handed_off", now)
        await changes.save(tx, [change], now)
        return change.case
