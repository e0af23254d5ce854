"""People are told over a real HTTP address: reminders, digests, steps of an escalation, failures."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from flows.desk import Desk
from flows.escalation import climb
from flows.notify import remind
from remit.ledger import Ledger, absences, cases, reminders, steps, tables
from remit.model import (
    Approval,
    Duration,
    Hours,
    LedgerError,
    Notify,
    Person,
    Playbook,
    Role,
    Shift,
    Span,
)

NOON = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""A Monday noon in Jakarta."""
_HOURS = Hours(week=((Span(since=480, until=1320),),) * 7)
PLAYBOOK = Playbook(
    hash="playbook-1",
    brand="kopi",
    timezone="Asia/Jakarta",
    people={name: Person(id=name, name=name) for name in ("sari", "bayu", "dewi", "ratna")},
    roles={
        "smm": Role(id="smm", title="SMM", hours=_HOURS, people=("dewi",)),
        "cm": Role(id="cm", title="CM", hours=_HOURS, people=("sari", "bayu"), backup="lead"),
        "lead": Role(id="lead", title="Lead", hours=_HOURS, people=("ratna",), on_call=True),
    },
    shifts={"cm": (Shift(people=("sari",), hours=_HOURS),)},
    approvals={"replies": Approval(id="replies", by=("cm",))},
    notify={name: Notify(to=f"env:KOPI_{name.upper()}") for name in ("sari", "bayu", "ratna")},
)


class Inbox(ThreadingHTTPServer):
    """What arrived, by the path of the person; `refuses` answers 500."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.got: list[tuple[str, str, str]] = []
        self.refuses = False

    def address(self, person: str) -> str:
        return f"json://127.0.0.1:{self.server_address[1]}/{person}"


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        inbox = self.server
        assert isinstance(inbox, Inbox)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not inbox.refuses:
            inbox.got.append((self.path.strip("/"), said["title"], said["message"]))
        self.send_response(500 if inbox.refuses else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: a test has its own output."""


class SetDesk(Desk):
    """A desk whose clock stands where the test sets it."""

    at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    server = Inbox()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    for person in PLAYBOOK.notify:
        monkeypatch.setenv(f"KOPI_{person.upper()}", server.address(person))
    monkeypatch.delenv("PREFECT_UI_URL", raising=False)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[SetDesk]:
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield SetDesk(ledger)
    await ledger.close()


async def a_case(desk: Desk, **over: Any) -> int:
    values = {
        "brand": "kopi",
        "state": "awaiting_approval",
        "rule": "refund",
        "owner": "cm",
        "severity": "normal",
        "play": "reply",
        "channel": "toko",
        "platform": "sandbox",
        "subject": "m1",
        "subject_event": 1,
        "correlation_key": "key",
        "topics": [],
        "approval": "replies",
        "consulted": [],
        "informed": [],
        "escalation": [],
        "playbook": "playbook-1",
        "opened_at": NOON - timedelta(hours=1),
        "last_event_at": NOON - timedelta(hours=1),
        "first_response_due": NOON + timedelta(hours=2),
    }
    async with desk.ledger.write() as tx:
        made = await tx.execute(insert(tables.case).values(**(values | over)))
        assert made.inserted_primary_key is not None
        return int(made.inserted_primary_key[0])


def wanting(**said: Any) -> Playbook:
    """As sari wants it."""
    notify_ = {**PLAYBOOK.notify, "sari": Notify(to="env:KOPI_SARI", **said)}
    return PLAYBOOK.model_copy(update={"notify": notify_})


async def codes(desk: Desk) -> dict[str, str | None]:
    return {one.person: one.code for one in await reminders.of_brand(desk.ledger, "kopi")}


async def test_a_decision_that_waits_is_told_to_who_is_on_shift(desk, inbox):
    await a_case(desk)

    assert await remind(desk, PLAYBOOK) == 1
    assert await remind(desk, PLAYBOOK) == 0

    assert inbox.got == [
        (
            "sari",
            "normal: case 1 of kopi waits for your decision",
            "Case 1 (normal, cm, rule refund) waits for your decision; answer due 14:00.",
        )
    ]


async def test_a_digest_is_one_message_with_what_is_late_on_top(desk, inbox):
    playbook = wanting(digest=(13 * 60,))
    for number in (1, 2):
        await a_case(desk, subject=f"m{number}", first_response_due=None)
    assert await remind(desk, playbook) == 0
    due = NOON + timedelta(minutes=59)
    await a_case(desk, state="open", first_response_due=due, overdue_at=due)
    desk.at = NOON + timedelta(hours=1)

    assert await remind(desk, playbook) == 1

    assert inbox.got == [
        (
            "sari",
            "kopi: 3 cases to look at, 1 late",
            (
                "Case 3 (normal, cm, rule refund): the answer is late since 12:59.\n"
                "Case 1 (normal, cm, rule refund) waits for your decision.\n"
                "Case 2 (normal, cm, rule refund) waits for your decision."
            ),
        )
    ]


