"""Steps of escalations: who was to be told, by which run, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime
from sqlalchemy import Select, insert, select, update

from remit.ledger import journal, outbox, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import notification
from remit.ledger.tables import step as steps
from remit.model import Frozen, Refused


class StepRow(Frozen):
    """A step that fell due."""

    id: int
    case: int
    index: int
    notify: str
    """A role, a person, or `owner`, `backup`."""
    due_at: AwareDatetime
    ladder_started_at: AwareDatetime


_COLUMNS = [steps.c[name] for name in StepRow.model_fields]


async def pending(ledger: Ledger, brand: str | None = None) -> list[StepRow]:
    """The steps that nobody has carried out yet, by when they fell due."""
    query: Select[tuple[object, ...]] = (
        select(*_COLUMNS)
        .join(cases, cases.c.id == steps.c.case)
        .where(steps.c.done_at.is_(None))
        .order_by(steps.c.due_at, steps.c.id)
    )
    if brand is not None:
        query = query.where(cases.c.brand == brand)
    async with ledger.read() as tx:
        return [StepRow(**row) for row in (await tx.execute(query)).mappings()]


async def of_case(ledger: Ledger, case: int) -> list[StepRow]:
    """All steps of a case, those done included, in their order."""
    query = select(*_COLUMNS).where(steps.c.case == case).order_by(steps.c.due_at, steps.c.id)
    async with ledger.read() as tx:
        return [StepRow(**row) for row in (await tx.execute(query)).mappings()]


async def claim(ledger: Ledger, step: int, run: str, now: datetime, lease: timedelta) -> StepRow:
    """Admit one run, or another once its lease is over. Refused codes: finished, claimed."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, steps, step, lock=True)
        if row.done_at is not None:
            raise Refused("finished", f"step {step} is done: end this run")
        alive = row.lease_until is not None and row.lease_until > now
        if row.run not in {None, run} and alive:
            raise Refused("claimed", f"step {step} belongs to another run: end this one")
        await tx.execute(
            update(steps).where(steps.c.id == step).values(run=run, lease_until=now + lease)
        )
        return StepRow(**{name: getattr(row, name) for name in StepRow.model_fields})


async def record(  # noqa: PLR0917 the time comes last, as everywhere here
    ledger: Ledger, step: int, person: str, role: str | None, code: str, now: datetime
) -> None:
    """A person was told, or could not be. Codes: delivered, no_address, failed, quiet: is told later."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, steps, step)
        case = await rows.fetch(tx, cases, row.case)
        await tx.execute(
            insert(notification).values(
                step=step, case=row.case, person=person, role=role, at=now, code=code
            )
        )
        await journal.write(
            tx,
            "person.notified",
            brand=case.brand,
            now=now,
            case=row.case,
            role=role,
            person=person,
            code=code,
            data={"step": row.index},
        )


async def notified(ledger: Ledger, step: int) -> dict[str, str]:
    """Who was told in this step, and the last code of each: a run that starts again goes on."""
    query = (
        select(notification.c.person, notification.c.code)
        .where(notification.c.step == step)
        .order_by(notification.c.id)
    )
    async with ledger.read() as tx:
        return {row.person: row.code for row in await tx.execute(query)}


async def finish(ledger: Ledger, step: int, code: str, now: datetime) -> StepRow:
    """The step is done. Codes: notified, acknowledged, nobody. Saying it twice changes nothing."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, steps, step, lock=True)
        if row.done_at is None:
            case = await rows.fetch(tx, cases, row.case)
            await tx.execute(
                update(steps)
                .where(steps.c.id == step)
                .values(done_at=now, code=code, run=None, lease_until=None)
            )
            await journal.write(
                tx,
                "case.escalated",
                brand=case.brand,
                now=now,
                case=case.id,
                role=case.owner,
                run=row.run,
                code=code,
                data={"step": row.index},
            )
            await outbox.put(
                tx,
                case.brand,
                "remit.case.escalated",
                case=case.id,
                step=step,
                attempt=case.attempt,
                role=case.owner,
                severity=case.severity,
                now=now,
            )
        return StepRow(**{name: getattr(row, name) for name in StepRow.model_fields})
