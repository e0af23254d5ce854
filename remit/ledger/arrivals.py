"""Arrivals on their way in: one row a message and version, and what the ledger knows of it already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import rows
from remit.ledger.changes import DELETED, CaseChange
from remit.ledger.tables import event as event_table
from remit.ledger.tables import said as said_table
from remit.model import Arrival, Decision, Event, Play

_FIRST = ("conversation.reply", "conversation.comment", "conversation.mention")
"""One message that arrives as several kinds is the first of these."""

CHUNK = 5000
"""How many values one IN takes; both databases allow some 32,000 in a statement."""


@dataclass
class Coming:
    """One arrival that is new, with what is found out about it."""

    arrival: Arrival
    event: Event
    channel: str
    """"" for events of no channel."""
    earlier: list[RowMapping] = field(default_factory=list)
    """Its other versions that are stored already, oldest first."""
    decision: Decision | None = None
    play: Play = Play.log
    number: int = 0
    correlation: str = ""
    """What it has in common with others of its case."""
    case: CaseChange | None = None
    sent: bool = False
    """One of ours that Remit has sent."""
    case_number: int | None = None
    """Where the case is not changed by it."""

    @property
    def revision(self) -> str:
        """A deletion is a revision of its own, whatever the platform calls it."""
        return DELETED if self.arrival.deleted else self.arrival.revision

    @property
    def key(self) -> tuple[str, str, str]:
        return self.channel, self.event.id, self.revision


def unique(arrivals: Iterable[Arrival], channel: str | None) -> list[Coming]:
    """Each message and version once, in the order in which they were written."""
    found: dict[tuple[str, str, str], Coming] = {}
    for arrival in arrivals:
        event = arrival.event
        if event.channel is None and channel is not None:
            event = event.model_copy(update={"channel": channel})
        coming = Coming(arrival=arrival, event=event, channel=event.channel or "")
        known = found.get(coming.key)
        if known is None or _place(event.kind) < _place(known.event.kind):
            found[coming.key] = coming
    return sorted(found.values(), key=lambda coming: coming.event.time)


def _place(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


async def unknown(tx: AsyncConnection, brand: str, coming: Sequence[Coming]) -> list[Coming]:
    """Those that are not stored yet, each with its earlier versions."""
    stored: dict[tuple[str, str], list[RowMapping]] = {}
    columns = event_table.c
    for channel in {one.channel for one in coming}:
        ids = list({one.event.id for one in coming if one.channel == channel})
        for some in chunks(ids):
            query = (
                select(columns.id, columns.platform_id, columns.revision, columns.case)
                .add_columns(columns.rule, columns.owner, columns.severity, columns.deleted)
                .where(
                    columns.brand == brand,
                    columns.channel == channel,
                    columns.platform_id.in_(some),
                )
                .order_by(columns.id)
            )
            for row in (await tx.execute(query)).mappings():
                stored.setdefault((channel, row["platform_id"]), []).append(row)
    new = []
    for one in coming:
        one.earlier = stored.get((one.channel, one.event.id), [])
        if all(row["revision"] != one.revision for row in one.earlier):
            new.append(one)
    return new


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The values in pieces that a statement can take."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


async def store(
    tx: AsyncConnection, brand: str, playbook: str, coming: Sequence[Coming], now: datetime
) -> None:
    """What arrived and what was said, with two statements. The cases have their numbers."""
    await _insert(tx, event_table, [_event(brand, playbook, one, now) for one in coming])
    await _insert(tx, said_table, [_said(one) for one in coming])


async def _insert(tx: AsyncConnection, table: Table, values: list[dict[str, Any]]) -> None:
    if values:
        await tx.execute(insert(table), values)


def _event(brand: str, playbook: str, one: Coming, now: datetime) -> dict[str, Any]:
    event, arrival, decision = one.event, one.arrival, one.decision
    assert decision is not None
    before = one.earlier[-1] if arrival.deleted and one.earlier else None
    return {
        "id": one.number,
        "brand": brand,
        "channel": one.channel,
        "platform": event.platform,
        "platform_id": event.id,
        "revision": one.revision,
        "kind": event.kind,
        "time": event.time,
        "stored_at": now,
        "thread": event.thread,
        "parent": event.parent,
        "under": event.under,
        "language": event.language,
        "language_confidence": arrival.language_confidence,
        "ours": event.ours,
        "deleted": arrival.deleted,
        "rule": before["rule"] if before else decision.rule,
        "owner": before["owner"] if before else decision.outcome.owner,
        "severity": before["severity"] if before else decision.outcome.severity.value,
        "play": one.play.value,
        "topics": list(decision.topics),
        "playbook": playbook,
        "case": one.case.row["id"] if one.case is not None else one.case_number,
    }


def _said(one: Coming) -> dict[str, Any]:
    author = one.event.author
    return {
        "event": one.number,
        "author_id": None if author is None else author.id,
        "handle": None if author is None else author.handle,
        "text": one.event.text,
        "url": one.arrival.url,
        "body": rows.event_body(one.event),
    }
