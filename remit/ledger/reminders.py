"""What people are to be told: gathered from how the cases stand, kept, and marked once it was told.

A reminder that could not be delivered stays, and is tried again until it is no longer so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.reminding import TOGETHER, Matter, Moment, Reminder, holds, reminders, told_from
from remit.ledger import absences, journal, rows, votes
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import journal as lines
from remit.ledger.tables import notification
from remit.ledger.tables import reminder as table
from remit.ledger.tables import step as steps
from remit.ledger.upsert import insert_new
from remit.model import Case, Frozen, HolidayCalendar, Playbook, State

AGAIN = timedelta(minutes=5)
"""After a message that could not be delivered."""
DELIVERED, NO_ADDRESS, FAILED, MOOT = "delivered", "no_address", "failed", "moot"

_UNFINISHED = [state.value for state in State if not state.finished]


class ReminderRow(Frozen):
    """Something that a person is to be told, and whether they were."""

    id: int
    person: str
    role: str | None
    case: int
    kind: str
    key: str
    made_at: AwareDatetime
    after: AwareDatetime
    told_at: AwareDatetime | None = None
    code: str | None = None


_COLUMNS = [table.c[name] for name in ReminderRow.model_fields]


async def gather(
    ledger: Ledger, playbook: Playbook, now: datetime, holidays: HolidayCalendar | None = None
) -> int:
    """Write down what people are to be told as things stand, and drop what is no longer so.

    Level-triggered: run twice it does nothing twice, and what a dead worker missed is found here.
    Returns how many reminders are new.
    """
    async with ledger.read() as tx:
        matters = await _matters(tx, playbook.brand)
        known = await _known(tx, playbook.brand)
        last = await _last_told(tx, playbook.brand, now - TOGETHER)
        away = await absences.away_at(tx, playbook, now)
    moment = Moment(now, away, holidays)
    new = _new(matters.values(), known, playbook, moment)
    moot = [
        one.id
        for one in known
        if one.told_at is None and not _still(one, matters, playbook, moment)
    ]
    if not new and not moot:
        return 0
    made = 0
    async with ledger.write() as tx:
        for part in _parts(moot):
            await tx.execute(
                update(table)
                .where(table.c.id.in_(part), table.c.told_at.is_(None))
                .values(told_at=now, code=MOOT)
            )
        for one in new:
            said = playbook.notify.get(one.person)
            severity = matters[one.case].case.severity
            after = told_from(
                said, playbook.timezone, now, severity, one.kind, last.get(one.person)
            )
            made += await _put(tx, playbook.brand, one, after, now)
    return made


async def postpone(
    ledger: Ledger, brand: str, reminder: Reminder, after: datetime, now: datetime
) -> bool:
    """Keep what a person is to be told later. False where it was kept before."""
    async with ledger.write() as tx:
        return await _put(tx, brand, reminder, after, now)


async def due(
    ledger: Ledger, brand: str, now: datetime
) -> dict[str, list[tuple[ReminderRow, Case]]]:
    """By person: all that they may be told now, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(table.c.brand == brand, table.c.told_at.is_(None), table.c.after <= now)
        .order_by(table.c.person, table.c.made_at, table.c.id)
    )
    async with ledger.read() as tx:
        found = [ReminderRow(**row) for row in (await tx.execute(query)).mappings()]
        about = await _cases(tx, {one.case for one in found})
    by_person: dict[str, list[tuple[ReminderRow, Case]]] = {}
    for one in found:
        by_person.setdefault(one.person, []).append((one, about[one.case]))
    return by_person


async def told(ledger: Ledger, ids: Sequence[int], code: str, now: datetime) -> None:
    """Write down what came of a message. Codes: delivered, no_address; failed is tried again."""
    values: dict[str, object] = {"code": code, "told_at": now}
    if code == FAILED:
        values = {"code": code, "after": now + AGAIN}
    async with ledger.write() as tx:
        for part in _parts(ids):
            found = await tx.execute(
                select(table)
                .where(table.c.id.in_(part), table.c.told_at.is_(None))
                .order_by(table.c.id)
                .with_for_update()
            )
            open_ = found.all()
            still = [row.id for row in open_]
            await tx.execute(update(table).where(table.c.id.in_(still)).values(**values))
            # A failure that goes on is one line, not one in five minutes.
            lines_ = [_line(row, code, now) for row in open_ if row.code != code]
            await journal.write_all(tx, lines_)


async def of_brand(
    ledger: Ledger, brand: str, *, person: str | None = None, case: int | None = None
) -> list[ReminderRow]:
    """What people were told or are to be told, as it was gathered."""
    query = select(*_COLUMNS).where(table.c.brand == brand).order_by(table.c.id)
    if person is not None:
        query = query.where(table.c.person == person)
    if case is not None:
        query = query.where(table.c.case == case)
    async with ledger.read() as tx:
        return [ReminderRow(**row) for row in (await tx.execute(query)).mappings()]


# What is so and what is known --------------------------------------------------------------------


def _new(
    matters: Iterable[Matter],
    known: Sequence[ReminderRow],
    playbook: Playbook,
    moment: Moment,
) -> list[Reminder]:
    kept = {(one.person, one.case, one.key) for one in known}
    roles = {(one.case, one.key) for one in known if one.kind in _ONCE}
    return [
        one
        for matter in matters
        for one in reminders(matter, playbook, moment)
        if (one.person, one.case, one.key) not in kept
        and not (one.kind in _ONCE and (one.case, one.key) in roles)
    ]


_ONCE = frozenset({"consulted", "informed"})
"""Whoever of the role was on shift then has heard for all of it."""


