"""The conversation of a case: what the ledger stored of it, and what a fresh reading changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes, overheard, rows
from remit.ledger.changes import DELETED, CaseChange
from remit.ledger.store import Ledger
from remit.ledger.tables import case as case_table
from remit.ledger.tables import event as event_table
from remit.ledger.tables import publication as publication_table
from remit.ledger.tables import said as said_table
from remit.ledger.tables import seen as seen_table
from remit.model import Case, Event, Message, Missing, State, Thread


async def subject(ledger: Ledger, case: int) -> Event:
    """The event to be answered, whole."""
    async with ledger.read() as tx:
        row = await rows.fetch(tx, case_table, case)
        query = select(said_table.c.body).where(said_table.c.event == row.subject_event)
        body = (await tx.execute(query)).scalar_one_or_none()
    if body is None:
        raise Missing(f"what case {case} is about was erased: resolve the case")
    return rows.to_event(body)


async def conversation(ledger: Ledger, case: int) -> tuple[Message, ...]:
    """The case's thread as it came in and as it was last read, oldest first, bystanders included."""
    async with ledger.read() as tx:
        row = await rows.fetch(tx, case_table, case)
        query = (
            select(event_table, said_table.c.author_id, said_table.c.handle)
            .add_columns(said_table.c.text, said_table.c.url)
            .join(said_table, said_table.c.event == event_table.c.id)
            .where(_of_thread(row), event_table.c.kind.like("conversation.%"))
            .order_by(event_table.c.id)
        )
        newest: dict[str, RowMapping] = {}
        gone: set[str] = set()
        for told in (await tx.execute(query)).mappings():
            if told["deleted"]:
                gone.add(told["platform_id"])
            if not told["deleted"] or told["platform_id"] not in newest:
                newest[told["platform_id"]] = told
        read = await overheard.kept(tx, case)
        keys = await _keys(tx, row.brand, row.channel, [*newest, *(one["message"] for one in read)])
    messages = {told["platform_id"]: _message(told, gone, keys) for told in newest.values()}
    for one in read:
        message = _as_read(one, newest.get(one["message"]), messages.get(one["message"]))
        messages[message.id] = message.model_copy(update={"key": keys.get(message.id)})
    return tuple(sorted(messages.values(), key=lambda message: message.time))


def _as_read(one: RowMapping, stored: RowMapping | None, came: Message | None) -> Message:
    """A reading has the word where it is newer than what came in."""
    read = overheard.to_message(one)
    if stored is None or came is None:
        return read
    if read.deleted:
        return came.model_copy(update={"deleted": True})
    if one["revision"] == stored["revision"] or one["read_at"] < stored["stored_at"]:
        return came
    return came.model_copy(update={"revision": read.revision, "text": read.text})


def _of_thread(case: Any) -> Any:  # noqa: ANN401 a row, and a condition of SQLAlchemy's
    if case.thread is None or case.channel is None:
        return event_table.c.case == case.id
    return (
        (event_table.c.brand == case.brand)
        & (event_table.c.channel == case.channel)
        & (event_table.c.thread == case.thread)
    )


def _message(told: RowMapping, gone: set[str], keys: dict[str, str]) -> Message:
    return Message(
        id=told["platform_id"],
        revision=told["revision"],
        parent=told["parent"],
        author_id=told["author_id"] or "",
        handle=told["handle"] or "",
        text=told["text"] or "",
        time=told["time"],
        ours=told["ours"],
        deleted=told["platform_id"] in gone,
        key=keys.get(told["platform_id"]),
        url=told["url"],
    )


async def _keys(
    tx: AsyncConnection, brand: str, channel: str | None, ids: Sequence[str]
) -> dict[str, str]:
    query = select(publication_table.c.platform_id, publication_table.c.key).where(
        publication_table.c.brand == brand,
        publication_table.c.channel == channel,
        publication_table.c.platform_id.in_(ids),
    )
    return {row.platform_id: row.key for row in await tx.execute(query)}


async def thread_seen(ledger: Ledger, case: int, thread: Thread, now: datetime) -> Case:
    """Count what a fresh reading of the thread shows; reading the same again counts nothing.

    The run that reads keeps its lease: where its draft no longer fits, it drafts again.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            return change.case
        change.set(thread_read_at=now)
        await overheard.keep(tx, change.row, thread, now)
        news = await news_of(tx, change, thread)
        for message, revision in news.seen:
            change.seen[message, revision] = now
        if news.answered:
            change.answered_outside(now)
        elif news.code is not None:
            _moved(change, news.code, now)
        await changes.save(tx, [change], now)
        return change.case


async def news_of(tx: AsyncConnection, change: CaseChange, thread: Thread) -> News:
    """What of a reading has not counted towards a locked case yet. Changes nothing."""
    seen = await _seen(tx, change.row["id"])
    ours, theirs = await _ours_and_theirs(tx, change)
    return _news(_Known(change, seen, ours, theirs, await _siblings(tx, change, thread)), thread)


class _Known:
    """What the ledger knows of a case before a reading."""

    def __init__(
        self,
        change: CaseChange,
        seen: set[tuple[str, str]],
        ours: set[str],
        theirs: dict[str, RowMapping],
        siblings: set[str],
    ) -> None:
        self.subject: str = change.row["subject"]
        self.seen = seen
        self.seen_ids = {message for message, _ in seen}
        self.ours = ours
        self.theirs = theirs
        self.siblings = siblings
        told = theirs.get(self.subject)
        self.author: str | None = None if told is None else told["author_id"]
        self.subject_time: datetime | None = None if told is None else told["time"]

    def older(self, message: Message) -> bool:
        """Whether it was there before the message answered, and nobody had read it to us."""
        before = self.subject_time is not None and message.time < self.subject_time
        return before and message.id not in self.seen_ids


class News:
    """What of a reading was not known yet."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.code: str | None = None
        self.wrote_at: datetime | None = None
        """When the author wrote the first of what is new."""
        self.answered = False