async def test_every_kind_has_its_sentence(desk, inbox):
    soon = NOON + timedelta(minutes=10)
    await a_case(
        desk,
        state="open",
        consulted=["cm"],
        informed=["lead"],
        handoff_to="cm",
        owner="lead",
        handoff_expires_at=NOON + timedelta(hours=4),
        first_response_due=soon,
        warned_at=NOON,
    )
    await a_case(
        desk, state="waiting", waiting_for="author", waiting_since=NOON, warned_at=NOON,
    )  # fmt: skip

    await remind(desk, PLAYBOOK)

    texts = {person: body.splitlines() for person, _, body in inbox.got}
    assert texts == {
        "sari": [
            "Case 2 (normal, cm, rule refund) has waited long for author: ask again, or settle it.",
            (
                "Case 1 (normal, lead, rule refund) is offered to cm, until 16:00. "
                "Take it with: remit handoff 1 --accept"
            ),
            (
                "Case 1 (normal, lead, rule refund): your advice is asked for before it is answered; "
                "answer due 12:10."
            ),
        ],
        "ratna": [
            "Case 1 (normal, lead, rule refund) is due soon; answer due 12:10.",
            "Case 1 (normal, lead, rule refund) was opened; lead need do nothing.",
        ],
    }


async def test_a_long_list_names_the_first_and_counts_the_rest(desk, inbox):
    for number in range(25):
        await a_case(desk, subject=f"m{number}")
    await remind(desk, PLAYBOOK)
    ((_, title, body),) = inbox.got
    assert title == "kopi: 25 cases to look at"
    assert len(body.splitlines()) == 21
    assert body.endswith("\nAnd 5 more: remit cases")


async def test_what_is_no_longer_so_when_it_could_be_told_is_not(desk, inbox):
    playbook = wanting(quiet=Span(since=660, until=780))
    case = await a_case(desk)
    await remind(desk, playbook)
    await cases.resolve(desk.ledger, case, "bayu", "by phone", "cli", desk.now())
    desk.at = NOON + timedelta(hours=2)
    assert await remind(desk, playbook) == 0
    assert inbox.got == []
    assert await codes(desk) == {"sari": "moot"}


async def test_a_refused_message_is_sent_again_and_none_is_lost(desk, inbox):
    await a_case(desk)
    inbox.refuses = True
    assert await remind(desk, PLAYBOOK) == 0
    assert await codes(desk) == {"sari": "failed"}
    inbox.refuses = False
    assert await remind(desk, PLAYBOOK) == 0  # five minutes later, not at once
    desk.at = NOON + timedelta(minutes=5)
    assert await remind(desk, PLAYBOOK) == 1
    assert await codes(desk) == {"sari": "delivered"}


async def test_a_crash_before_it_is_written_down_repeats_a_message_and_loses_none(
    desk, inbox, monkeypatch
):
    await a_case(desk)

    async def dies(*_: object) -> None:
        raise LedgerError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(reminders, "told", dies)
        assert await remind(desk, PLAYBOOK) == 0
    assert await remind(desk, PLAYBOOK) == 1
    assert [person for person, _, _ in inbox.got] == ["sari", "sari"]


async def test_whoever_has_no_address_is_written_down(desk, inbox):
    await a_case(desk, informed=["smm"])
    await remind(desk, PLAYBOOK)
    assert await codes(desk) == {"sari": "delivered", "dewi": "no_address"}


async def test_nothing_that_a_service_does_stops_the_tick(desk, monkeypatch):
    await a_case(desk)
    monkeypatch.setenv("KOPI_SARI", "no address at all")
    assert await remind(desk, PLAYBOOK) == 0
    assert await codes(desk) == {"sari": "failed"}

    async def breaks(*_: object, **__: object) -> bool:
        raise RuntimeError("a service's own mistake")

    monkeypatch.setenv("KOPI_SARI", "json://127.0.0.1:9/")
    monkeypatch.setattr("apprise.Apprise.async_notify", breaks)
    desk.at = NOON + timedelta(minutes=5)
    assert await remind(desk, PLAYBOOK) == 0
    assert await codes(desk) == {"sari": "failed"}


# Steps of an escalation --------------------------------------------------------------------------