def _still(
    one: ReminderRow, matters: Mapping[int, Matter], playbook: Playbook, moment: Moment
) -> bool:
    matter = matters.get(one.case)
    said = Reminder(one.person, one.role, one.case, one.kind, one.key)
    return matter is not None and holds(said, matter, playbook, moment)


async def _put(
    tx: AsyncConnection, brand: str, one: Reminder, after: datetime, now: datetime
) -> bool:
    row = one._asdict() | {"brand": brand, "made_at": now, "after": after}
    return await insert_new(tx, table, row)


def _line(row: Row[Any], code: str, now: datetime) -> dict[str, object]:
    return journal.line(
        "person.reminded",
        brand=row.brand,
        now=now,
        case=row.case,
        role=row.role,
        person=row.person,
        code=code,
        data={"kind": row.kind},
    )


# Reading -----------------------------------------------------------------------------------------


async def _matters(tx: AsyncConnection, brand: str) -> dict[int, Matter]:
    """Every unfinished case, with what a reminder depends on beside it."""
    query = select(cases).where(cases.c.brand == brand, cases.c.state.in_(_UNFINISHED))
    found = (await tx.execute(query.order_by(cases.c.id))).all()
    awaiting = [row for row in found if row.state == State.awaiting_approval.value]
    drafted = await _drafts(tx, [row.draft for row in awaiting if row.draft is not None])
    expired = await _expired(tx, [row.id for row in awaiting])
    through = {row.id for row in found if row.escalation and row.ladder_step >= len(row.escalation)}
    climbed = await _climbed(tx, through)
    matters = {}
    for row in found:
        writer, given, made_at = drafted.get(row.draft, (None, (), None))
        lapsed = expired.get(row.id)
        ladder = climbed.get((row.id, row.ladder_started_at), (None, ()))
        matters[row.id] = Matter(
            case=rows.to_case(row),
            consulted=tuple(row.consulted),
            informed=tuple(row.informed),
            writer=writer,
            votes=given,
            # One of an earlier draft has nothing to do with this one.
            expired_at=lapsed if lapsed and (made_at is None or lapsed >= made_at) else None,
            climbed_at=ladder[0],
            climbed=ladder[1],
        )
    return matters


async def _drafts(tx: AsyncConnection, numbers: Collection[int]) -> dict[int | None, Any]:
    """By number: the writer, every yes so far, and when it was made."""
    found: dict[int | None, Any] = {}
    for part in _parts(numbers):
        for row in (await tx.execute(select(drafts).where(drafts.c.id.in_(part)))).all():
            found[row.id] = (row.writer, await votes.given(tx, row), row.made_at)
    return found


async def _expired(tx: AsyncConnection, numbers: Collection[int]) -> dict[int, datetime]:
    """By case: when an approval of it last expired."""
    found: dict[int, datetime] = {}
    for part in _parts(numbers):
        query = (
            select(lines.c.case, lines.c.at)
            .where(lines.c.case.in_(part), lines.c.kind == "case.approval_expired")
            .order_by(lines.c.id)
        )
        found.update({row.case: row.at for row in await tx.execute(query)})
    return found


async def _climbed(
    tx: AsyncConnection, through: Collection[int]
) -> dict[tuple[int, datetime], tuple[datetime, tuple[str, ...]]]:
    """By case and ladder: when its last step fell due, and everybody who was told."""
    ends: dict[tuple[int, datetime], datetime] = {}
    people: dict[tuple[int, datetime], dict[str, None]] = {}
    for part in _parts(through):
        query = (
            select(
                steps.c.case,
                steps.c.ladder_started_at,
                steps.c.due_at,
                steps.c.index,
                notification.c.person,
            )
            .join(notification, notification.c.step == steps.c.id)
            .where(steps.c.case.in_(part))
            .order_by(steps.c.index, notification.c.id)
        )
        for row in await tx.execute(query):
            key = (row.case, row.ladder_started_at)
            ends[key] = max(ends.get(key, row.due_at), row.due_at)
            people.setdefault(key, {})[row.person] = None
    return {key: (at, tuple(people[key])) for key, at in ends.items()}


async def _known(tx: AsyncConnection, brand: str) -> list[ReminderRow]:
    """What is not told yet, and all that was gathered of unfinished cases."""
    query = (
        select(*_COLUMNS)
        .join(cases, cases.c.id == table.c.case)
        .where(
            table.c.brand == brand,
            or_(table.c.told_at.is_(None), cases.c.state.in_(_UNFINISHED)),
        )
    )
    return [ReminderRow(**row) for row in (await tx.execute(query)).mappings()]


async def _last_told(tx: AsyncConnection, brand: str, since: datetime) -> dict[str, datetime]:
    """By person: when they were last told of something, where that is not long ago."""
    query = (
        select(table.c.person, func.max(table.c.told_at).label("at"))
        .where(table.c.brand == brand, table.c.told_at > since, table.c.code == DELIVERED)
        .group_by(table.c.person)
    )
    return {row.person: row.at for row in await tx.execute(query)}


async def _cases(tx: AsyncConnection, numbers: Collection[int]) -> dict[int, Case]:
    found: dict[int, Case] = {}
    for part in _parts(numbers):
        query = select(cases).where(cases.c.id.in_(part))
        found.update({row.id: rows.to_case(row) for row in await tx.execute(query)})
    return found


def _parts(numbers: Collection[int]) -> Iterable[list[int]]:
    """So few at a time as a statement takes."""
    wanted = sorted(set(numbers))
    return (wanted[start : start + 1000] for start in range(0, len(wanted), 1000))
