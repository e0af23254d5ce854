"""How much is said, by topic and by channel: in the last minutes, and at this time of other days.

Only what strangers write counts. Every query is bounded by times, and the index on them serves it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import spikes
from remit.ledger.tables import event
from remit.model import Frozen


class Series(Frozen):
    """What is counted: a topic wherever it is spoken of, or all that is said on a channel."""

    topic: str | None = None
    channel: str | None = None

    def has(self, channel: str, topics: Sequence[str]) -> bool:
        """Whether a message is of this series."""
        return channel == self.channel if self.topic is None else self.topic in topics


class Heard(Frozen):
    """One message, whatever its versions, and the case that it belongs to."""

    channel: str
    topics: tuple[str, ...]
    case: int | None = None


def _told(brand: str) -> ColumnElement[bool]:
    return and_(
        event.c.brand == brand,
        event.c.ours.is_(False),
        event.c.deleted.is_(False),
        event.c.kind.startswith("conversation."),
    )


async def heard(tx: AsyncConnection, brand: str, since: datetime, until: datetime) -> list[Heard]:
    """The messages after `since`, up to `until`."""
    columns = event.c
    query = (
        select(columns.channel, columns.platform_id, columns.topics, columns.case)
        .where(_told(brand), columns.time > since, columns.time <= until)
        .order_by(columns.id)
    )
    found = {
        (row.channel, row.platform_id): Heard(
            channel=row.channel, topics=tuple(row.topics), case=row.case
        )
        for row in await tx.execute(query)
    }
    return list(found.values())


def by_series(messages: Iterable[Heard]) -> dict[Series, int]:
    """How many there are of each topic and each channel."""
    counted: dict[Series, int] = defaultdict(int)
    for one in messages:
        if one.channel:
            counted[Series(channel=one.channel)] += 1
        for topic in one.topics:
            counted[Series(topic=topic)] += 1
    return dict(counted)


async def baselines(
    tx: AsyncConnection, brand: str, at: datetime, wanted: Sequence[Series]
) -> Mapping[Series, float]:
    """The usual rate of each series at this time of day; empty while nothing is usual yet."""
    first = select(func.min(event.c.time)).where(event.c.brand == brand)
    spans = spikes.slices(at, (await tx.execute(first)).scalar())
    if not spans:
        return {}
    counted: dict[tuple[int, Series], int] = defaultdict(int)
    for row in await tx.execute(union_all(*map(_slice, [brand] * len(spans), range(99), spans))):
        topics = json.loads(row.topics)
        for series in wanted:
            if series.has(row.channel, topics):
                counted[row.span, series] += row.times
    found = {}
    for series in wanted:
        rate = spikes.usual(
            [
                (counted[number, series], until - since)
                for number, (since, until) in enumerate(spans)
            ]
        )
        assert rate is not None
        found[series] = rate
    return found


def _slice(brand: str, number: int, span: tuple[datetime, datetime]) -> Select[tuple[object, ...]]:
    since, until = span
    topics = cast(event.c.topics, Text).label("topics")  # PostgreSQL compares no JSON
    return (
        select(
            literal(number).label("span"),
            event.c.channel,
            topics,
            func.count(event.c.platform_id.distinct()).label("times"),
        )
        .where(_told(brand), event.c.time > since, event.c.time <= until)
        .group_by(event.c.channel, topics)
    )


async def lately(tx: AsyncConnection, brand: str, series: Series, now: datetime) -> tuple[int, ...]:
    """Its counts in the windows that went by last, the newest at the end."""
    ends = [now - back * spikes.WINDOW for back in reversed(range(spikes.CALM))]
    return tuple([await _count(tx, brand, series, end - spikes.WINDOW, end) for end in ends])


async def _count(
    tx: AsyncConnection, brand: str, series: Series, since: datetime, until: datetime
) -> int:
    return sum(series.has(one.channel, one.topics) for one in await heard(tx, brand, since, until))
