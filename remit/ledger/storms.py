"""What became of a storm: its members, each with its own answer, and the statement that they share."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes, rows
from remit.ledger.changes import CaseChange
from remit.ledger.places import decided, may_run
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approval_table
from remit.ledger.tables import case as case_table
from remit.ledger.tables import draft as draft_table
from remit.ledger.tables import incident as incident_table
from remit.model import Case, Frozen, Missing, State, Verdict

_YES = (Verdict.approve.value, Verdict.edit.value)
_HAS_A_DRAFT = [state.value for state in State if not state.finished and state is not State.waiting]


class Statement(Frozen):
    """The words that were approved on a storm's own case."""

    incident: int
    draft: int
    text: str
    language: str
    at: AwareDatetime
    """When the last person needed has said yes."""


class Storm(Frozen):
    """One incident and the numbers of its cases, each in one of the last three lists."""

    id: int
    brand: str
    topic: str | None = None
    channel: str | None = None
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    case: int | None = None
    """The storm's own case; None where the playbook asks nobody to act."""
    rate: float
    """The most messages that ten minutes of it had."""
    baseline: float
    """How many ten minutes usually have."""
    statement: int | None = None
    """The draft whose words the members share."""
    answered: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    """Resolved without an answer, by a person."""
    unanswered: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    """Those of the unanswered whose run waits for a place."""

    @property
    def members(self) -> int:
        return len(self.answered) + len(self.closed) + len(self.unanswered)


async def find(ledger: Ledger, brand: str, *, every: bool = False) -> list[Storm]:
    """The storms that are on or have somebody unanswered, or all of them; the newest first."""
    query = select(incident_table).where(incident_table.c.brand == brand)
    async with ledger.read() as tx:
        found = await tx.execute(query.order_by(incident_table.c.id.desc()))
        storms = [await _storm(tx, row) for row in found.all()]
    return [storm for storm in storms if every or storm.closed_at is None or storm.unanswered]


async def get(ledger: Ledger, number: int) -> Storm:
    """The storm of that number, or Missing."""
    async with ledger.read() as tx:
        query = select(incident_table).where(incident_table.c.id == number)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise Missing(
                f"there is no storm {number}; `remit storms --all` lists those there were"
            )
        return await _storm(tx, row)


async def _storm(tx: AsyncConnection, row: Row[tuple[object, ...]]) -> Storm:
    columns = rows.mapping(row)
    named = {name: columns[name] for name in Storm.model_fields if name in columns}
    members = await tx.execute(
        select(
            case_table.c.id,
            case_table.c.state,
            case_table.c.responded_at,
            may_run().label("may_run"),
        )
        .where(_members(columns["id"], columns["case"]))
        .order_by(case_table.c.id)
    )
    lists: dict[str, list[int]] = {"answered": [], "closed": [], "unanswered": [], "waiting": []}
    for member in members:
        if not State(member.state).finished:
            lists["unanswered"].append(member.id)
            if not member.may_run:
                lists["waiting"].append(member.id)
        else:
            lists["closed" if member.responded_at is None else "answered"].append(member.id)
    return Storm.model_validate({**named, **lists})


def _members(number: int, own: int | None) -> ColumnElement[bool]:
    return and_(case_table.c.incident == number, case_table.c.id != (own or 0))


async def statement_for(ledger: Ledger, case: Case) -> Statement | None:
    """The approved words for this member, once there are any.

    None where it speaks another language, or a person has rejected these words for it. The storm's
    own case has none either: it is where they come from.
    """
    if case.incident is None or case.channel is None:
        return None
    async with ledger.read() as tx:
        said = await _statement(tx, case.incident)
        if said is None or not _understands(case.language, said.language):
            return None
        return None if await _rejected(tx, case.id, said) else said


async def _rejected(tx: AsyncConnection, case: int, said: Statement) -> bool:
    query = (
        select(approval_table.c.id)
        .join(draft_table, draft_table.c.id == approval_table.c.draft)
        .where(
            approval_table.c.case == case,
            approval_table.c.accepted.is_(True),
            approval_table.c.verdict == Verdict.reject.value,
            draft_table.c.text == said.text,
        )
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def _statement(tx: AsyncConnection, incident: int) -> Statement | None:
    said = (
        select(func.max(approval_table.c.at))
        .where(
            approval_table.c.draft == draft_table.c.id,
            approval_table.c.accepted.is_(True),
            approval_table.c.verdict.in_(_YES),
        )
        .scalar_subquery()
    )
    query = (
        select(draft_table.c.id, draft_table.c.text, draft_table.c.language, said.label("at"))
        .join(incident_table, incident_table.c.statement == draft_table.c.id)
        .where(incident_table.c.id == incident)
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    return Statement(
        incident=incident, draft=row.id, text=row.text, language=row.language, at=row.at
    )


def _understands(language: str | None, spoken: str) -> bool:
    return language is None or language.split("-")[0] == spoken.split("-", maxsplit=1)[0]


async def state_in(tx: AsyncConnection, change: CaseChange, draft: int, now: datetime) -> None:
    """The storm's own case was approved: there is nobody to send it to but its members."""
    number = change.row["incident"]
    await tx.execute(
        update(incident_table).where(incident_table.c.id == number).values(statement=draft)
    )
    change.note("incident.stated", now, data={"incident": number, "draft": draft})
    change.finish(State.responded, "stated", now)


async def share(ledger: Ledger, brand: str, now: datetime) -> list[int]:
    """Draft anew, with the statement's words, what Remit had drafted for members before it.

    What a person wrote, decided on or has already sent stays as it is.
    """
    async with ledger.read() as tx:
        query = select(incident_table.c.id, incident_table.c.case).where(
            incident_table.c.brand == brand, incident_table.c.statement.is_not(None)
        )
        older = []
        for row in (await tx.execute(query)).all():
            said = await _statement(tx, row.id)
            if said is not None:
                found = await tx.execute(_drafted_before(row.id, row.case, said))
                older += [
                    (each.id, said) for each in found if _understands(each.language, said.language)
                ]
    shared = []
    for number, said in older:
        async with ledger.write() as tx:
            change = await changes.lock(tx, number)
            still = await tx.execute(
                _drafted_before(said.incident, None, said).where(case_table.c.id == number)
            )
            if still.first() is None:
                continue
            change.void("statement")
            change.set(notice="statement")
            change.again("statement", now)
            await changes.save(tx, [change], now)
            shared.append(number)
    return shared


def _drafted_before(
    number: int, own: int | None, said: Statement
) -> Select[tuple[int, str | None]]:
    answers = exists().where(
        approval_table.c.draft == draft_table.c.id, approval_table.c.accepted.is_(True)
    )
    return (
        select(case_table.c.id, case_table.c.language)
        .join(draft_table, draft_table.c.id == case_table.c.draft)
        .where(
            _members(number, own),
            case_table.c.state.in_(_HAS_A_DRAFT),
            draft_table.c.voided.is_(None),
            draft_table.c.writer.is_(None),
            draft_table.c.text != said.text,
            draft_table.c.made_at < said.at,
            not_(answers),
            not_(decided()),
        )
    )
