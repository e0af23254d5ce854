"""Events in: stored, deduplicated, decided and grouped into cases in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import arrivals as coming_in
from remit.ledger import changes, grouping, incidents, journal, own_replies
from remit.ledger.arrivals import Coming
from remit.ledger.clocks import Clocks
from remit.ledger.enrich import enrich
from remit.ledger.store import Ledger, new_ids
from remit.ledger.tables import case as case_table
from remit.ledger.tables import cursor as cursor_table
from remit.ledger.tables import event as event_table
from remit.ledger.turns import one_at_a_time
from remit.ledger.upsert import inserting
from remit.model import (
    Arrival,
    Decider,
    Duration,
    Frozen,
    HolidayCalendar,
    InputError,
    Play,
    Playbook,
    Refused,
)

_NONE: Mapping[str, Playbook] = MappingProxyType({})
_FOR_EVER: Mapping[str, Duration] = MappingProxyType({})


class Ingested(Frozen):
    """What became of a batch."""

    stored: int
    duplicates: int
    opened: tuple[int, ...]
    """Numbers of the cases that it opened; that of a storm which it made is among them."""
    joined: tuple[int, ...]
    """Numbers of the cases that were there before and that its events joined or opened again."""


async def ingest(
    ledger: Ledger,
    playbook: Playbook,
    decider: Decider,
    arrivals: Sequence[Arrival],
    *,
    channel: str | None,
    cursor: str | None = None,
    now: datetime,
    open_cases: bool = True,
    holidays: HolidayCalendar | None = None,
    promised: Mapping[str, Playbook] = _NONE,
    windows: Mapping[str, Duration] = _FOR_EVER,
) -> Ingested:
    """Take in a batch with the cursor that follows it. All of it is stored, or nothing.

    Taking in the same again changes nothing. Without `open_cases` it is history: stored and
    decided, and nobody is asked to act. `promised`: versions under which cases opened, by hash; a
    case of any other is reckoned by `playbook`. `windows`: by platform, how long a message can be
    answered.
    """
    clocks = Clocks(playbook, holidays, promised, windows)
    if cursor is not None and channel is None:
        raise InputError("a cursor belongs to a channel: name the channel")
    async with ledger.write() as tx:
        await one_at_a_time(tx, playbook.brand)
        coming = await coming_in.unknown(tx, playbook.brand, coming_in.unique(arrivals, channel))
        found = await _group(tx, clocks, decider, coming, now, open_cases=open_cases)
        opened = [change.row["id"] for change in found.opened]
        if open_cases:
            opened += await _raise(tx, clocks, decider, coming, now=now)
        if cursor is not None and channel is not None:
            await _move_cursor(tx, playbook.brand, channel, cursor, now)
    return Ingested(
        stored=len(coming),
        duplicates=len(arrivals) - len(coming),
        opened=tuple(opened),
        joined=tuple(found.joined),
    )


async def cursor_of(ledger: Ledger, brand: str, channel: str) -> str | None:
    """Where to listen on from, or None before the first batch."""
    query = select(cursor_table.c.value).where(
        cursor_table.c.brand == brand, cursor_table.c.channel == channel
    )
    async with ledger.read() as tx:
        return (await tx.execute(query)).scalar_one_or_none()


async def _raise(
    tx: AsyncConnection,
    clocks: Clocks,
    decider: Decider,
    coming: Sequence[Coming],
    *,
    now: datetime,
) -> list[int]:
    """Link what came to its storm, and take in the event of one that it makes, as any other."""
    storm = await incidents.notice(tx, clocks.playbook.brand, coming, now)
    if storm is None:
        return []
    arrival = incidents.spike(storm)
    try:
        decider.decide(arrival.event)
    except Refused:  # the playbook gives it to nobody; what came is kept all the same
        return []
    [one] = coming_in.unique([arrival], None)
    found = await _group(tx, clocks, decider, [one], now, open_cases=True)
    number = found.opened[0].row["id"] if found.opened else None
    await incidents.routed(tx, storm, one.number, number, now)
    return [] if number is None else [number]


async def _group(
    tx: AsyncConnection,
    clocks: Clocks,
    decider: Decider,
    coming: list[Coming],
    now: datetime,
    *,
    open_cases: bool,
) -> grouping.Cases:
    playbook = clocks.playbook
    await enrich(tx, playbook, coming)
    numbers = await new_ids(tx, event_table, len(coming))
    for one, number in zip(coming, numbers, strict=True):
        one.number = number
        one.decision = decider.decide(one.event)
        quiet = one.event.ours or one.arrival.deleted or not open_cases
        one.play = Play.log if quiet else one.decision.outcome.play
    ours = [one for one in coming if one.event.ours and not one.arrival.deleted]
    await own_replies.link(tx, playbook.brand, ours, now)
    answered = await own_replies.answered(tx, playbook.brand, ours)
    about = {number for numbers in answered.values() for number in numbers}
    for one in coming:
        if one.arrival.deleted and one.earlier:
            one.case_number = one.earlier[-1]["case"]
            about |= {version["case"] for version in one.earlier} - {None}
    found = await grouping.load(tx, clocks, coming, now, asked_for=about)
    placed: dict[str, Coming] = {}
    for one in coming:
        _place(found, one, placed, answered)
    await _write(tx, playbook, coming, found, now)
    return found


def _place(
    found: grouping.Cases, one: Coming, placed: dict[str, Coming], answered: dict[str, set[int]]
) -> None:
    event = one.event
    if event.ours:
        parent = f"{one.channel} {event.parent}"
        if one.sent or one.arrival.deleted:
            return
        here = placed.get(parent)
        concerned = [found.known[number] for number in sorted(answered.get(parent, ()))]
        if here is not None and here.case is not None and here.case not in concerned:
            concerned.append(here.case)
        for case in concerned:
            own_replies.outside(found, one, case)
    elif one.arrival.deleted:
        grouping.deleted(found, one)
    elif one.play.opens_case:
        grouping.place(found, one)
        placed[f"{one.channel} {event.id}"] = one
    elif event.kind.startswith("conversation."):
        grouping.overhear(found, one, None)


async def _write(
    tx: AsyncConnection,
    playbook: Playbook,
    coming: Sequence[Coming],
    found: grouping.Cases,
    now: datetime,
) -> None:
    numbers = await new_ids(tx, case_table, len(found.opened))
    for change, number in zip(found.opened, numbers, strict=True):
        change.row["id"] = number
    await coming_in.store(tx, playbook.brand, playbook.hash, coming, now)
    lines = []
    for one in coming:
        assert one.decision is not None
        lines.append(
            journal.line(
                "event.stored",
                brand=playbook.brand,
                now=now,
                event=one.number,
                case=one.case_number if one.case is None else one.case.row["id"],
                role=one.decision.outcome.owner,
                code=one.decision.rule,
            )
        )
    await journal.write_all(tx, lines)
    await changes.save(tx, found.touched, now)


async def _move_cursor(
    tx: AsyncConnection, brand: str, channel: str, value: str, now: datetime
) -> None:
    row = {"brand": brand, "channel": channel, "value": value, "moved_at": now}
    statement = inserting(tx, cursor_table).values(**row)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["brand", "channel"], set_={"value": value, "moved_at": now}
        )
    )