def _news(known: _Known, thread: Thread) -> News:
    news = News()
    shown = {message.id for message in thread.messages if not message.deleted}
    # A long thread is cut by some platforms: there, absence says nothing.
    lost = thread.complete and known.subject not in shown
    lost = lost or any(m.deleted and m.id == known.subject for m in thread.messages)
    for message in thread.messages:
        if message.deleted or (message.id, message.revision) in known.seen:
            continue
        if message.ours:
            _ours(known, message, news)
        elif message.author_id == known.author or message.id == known.subject:
            news.seen.append((message.id, message.revision))
            if not known.older(message):
                news.code = news.code or "author_wrote_again"
                if message.id not in known.theirs:  # an edit is the same message
                    news.wrote_at = min(news.wrote_at or message.time, message.time)
    if lost and (known.subject, DELETED) not in known.seen:
        news.seen.append((known.subject, DELETED))
        news.code = "author_deleted"
    return news


def _ours(known: _Known, message: Message, news: News) -> None:
    if message.id in known.ours or message.key in known.ours:
        return  # one of our own making, and counted when it was sent
    if message.parent not in known.theirs or message.id in known.seen_ids:
        return
    news.seen.append((message.id, message.revision))
    if message.id in known.siblings or message.key in known.siblings:
        # What another case answers does not settle this one; whoever decides here has to know of it.
        news.code = news.code or BY_ANOTHER
    elif answers(known.subject, known.subject_time, message.parent, message.time):
        news.answered = True
    else:
        news.code = news.code or "answered_before"


BY_ANOTHER = "answered_by_another"
"""Another case of ours has answered in this thread."""
OF_OURS = frozenset({"answered_before", BY_ANOTHER})
"""The author has written nothing new: only we have."""


def answers(
    subject: str, subject_time: datetime | None, parent: str | None, time: datetime
) -> bool:
    """Whether our reply, made outside, leaves the author without an open question.

    One that answers an earlier message, and was written before the newest, does not.
    """
    return parent == subject or subject_time is None or time >= subject_time


def _moved(change: CaseChange, code: str, now: datetime) -> None:
    change.set(thread_revision=change.row["thread_revision"] + 1)
    change.note("case.thread_moved", now, code=code)
    if code == "author_deleted":
        change.set(notice=code)
    if change.row["draft"] is not None or change.state in {
        State.drafted,
        State.awaiting_approval,
    }:
        change.void(code)
        change.set(notice=code, approval_expires_at=None)
        change.move(State.open)


async def _seen(tx: AsyncConnection, case: int) -> set[tuple[str, str]]:
    query = select(seen_table.c.message, seen_table.c.revision).where(seen_table.c.case == case)
    return {(message, revision) for message, revision in await tx.execute(query)}


async def _ours_and_theirs(
    tx: AsyncConnection, change: CaseChange
) -> tuple[set[str], dict[str, RowMapping]]:
    """Ids and keys of what we published for the case; the author's messages in it, newest form."""
    published = await tx.execute(
        select(publication_table.c.platform_id, publication_table.c.key).where(
            publication_table.c.case == change.row["id"]
        )
    )
    ours = {name for row in published for name in row if name is not None}
    written = await tx.execute(
        select(event_table.c.platform_id, event_table.c.time, said_table.c.author_id)
        .outerjoin(said_table, said_table.c.event == event_table.c.id)
        .where(
            event_table.c.case == change.row["id"],
            event_table.c.ours.is_(False),
            event_table.c.deleted.is_(False),
        )
        .order_by(event_table.c.id)
    )
    return ours, {told["platform_id"]: told for told in written.mappings()}


async def _siblings(tx: AsyncConnection, change: CaseChange, thread: Thread) -> set[str]:
    """Ids and keys of the messages of this thread that Remit published for other cases."""
    mine = [message for message in thread.messages if message.ours]
    if not mine:
        return set()
    known = publication_table.c
    query = select(known.platform_id, known.key).where(
        known.brand == change.row["brand"],
        known.channel == change.row["channel"],
        known.case != change.row["id"],
        known.platform_id.in_([message.id for message in mine])
        | known.key.in_([message.key for message in mine if message.key is not None]),
    )
    return {name for row in await tx.execute(query) for name in row if name is not None}
