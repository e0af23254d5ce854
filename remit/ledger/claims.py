"""A person has a case for themselves, for a while: two do not write one answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.cases import acknowledged
from remit.decide.claims import claimant, claimed_text, may_claim
from remit.ledger import changes, holds
from remit.ledger.changes import CaseChange
from remit.ledger.store import Ledger
from remit.model import Case, Playbook, Refused, State

CLAIM = timedelta(minutes=30)
"""How long "I have it" keeps others away where nobody says how long."""
LONGEST = timedelta(hours=8)
"""A working day: whoever forgets a claim blocks a case no longer."""


async def take(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger,
    case: int,
    playbook: Playbook,
    person: str,
    via: str,
    now: datetime,
    length: timedelta = CLAIM,
) -> Case:
    """Claim a case, or claim one's own anew; who claims has it, which stops the ladder too.

    Refused codes: finished, not_eligible, claimed_by, too_long.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            raise Refused("finished", f"case {case} is {change.state}: nothing is left to do")
        may_work(change, playbook, person, now, "claim it")
        if not timedelta(minutes=1) <= length <= LONGEST:
            most = int(LONGEST.total_seconds() // 60)
            raise Refused("too_long", f"a claim is for 1 to {most} minutes; claim it again then")
        await acknowledge_in(tx, change, playbook, person, via, now)
        change.set(assignee=person, claimed_until=now + length)
        change.note("case.taken", now, person=person, data={"via": via, "until": _until(change)})
        change.tell("remit.case.taken", now)
        await changes.save(tx, [change], now)
        return change.case


async def let_go(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger, case: int, playbook: Playbook, person: str, via: str, now: datetime
) -> Case:
    """End one's own claim; whoever had the case has it still. Refused code: claimed_by."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        free(change, playbook, person, now)
        if claimant(change.case, playbook, now) is not None:
            change.set(claimed_until=None)
            change.note("case.let_go", now, person=person, data={"via": via})
            change.tell("remit.case.let_go", now)
            await changes.save(tx, [change], now)
        return change.case


async def acknowledge_in(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    tx: AsyncConnection,
    change: CaseChange,
    playbook: Playbook | None,
    person: str | None,
    via: str,
    now: datetime,
) -> None:
    """ "I have it" on a locked case. The first since the ladder began counts.

    It claims the case too, where the playbook is given and lets the person.
    """
    if change.finished or acknowledged(change.case):
        return
    if change.state in {State.open, State.reopened}:
        change.move(State.acknowledged)
    change.set(acknowledged_at=now)
    if person is not None:
        claims = playbook is not None and person in may_claim(change.case, playbook)
        change.set(assignee=person, claimed_until=now + CLAIM if claims else None)
    change.note("case.acknowledged", now, person=person, data={"via": via})
    change.tell("remit.case.acknowledged", now)
    await holds.start(tx, change.row["id"], now)


def may_work(change: CaseChange, playbook: Playbook, person: str, now: datetime, what: str) -> None:
    """Refuse whoever has no business with the case, and everybody else while somebody has it."""
    able = may_claim(change.case, playbook)
    if person not in able:
        known = [playbook.people[each].name for each in able if each in playbook.people]
        who = " or ".join(known) or "whoever keeps the playbook: it names nobody who may"
        number = change.row["id"]
        raise Refused(
            "not_eligible",
            f"{person} may not {what}, and nothing was changed; ask {who} about case {number}",
        )
    free(change, playbook, person, now)


def free(change: CaseChange, playbook: Playbook, person: str | None, now: datetime) -> None:
    """Refuse whoever comes while somebody else has the case for themselves."""
    if claimant(change.case, playbook, now) not in {None, person}:
        raise Refused("claimed_by", claimed_text(change.case, playbook))


def _until(change: CaseChange) -> str:
    until: datetime = change.row["claimed_until"]
    return until.isoformat()
