"""Threads of open cases, read again: what is said there is kept, and what is new is acted on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes, overheard, rows
from remit.ledger.clocks import Clocks, asked_again, resume_in
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import publication
from remit.ledger.threads import OF_OURS, news_of
from remit.model import Case, Play, PublicationState, State, Thread

_UNFINISHED = [state.value for state in State if not state.finished]
_OUT = [PublicationState.sending.value, PublicationState.unknown.value]


async def due(ledger: Ledger, brand: str, before: datetime, limit: int) -> list[Case]:
    """Open conversations that nobody has read since, those never read first."""
    read = cases.c.thread_read_at
    query = (
        select(cases)
        .where(
            cases.c.brand == brand,
            cases.c.state.in_(_UNFINISHED),
            cases.c.channel.is_not(None),
            cases.c.play.in_([Play.reply.value, Play.triage.value]),
            read.is_(None) | (read < before),
        )
        .order_by(read.is_not(None), read, cases.c.id)
        .limit(limit)
    )
    async with ledger.read() as tx:
        return [rows.to_case(row) for row in await tx.execute(query)]


async def refreshed(
    ledger: Ledger, case: int, thread: Thread, clocks: Clocks, now: datetime
) -> Case:
    """Keep what a reading shows. What the author or our account wrote since counts as if it came in.

    Unlike a run that reads before it sends, nobody goes on by himself: another run starts.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            return change.case
        change.set(thread_read_at=now)
        await overheard.keep(tx, change.row, thread, now)
        # Our own reply may be in it, and not known by its id yet.
        if not await _may_be_out(tx, case):
            news = await news_of(tx, change, thread)
            for message, revision in news.seen:
                change.seen[message, revision] = now
            if news.answered:
                change.answered_outside(now)
            elif news.code is not None:
                written = news.wrote_at or now
                if news.code not in OF_OURS:
                    resume_in(change, clocks, min(written, now), written)
                if news.wrote_at is not None:
                    asked_again(change, clocks, news.wrote_at)
                change.note("case.thread_moved", now, code=news.code)
                change.moved(news.code, now)
                if news.code == "author_deleted":
                    change.set(notice=news.code)
        await changes.save(tx, [change], now)
        return change.case


async def missed(ledger: Ledger, case: int, now: datetime) -> None:
    """It could not be read; the others have their turn before it is tried again."""
    async with ledger.write() as tx:
        await tx.execute(update(cases).where(cases.c.id == case).values(thread_read_at=now))


async def _may_be_out(tx: AsyncConnection, case: int) -> bool:
    query = select(publication.c.id).where(
        publication.c.case == case, publication.c.slot.is_(None), publication.c.state.in_(_OUT)
    )
    return (await tx.execute(query.limit(1))).first() is not None
