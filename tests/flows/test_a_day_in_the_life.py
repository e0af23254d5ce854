"""Twenty-four hours of a Community Manager: 300 messages, with the time given and nothing slept.

From Sunday 2027-03-07 12:00 to Monday 12:00 in Jakarta; that Monday is a public holiday (Nyepi). Who owns
what, by when, whom the ladders and the reminders tell: all of it is pinned in `hari/expected`, and
right by these calculations.

Hours. cm works on weekends 08:00-22:00 and from Monday to Friday 08:00-13:00 and 14:00-22:00, and has
no holidays. smm and lead are closed on Sunday and on the holiday; lead can be called.

Due times (first response), by rule:
- asked, 4h business of cm. Sunday 12:00 -> 16:00. The last that is due the same day is asked at
  18:00 (-> 22:00, the close). 18:12 -> 3h48 until 22:00, and 12 minutes from Monday 08:00: 08:12.
  20:00 -> 10:00. Asked in the night, 22:12 to 07:48 -> counted from 08:00: Monday 12:00. Monday 08:12
  -> 12:12. 09:12 -> 3h48 until 13:00, the break, 12 minutes from 14:00: 14:12. 11:48 -> 1h12 and
  2h48 from 14:00: 16:48.
- refund, 1h: 13:05 -> 14:05 and so on; 21:05 -> 55 minutes, and 5 from Monday 08:00: 08:05. 22:05,
  23:05, 00:05 and 06:05 -> 09:00. 08:05 -> 09:05, 09:05 -> 10:05, 10:05 -> 11:05. Resolution `2d` of
  Sunday 13:05 -> the same time on the second working day after: Tuesday 13:05 lies in the break, so
  it is Tuesday's close, 22:00; of 14:05 -> Tuesday 14:05.
- quarrel, 2h: 20:30 -> 1h30 until 22:00, 30 minutes from 08:00: Monday 08:30. 20:32 -> 08:32.
- crisis, 30m on the calendar: 23:10 -> 23:40. 00:30 -> 01:00.
- press, 4h of smm: Sunday 15:00 -> Monday is a holiday, so from Tuesday 09:00: 13:00.

Cases. Each author in a thread is one case. 120 messages of the storm are by 110 people; ten write
twice into their own thread, and the second joins. The two who quarrel are two cases, of three messages
each. k1 writes twice: one case, k2 another. Audience reactions open none.

Ladders are counted from the minute in which a message is taken in, the one after it was written. Crisis
of 23:10: rung 1 at 23:11, 2 at 23:26; 3 would be at 23:41, but at 23:40 the answer is missed and the
ladder starts again: rung 1 at 23:40; at 23:50 bayu has it, and 23:55 is not climbed. Crisis of 00:30:
rung 1 at 00:31, and at 00:35 bayu has it; at 01:00 the answer is missed, which starts it again: 01:00,
01:15, 01:30. cm is closed then, and so is its backup, whose lead can be called: ratna hears all of it.
The quarrel: rung 1 to sari and bayu at once (20:31 and 20:33), the lead an hour later; its answers are
missed on Monday 08:30 and 08:32, when sari is on leave and bayu stands in.

Reminders. A quarter of the time before a due time, at most four hours, and when it is missed, whoever
works is told; what falls into the night waits for 08:00, in one message. On Sunday sari and bayu are
told, on Monday bayu alone.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from flows import escalation, storms
from flows.clocks import clocks_of
from flows.desk import Desk
from flows.notify import remind
from flows.windows import reply_windows
from remit.ledger import Ledger, absences, advance, bundles, cases, steps, tables
from remit.ledger.ingest import ingest
from remit.model import Arrival, Author, Event
from remit.playbook import load_playbook, read_bundle

HERE = Path(__file__).parent / "hari"
ZONE = ZoneInfo("Asia/Jakarta")
START = datetime(2027, 3, 7, 12, tzinfo=ZONE)
END = START + timedelta(days=1)
TICK = timedelta(minutes=5)
REACTIONS = 34


def at(clock: str) -> datetime:
    """`13:05` after noon is Sunday's, before it Monday's."""
    hour, minute, *second = map(int, clock.split(":"))
    day = START if hour >= 12 else END
    return day.replace(hour=hour, minute=minute, second=second[0] if second else 0)


@dataclass
class Writing:
    """The 300 messages."""

    arrivals: list[Arrival] = field(default_factory=list)

    def say(
        self,
        time: datetime,
        who: str,
        text: str | None,
        *,
        thread: str | None = None,
        kind: str = "conversation.mention",
    ) -> None:
        number = f"m{len(self.arrivals) + 1}"
        author = Author(id=who, handle=who, relation="press" if who == "jurnalis" else None)
        event = Event(
            id=number,
            kind=kind,
            platform="sandbox",
            channel="toko",
            time=time,
            text=text,
            language="id",
            thread=thread or number,
            parent=thread,
            author=author,
        )
        self.arrivals.append(Arrival(event=event))


def written() -> Writing:
    day = Writing()
    for number in range(120):
        day.say(
            START + timedelta(minutes=12 * number), f"t{number + 1}", "buka sampai jam berapa kak?"
        )
    for number, hour in enumerate((*range(13, 24), 0, 6, 8, 9, 10), 1):
        day.say(
            at(f"{hour}:05"),
            f"r{number}",
            "uang kembali dong, salah pesan" if number % 2 else "refund please",
        )
    threads: dict[str, str] = {}
    for number in range(120):
        who = f"p{number % 110 + 1}"
        time = at("19:00") + timedelta(seconds=5 * number)
        thread = threads.get(who)
        day.say(time, who, "voucher gagal terus!!", thread=thread)
        threads.setdefault(who, f"m{len(day.arrivals)}")
    first = f"m{len(day.arrivals) + 1}"
    for number in range(6):
        who = "q1" if number % 2 == 0 else "q2"
        day.say(
            at("20:30") + timedelta(minutes=2 * number),
            who,
            "lo yang tipu, ayo berantem",
            thread=first,
        )
    crisis = f"m{len(day.arrivals) + 1}"
    day.say(at("23:10"), "k1", "adik gw keracunan kopi kalian")
    day.say(at("23:12"), "k1", "ini racun namanya", thread=crisis)
    day.say(at("00:30"), "k2", "food poisoning after your latte")
    day.say(at("15:00"), "jurnalis", "boleh wawancara soal kopi susu?")
    for number in range(REACTIONS):
        time = START + timedelta(minutes=40 * number + 3)
        day.say(time, f"a{number}", None, kind="audience.reaction", thread="post")
    day.arrivals.sort(key=lambda each: each.event.time)
    return day


def minutes(day: Writing) -> Iterator[tuple[datetime, list[Arrival]]]:
    """Every tick, with what has arrived since the one before."""
    times = {START + TICK * number for number in range(1, int((END - START) / TICK) + 1)}
    times |= {each.event.time.replace(second=0) + timedelta(minutes=1) for each in day.arrivals}
    times |= {at("23:50"), at("00:35")}
    coming = iter(
        groupby(day.arrivals, key=lambda each: min(t for t in times if t > each.event.time))
    )
    by_tick = {tick: list(some) for tick, some in coming}
    for tick in sorted(times):
        yield tick, by_tick.get(tick, [])


class Day(Desk):
    """The desk of that day: its clock is moved by hand, and nobody is reached over a network."""

    def __init__(self, ledger: Ledger) -> None:
        self.time = START
        super().__init__(ledger, lambda: self.time)


@dataclass
class Lived:
    day: Writing
    ledger: Ledger
    lines: list[str]


@pytest.fixture
async def lived(tmp_path, monkeypatch) -> AsyncIterator[Lived]:
    """The whole day, lived once."""
    monkeypatch.delenv("HARI_NOTIFY", raising=False)
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    desk = Day(ledger)
    bundle, playbook = read_bundle(HERE), load_playbook(HERE)
    await bundles.keep(ledger, bundle, playbook.brand, START)
    await bundles.deploy(ledger, playbook.brand, bundle.hash, START)
    await absences.record(
        ledger, "hari", "sari", END.date(), END.date(), cover="bayu", by="ratna", now=START
    )
    day = written()
    router = await desk.router(playbook)
    for tick, arrivals in minutes(day):
        desk.time = tick
        clocks = await clocks_of(desk, playbook)
        if arrivals:
            await ingest(
                ledger,
                playbook,
                router,
                arrivals,
                channel="toko",
                cursor=arrivals[-1].event.id,
                now=tick,
                holidays=clocks.holidays,
                promised=clocks.promised,
                windows=clocks.windows,
            )
        await advance.advance(ledger, "hari", playbook, tick, windows=reply_windows(playbook))
        await storms.watch(desk, playbook)
        if tick in {at("23:50"), at("00:35")}:
            for case in await cases.find(ledger, "hari", unfinished=True):
                if case.rule == "crisis" and case.acknowledged_at is None:
                    await cases.acknowledge(ledger, case.id, "bayu", "cli", tick)
        for rung in await steps.pending(ledger, "hari"):
            claimed = await steps.claim(ledger, rung.id, f"run-{rung.id}", tick, TICK)
            case = await cases.get(ledger, rung.case)
            await escalation.climb(desk, claimed, case, playbook)
        await remind(desk, playbook)
    yield Lived(day, ledger, await told(ledger, day))
    await ledger.close()


def clock(time: datetime | None) -> str:
    return "-" if time is None else f"{time.astimezone(ZONE):%a %H:%M}"


async def told(ledger: Ledger, day: Writing) -> list[str]:
    """Cases, ladders and notifications, a line each."""
    lines = ["cases: number, asked, rule, owner, who, answer due, resolution due, storm"]
    names: dict[int, str] = {}
    for case in await cases.find(ledger, "hari"):
        async with ledger.read() as tx:
            events = tables.event.c
            first = (
                await tx.execute(
                    select(events.time, tables.said.c.author_id)
                    .outerjoin(tables.said, tables.said.c.event == events.id)
                    .where(events.case == case.id)
                    .order_by(events.id)
                    .limit(1)
                )
            ).one()
        names[case.id] = who = first.author_id or "-"
        lines.append(
            f"{case.id} {clock(first.time)} {case.rule} {case.owner} {who} "
            f"{clock(case.first_response_due)} {clock(case.resolution_due)} {case.incident or '-'}"
        )
    step, told_, about = tables.step.c, tables.notification.c, tables.reminder.c
    async with ledger.read() as tx:
        lines += ["steps: due, who, rung, notify, what came of it"]
        query = select(step.due_at, step.case, step["index"], step.notify, step.code)
        lines += [
            f"{clock(due)} {names[case]} {index + 1} {notify} {code}"
            for due, case, index, notify, code in await tx.execute(
                query.order_by(step.due_at, step.id)
            )
        ]
        lines += ["told on a step: when, who, in which role, of whose case"]
        query = select(told_.at, told_.person, told_.role, told_.case)
        lines += [
            f"{clock(time)} {person} {role} {names[case]}"
            for time, person, role, case in await tx.execute(query.order_by(told_.at, told_.id))
        ]
        lines += ["reminded: not before, who, of what, of whose case, and what came of it"]
        query = select(about.after, about.person, about.kind, about.case, about.code)
        lines += [
            f"{clock(time)} {person} {kind} {names[case]} {code or 'untold'}"
            for time, person, kind, case, code in await tx.execute(
                query.order_by(about.after, about.person, about.kind, about.case)
            )
        ]
    return lines


async def test_the_day_is_as_reckoned_by_hand(lived):
    path = HERE / "expected"
    if "REMIT_WRITE_DAY" in os.environ:
        path.write_text("\n".join(lived.lines) + "\n", "utf-8")
    assert lived.lines == path.read_text("utf-8").splitlines()