async def a_rung(desk: Desk, case: int, told: str = "owner") -> steps.StepRow:
    async with desk.ledger.write() as tx:
        await tx.execute(
            update(tables.case)
            .where(tables.case.c.id == case)
            .values(ladder_started_at=NOON, ladder_step=1)
        )
        await tx.execute(
            insert(tables.step).values(
                case=case, ladder_started_at=NOON, index=0, notify=told, due_at=NOON
            )
        )
    return (await steps.of_case(desk.ledger, case))[-1]


async def taken(desk: Desk, case: int, playbook: Playbook, told: str = "owner") -> dict[str, str]:
    rung = await a_rung(desk, case, told)
    await climb(desk, rung, await cases.get(desk.ledger, case), playbook)
    return await steps.notified(desk.ledger, rung.id)


async def test_a_step_tells_who_is_on_shift(desk, inbox):
    assert await taken(desk, await a_case(desk), PLAYBOOK) == {"sari": "delivered"}
    assert inbox.got == [
        (
            "sari",
            "normal: case 1 of kopi waits for cm",
            (
                "Case 1 (normal, cm, rule refund) has nobody yet; answer due 14:00. "
                "Take it with: remit ack 1, or in the form of its run.\n"
                "This is step 1 of its escalation."
            ),
        )
    ]


async def test_a_step_tells_who_stands_in(desk, inbox):
    day = date(2027, 3, 1)
    await absences.record(desk.ledger, "kopi", "sari", day, day, cover="ratna", now=NOON)
    assert await taken(desk, await a_case(desk), PLAYBOOK) == {"ratna": "delivered"}


async def test_a_step_at_night_reaches_who_is_on_call(desk, inbox):
    desk.at = NOON + timedelta(hours=14)
    assert await taken(desk, await a_case(desk), PLAYBOOK) == {"ratna": "delivered"}


async def test_a_step_that_reaches_nobody_says_so(desk, inbox):
    day = date(2027, 3, 1)
    for person in ("sari", "bayu", "ratna"):
        await absences.record(desk.ledger, "kopi", person, day, day, now=NOON)
    case = await a_case(desk)
    assert await taken(desk, case, PLAYBOOK) == {}
    async with desk.ledger.read() as tx:
        code = (await tx.execute(select(tables.step.c.code))).scalar_one()
    assert code == "nobody"


@pytest.mark.parametrize(
    ("severity", "code"),
    [("low", "quiet"), ("normal", "quiet"), ("high", "delivered"), ("critical", "delivered")],
)
async def test_quiet_hours_hold_back_what_is_neither_high_nor_critical(desk, inbox, severity, code):
    playbook = wanting(quiet=Span(since=660, until=780))
    case = await a_case(desk, severity=severity, state="open", first_response_due=None)
    assert await taken(desk, case, playbook) == {"sari": code}
    assert len(inbox.got) == (code == "delivered")

    desk.at = NOON + timedelta(hours=1)
    await remind(desk, playbook)

    assert [title for _, title, _ in inbox.got] == [
        f"{severity}: case 1 of kopi has nobody yet"
        if code == "quiet"
        else f"{severity}: case 1 of kopi waits for cm"
    ]


async def test_a_step_that_waited_is_not_told_once_somebody_has_the_case(desk, inbox):
    playbook = wanting(quiet=Span(since=660, until=780))
    case = await a_case(desk, state="open", first_response_due=None)
    await taken(desk, case, playbook)
    await cases.acknowledge(desk.ledger, case, "bayu", "cli", NOON + timedelta(minutes=30))
    desk.at = NOON + timedelta(hours=1)
    assert await remind(desk, playbook) == 0
    assert inbox.got == []


async def test_a_step_that_could_not_be_delivered_is_told_again(desk, inbox):
    inbox.refuses = True
    case = await a_case(desk, state="open", first_response_due=None)
    assert await taken(desk, case, PLAYBOOK) == {"sari": "failed"}
    inbox.refuses = False
    desk.at = NOON + timedelta(minutes=5)
    assert await remind(desk, PLAYBOOK) == 1
    assert [title for _, title, _ in inbox.got] == ["normal: case 1 of kopi has nobody yet"]


async def test_a_ladder_that_is_through_is_told_again_every_half_hour(desk, inbox):
    playbook = wanting(repeat=Duration(seconds=1800))
    one = {"after": {"days": 0, "seconds": 0}, "notify": "owner"}
    case = await a_case(desk, state="open", first_response_due=None, escalation=[one])
    await taken(desk, case, playbook)
    told = []
    for minutes in (15, 30, 45, 60):
        desk.at = NOON + timedelta(minutes=minutes)
        told.append(await remind(desk, playbook))
    assert told == [0, 1, 0, 1]
    await cases.acknowledge(desk.ledger, case, "sari", "cli", desk.now())
    desk.at = NOON + timedelta(minutes=90)
    assert await remind(desk, playbook) == 0
