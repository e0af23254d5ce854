"""Events a second that the ledger takes in, beside a bare INSERT of the rows that this makes.

    python -m benchmarks.ingest [--events 10000] [--rounds 3] [--url DATABASE_URL] [--json]

Ingesting deduplicates, decides with the sample brand's rules, groups into cases and writes, 500
events a transaction. The peer writes the same event, said, journal and case rows, as they ended
up, in the same batches into an empty database of the same kind; it decides nothing. Each round
does both, and the figure is the median round's. The events: two of five are reactions that ask
nobody; the rest are messages, of which one in seven is its author's next one in a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from benchmarks._databases import fresh_ledger
from benchmarks._print import Figure, progress, show
from flows.calendars import PublicHolidays
from remit.decide import Router
from remit.ledger import Ledger
from remit.ledger.ingest import ingest
from remit.ledger.tables import case, event, journal, said
from remit.model import Arrival, Author, Event, Playbook
from remit.playbook import load_playbook

BATCH = 500
BRAND = Path(__file__).resolve().parents[1] / "playbooks" / "kopi"
START = datetime(2027, 3, 1, 2, tzinfo=UTC)
SAYINGS = (
    ("pesanan saya blm dateng, nunggu dari jam 7 nih", "id"),
    ("saldo kepotong 2x pas scan QR, balikin duitnya dong", "id"),
    ("kak cabang dago buka jam brp ya?", "id"),
    ("not gonna lie, best coffee on that street, love it", "en"),
    ("please bring back the jackfruit latte", "en"),
    ("SLOT GACOR malam ini, klik link di profil", "id"),
    ("hujan deras di sini, enaknya ngapain ya", "id"),
)
_TABLES: tuple[Table, ...] = (event, said, journal, case)
Rows = list[list[tuple[Table, list[dict[str, Any]]]]]
"""For each batch what it wrote, by table."""


@dataclass(frozen=True)
class Round:
    """Seconds that each side took for all events."""

    ingested: float
    again: float
    inserted: float


def synthetic(count: int, seed: int = 1) -> list[Arrival]:
    """Messages and reactions of invented people; the same seed, the same events."""
    chance = random.Random(seed)
    made: list[Arrival] = []
    threads: list[tuple[str, str]] = []
    for number in range(count):
        at = START + timedelta(seconds=number)
        person = f"person{chance.randrange(count)}"
        fields: dict[str, Any] = {"kind": "audience.reaction", "thread": "p-ours"}
        if chance.random() < 0.6:
            words, language = chance.choice(SAYINGS)
            thread = f"t{number}"
            if threads and chance.random() < 1 / 7:
                thread, person = chance.choice(threads[-2000:])
            else:
                threads.append((thread, person))
            fields = {
                "kind": chance.choice(("conversation.mention", "conversation.comment")),
                "text": words,
                "language": language,
                "thread": thread,
            }
        author = Author(id=person, handle=person, followers=chance.randrange(5000))
        made.append(
            Arrival(
                event=Event(
                    id=f"e{number}",
                    platform="sandbox",
                    channel="toko",
                    time=at,
                    author=author,
                    **fields,
                )
            )
        )
    return made


def batches(arrivals: Sequence[Arrival]) -> list[Sequence[Arrival]]:
    return [arrivals[start : start + BATCH] for start in range(0, len(arrivals), BATCH)]


async def _take_in(
    ledger: Ledger, playbook: Playbook, router: Router, arrivals: Sequence[Arrival]
) -> tuple[float, list[dict[str, int]]]:
    """Seconds, and after each batch the highest number in each table."""
    took = 0.0
    marks: list[dict[str, int]] = []
    for number, some in enumerate(batches(arrivals)):
        began = time.perf_counter()
        await ingest(
            ledger,
            playbook,
            router,
            some,
            channel="toko",
            cursor=str(number),
            now=some[-1].event.time,
            holidays=_HOLIDAYS,
        )
        took += time.perf_counter() - began
        await _analyse(ledger)
        async with ledger.read() as tx:
            marks.append(
                {
                    table.name: (await tx.execute(select(func.max(_key(table))))).scalar() or 0
                    for table in _TABLES
                }
            )
    return took, marks


async def _analyse(ledger: Ledger) -> None:
    """PostgreSQL knows how large its tables are: autovacuum sees to it, once a minute."""
    if ledger.dialect == "postgresql":
        async with ledger.write() as tx:
            await tx.execute(text("ANALYZE"))


_HOLIDAYS = PublicHolidays()


def _key(table: Table) -> Any:  # noqa: ANN401 - a column of any type
    return table.c.event if table is said else table.c.id


async def _written(ledger: Ledger, marks: Sequence[Mapping[str, int]]) -> Rows:
    """Every row, with the batch that made it."""
    found: Rows = []
    before: Mapping[str, int] = dict.fromkeys((table.name for table in _TABLES), 0)
    async with ledger.read() as tx:
        for mark in marks:
            made = []
            for table in _TABLES:
                key = _key(table)
                query = select(table).where(key > before[table.name], key <= mark[table.name])
                made.append((table, [dict(row) for row in (await tx.execute(query)).mappings()]))
            found.append(made)
            before = mark
    return found


async def _insert(ledger: Ledger, written: Rows) -> float:
    began = time.perf_counter()
    for batch in written:
        async with ledger.write() as tx:
            for table, rows in batch:
                if rows:
                    await tx.execute(insert(table), rows)
    return time.perf_counter() - began


async def one_round(url: str | None, playbook: Playbook, arrivals: Sequence[Arrival]) -> Round:
    """Both sides once, each on a database of its own."""
    router = Router(playbook, _HOLIDAYS)
    async with fresh_ledger(url) as ledger:
        ingested, marks = await _take_in(ledger, playbook, router, arrivals)
        again, after = await _take_in(ledger, playbook, router, arrivals)
        assert after[-1] == marks[-1], "taking in the same again has written rows"
        written = await _written(ledger, marks)
    async with fresh_ledger(url) as ledger:
        inserted = await _insert(ledger, written)
    return Round(ingested, again, inserted)


async def measure(events: int, rounds: int, url: str | None) -> list[Figure]:
    playbook = load_playbook(BRAND)
    arrivals = synthetic(events)
    done = []
    for number in range(rounds):
        done.append(await one_round(url, playbook, arrivals))
        progress(f"round {number + 1} of {rounds}: {done[-1]}")
    peer = events / median(each.inserted for each in done)

    def rate(seconds: Iterable[float]) -> float:
        return round(events / median(seconds), 1)

    kind = "PostgreSQL" if url else "SQLite"
    return [
        Figure(
            f"ingest, {kind}, beside a bare INSERT of its rows",
            rate(each.ingested for each in done),
            "events/s",
            round(peer, 1),
        ),
        Figure(f"ingest of the same again, {kind}", rate(e.again for e in done), "events/s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help="postgresql://...; without it, a fresh SQLite file")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    show(asyncio.run(measure(given.events, given.rounds, given.url)), as_json=given.json)


if __name__ == "__main__":
    main()
