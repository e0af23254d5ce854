"""Storms: many messages about one thing are one incident, whose cases are linked and stay apart.

An incident is opened in the transaction that takes in the message which makes it a storm, and so
is the one event that it raises; both have an order and a time that follow from what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, and_, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import spikes
from remit.ledger import journal, rates
from remit.ledger.arrivals import Coming, chunks
from remit.ledger.places import OPENED, PLAYS
from remit.ledger.rates import Heard, Series
from remit.ledger.store import Ledger
from remit.ledger.tables import case as case_table
from remit.ledger.tables import incident as incident_table
from remit.ledger.tables import outbox as outbox_table
from remit.model import Arrival, Event

METRIC = "mentions"
"""What the raised event measures: messages in the window."""
_STALE = timedelta(hours=1)
"""What was written before is history: it may be counted, and raises nothing."""


def spike(row: Mapping[str, Any]) -> Arrival:
    """The event that an incident raises. The same incident gives the same event."""
    times = Decimal(str(round(row["rate"] / row["baseline"], 2)))
    about = {name: row[name] for name in ("topic", "channel") if row[name] is not None}
    return Arrival(
        event=Event(
            id=f"spike:{row['id']}",
            kind="metric.spike",
            platform="remit",
            time=row["opened_at"],
            thread=f"spike:{row['id']}",
            metric=METRIC,
            value=Decimal(int(row["rate"])),
            change=times,
            fields={"incident": str(row["id"]), **about},
        )
    )


async def notice(
    tx: AsyncConnection, brand: str, coming: Sequence[Coming], now: datetime
) -> Mapping[str, Any] | None:
    """Link what came to the storms that are on; the storm that it makes, if it makes one.

    The batch is stored already, in this transaction.
    """
    said = [one for one in coming if _is_said(one)]
    at = min(now, max((one.event.time for one in said), default=now))
    if not said or now - at > _STALE:
        return None
    messages = await rates.heard(tx, brand, at - spikes.WINDOW, at)
    known = await open_incidents(tx, brand)
    for on in known:
        series = series_of(on)
        count = sum(series.has(one.channel, one.topics) for one in messages)
        if count > on["rate"]:
            await _set(tx, on["id"], rate=float(count))
        await _link(tx, dict(on), _numbers(series, [_heard(one) for one in said]))
    found = await _storm(tx, brand, messages, [series_of(row) for row in known], at)
    if found is None:
        return None
    series, count, baseline = found
    row = await _open(tx, brand, series, at, rate=float(count), baseline=baseline, now=now)
    await _link(tx, row, _numbers(series, messages))
    return row


def _is_said(one: Coming) -> bool:
    return (
        one.event.kind.startswith("conversation.")
        and not one.event.ours
        and not one.arrival.deleted
    )


def _heard(one: Coming) -> Heard:
    topics = () if one.decision is None else one.decision.topics
    number = one.case_number if one.case is None else one.case.row["id"]
    return Heard(channel=one.channel, topics=topics, case=number)


def _numbers(series: Series, messages: Iterable[Heard]) -> list[int]:
    return sorted(
        {
            one.case
            for one in messages
            if one.case is not None and series.has(one.channel, one.topics)
        }
    )


def series_of(row: Mapping[str, Any] | RowMapping) -> Series:
    return Series(topic=row["topic"], channel=row["channel"])


async def open_incidents(tx: AsyncConnection, brand: str) -> Sequence[RowMapping]:
    """The storms that are on, oldest first."""
    query = (
        select(incident_table)
        .where(incident_table.c.brand == brand, incident_table.c.closed_at.is_(None))
        .order_by(incident_table.c.id)
    )
    return (await tx.execute(query)).mappings().all()


async def _storm(
    tx: AsyncConnection,
    brand: str,
    messages: Sequence[Heard],
    known: Sequence[Series],
    at: datetime,
) -> tuple[Series, int, float] | None:
    """The series that rises, its count and its baseline. At most one: the next batch sees others.

    A topic comes before a channel. What is mostly part of a storm that is on is no storm of its
    own, and a channel that is mostly about one topic is a storm of that topic.
    """
    counted = rates.by_series(messages)
    some = [
        series
        for series, count in counted.items()
        if count >= spikes.MINIMUM and not _covered(series, messages, known)
    ]
    if not some:
        return None
    usual = await rates.baselines(tx, brand, at, list(counted))
    rising = [
        series
        for series in some
        if series in usual and spikes.rises(counted[series], usual[series])
    ]
    if not rising:
        return None
    first = min(
        rising,
        key=lambda series: (
            series.topic is None,
            -counted[series] / usual[series],
            series.topic or series.channel or "",
        ),
    )
    about = _mostly(first, messages) if first.topic is None else first
    return about, counted[about], usual[about]


def _covered(series: Series, messages: Sequence[Heard], known: Sequence[Series]) -> bool:
    mine = [one for one in messages if series.has(one.channel, one.topics)]
    theirs = [one for one in mine if any(other.has(one.channel, one.topics) for other in known)]
    return 2 * len(theirs) > len(mine)


def _mostly(channel: Series, messages: Sequence[Heard]) -> Series:
    mine = [one for one in messages if channel.has(one.channel, one.topics)]
    topics = {series: n for series, n in rates.by_series(mine).items() if series.topic is not None}
    most = max(topics, key=lambda series: (topics[series], series.topic), default=None)
    return most if most is not None and 2 * topics[most] > len(mine) else channel


async def _open(
    tx: AsyncConnection,
    brand: str,
    series: Series,
    at: datetime,
    *,
    rate: float,
    baseline: float,
    now: datetime,
) -> Mapping[str, Any]:
    values = {
        "brand": brand,
        "topic": series.topic,
        "channel": series.channel,
        "opened_at": at,
        "rate": rate,
        "baseline": baseline,
    }
    made = await tx.execute(insert(incident_table).values(**values))
    assert made.inserted_primary_key is not None
    number = int(made.inserted_primary_key[0])
    data = {"incident": number, "rate": rate, "baseline": round(baseline, 2)}
    await journal.write(tx, "incident.opened", brand=brand, now=now, data=data)
    return {**values, "id": number, "case": None}


async def routed(
    tx: AsyncConnection, row: Mapping[str, Any], event: int, case: int | None, now: datetime
) -> None:
    """The playbook has decided whose the storm is: its own case waits behind nobody."""
    await _set(tx, row["id"], event=event, case=case)
    if case is None:
        return
    topics = [] if row["topic"] is None else [row["topic"]]
    spoken = (
        select(case_table.c.language)
        .where(case_table.c.incident == row["id"], case_table.c.language.is_not(None))
        .group_by(case_table.c.language)
        .order_by(func.count().desc(), case_table.c.language)
        .limit(1)
    )
    await tx.execute(
        update(case_table)
        .where(case_table.c.id == case)
        .values(
            incident=row["id"],
            topics=topics,
            language=(await tx.execute(spoken)).scalar(),  # what its statement is to be written in
            place_at=now,
        )
    )


async def _set(tx: AsyncConnection, number: int, **values: object) -> None:
    await tx.execute(update(incident_table).where(incident_table.c.id == number).values(**values))


async def _link(tx: AsyncConnection, row: Mapping[str, Any], numbers: Sequence[int]) -> None:
    """Make these cases members, if they opened with the storm and are of no other.

    Whose run has been asked for already has its place.
    """
    columns = case_table.c
    asked_for = exists().where(
        outbox_table.c.case == columns.id,
        outbox_table.c.kind == OPENED,
        outbox_table.c.attempt == columns.attempt,
        outbox_table.c.sent_at.is_not(None),
    )
    for some in chunks(numbers):
        mine = and_(
            columns.id.in_(some),
            columns.incident.is_(None),
            columns.opened_at >= row["opened_at"] - spikes.WINDOW,
            columns.play.in_(PLAYS),
        )
        under_way = or_(columns.lease_run.is_not(None), asked_for)
        await tx.execute(
            update(case_table).where(mine, under_way).values(place_at=row["opened_at"])
        )
        await tx.execute(update(case_table).where(mine).values(incident=row["id"]))


async def end_what_is_over(ledger: Ledger, brand: str, now: datetime) -> list[int]:
    """Close the storms whose rate has been ordinary for half an hour; their members stay theirs."""
    async with ledger.read() as tx:
        over = [
            row["id"] for row in await open_incidents(tx, brand) if await _is_over(tx, row, now)
        ]
    for number in over:
        async with ledger.write() as tx:
            closed = await tx.execute(
                update(incident_table)
                .where(incident_table.c.id == number, incident_table.c.closed_at.is_(None))
                .values(closed_at=now)
            )
            if closed.rowcount:
                data = {"incident": number}
                await journal.write(tx, "incident.closed", brand=brand, now=now, data=data)
    return over


async def _is_over(tx: AsyncConnection, row: RowMapping, now: datetime) -> bool:
    if now - row["opened_at"] < spikes.CALM * spikes.WINDOW:
        return False
    counts = await rates.lately(tx, row["brand"], series_of(row), now)
    return spikes.is_over(counts, row["baseline"])
