"""What a reading of a thread shows beside the events: parents, bystanders, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.tables import overheard as table
from remit.ledger.upsert import inserting
from remit.model import Message, Thread

MOST = 200
"""Messages kept of one thread: what leads to the one answered, then the newest."""


async def keep(tx: AsyncConnection, case: Mapping[str, Any], thread: Thread, now: datetime) -> None:
    """Remember how the thread reads now. Reading the same again writes nothing."""
    query = select(table.c.message, table.c.revision, table.c.deleted).where(
        table.c.case == case["id"]
    )
    known = {row.message: (row.revision, row.deleted) for row in await tx.execute(query)}
    shown = _chosen(thread, case["subject"])
    changed = [
        _row(case["id"], message, now)
        for message in shown
        if known.get(message.id) != (message.revision, message.deleted)
    ]
    if changed:
        statement = inserting(tx, table)
        names = [column.name for column in table.columns if not column.primary_key]
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["case", "message"],
                set_={name: statement.excluded[name] for name in names},
            ),
            changed,
        )
    there = {message.id for message in thread.messages}
    gone = [id_ for id_, (_, deleted) in known.items() if id_ not in there and not deleted]
    if gone and thread.complete:  # where a long thread is cut, absence says nothing
        await tx.execute(
            update(table)
            .where(table.c.case == case["id"], table.c.message.in_(gone))
            .values(deleted=True, text=None, read_at=now)
        )


async def kept(tx: AsyncConnection, case: int) -> list[RowMapping]:
    """What readings have shown to a case."""
    query = select(table).where(table.c.case == case).order_by(table.c.time, table.c.message)
    return list((await tx.execute(query)).mappings())


def to_message(row: RowMapping) -> Message:
    """A row as a message of the thread."""
    return Message(
        id=row["message"],
        revision=row["revision"],
        parent=row["parent"],
        author_id=row["author_id"] or "",
        handle=row["handle"] or "",
        text=row["text"] or "",
        time=row["time"],
        ours=row["ours"],
        deleted=row["deleted"],
        url=row["url"],
    )


def _chosen(thread: Thread, subject: str) -> list[Message]:
    """Everything, or of a long thread its root, the way to the message answered, and the newest."""
    messages = {message.id: message for message in thread.messages}
    if len(messages) <= MOST:
        return list(messages.values())
    chosen: dict[str, Message] = {}
    for start in (subject, thread.root):
        here = messages.get(start)
        while here is not None and here.id not in chosen:
            chosen[here.id] = here
            here = messages.get(here.parent or "")
    newest = sorted(messages.values(), key=lambda message: message.time, reverse=True)
    for message in newest:
        if len(chosen) >= MOST:
            break
        chosen.setdefault(message.id, message)
    return list(chosen.values())


def _row(case: int, message: Message, now: datetime) -> dict[str, Any]:
    return {
        "case": case,
        "message": message.id,
        "revision": message.revision,
        "parent": message.parent,
        "author_id": message.author_id or None,
        "handle": message.handle or None,
        "text": None if message.deleted else message.text,
        "url": message.url,
        "time": message.time,
        "ours": message.ours,
        "deleted": message.deleted,
        "read_at": now,
    }
