"""An edit can open a second case about the same message: two answers must not go out unseen."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

import pytest

from remit.ledger import Ledger, cases, drafts, publications, sending
from remit.ledger.ingest import ingest
from remit.model import (
    Message,
    Playbook,
    Prepared,
    Publication,
    Receipt,
    Refused,
    Ruling,
    State,
    Thread,
    Verdict,
)

LEASE = timedelta(minutes=5)


class Office:
    """Two cases about message 1: what was asked, and what an edit made of it."""

    def __init__(self, ledger: Ledger, playbook: Playbook, now: datetime) -> None:
        self.ledger, self.playbook, self.now = ledger, playbook, now

    async def approve(self, case: int, person: str, at: datetime | None = None) -> int:
        """Draft, show and approve an answer to message 1; the publication prepared."""
        at = at or self.now
        run = f"run-{case}"
        known = await cases.get(self.ledger, case)
        await cases.claim(self.ledger, case, known.attempt, run, at, LEASE)
        draft = await drafts.save(
            self.ledger,
            case,
            run,
            text=f"answer of case {case}",
            language="en",
            destination="bsky 1",
            template=None,
            now=at,
            lease=LEASE,
        )
        await drafts.await_approval(self.ledger, case, run, draft.id, at, LEASE, None)
        ruling = Ruling(
            case=case, draft=draft.id, verdict=Verdict.approve, person=person, via="form"
        )
        ruled = await drafts.rule_on(self.ledger, ruling, self.playbook, at, run=run)
        assert ruled.publication is not None, ruled.message
        await cases.renew(self.ledger, case, run, at, LEASE)
        return ruled.publication

    async def send(self, number: int, case: int, at: datetime | None = None) -> Publication:
        at = at or self.now
        publication = await publications.get(self.ledger, number)
        known = await cases.get(self.ledger, case)
        return await publications.begin_sending(
            self.ledger,
            number,
            run=f"run-{case}",
            prepared=Prepared(key=publication.key, body={}),
            hash=publication.hash,
            thread_revision=known.thread_revision,
            thread_read_at=at,
            playbook=self.playbook,
            now=at,
            deadline=at + timedelta(seconds=20),
        )


@pytest.fixture
async def both(ledger, deployed, decider, arrival, now):
    office = Office(ledger, deployed, now)
    first = await ingest(
        ledger, deployed, decider, [arrival("1", "refund please")], channel="bsky", now=now
    )
    edited = arrival("1", "crisis now", revision="2", after=5)
    second = await ingest(ledger, deployed, decider, [edited], channel="bsky", now=now)
    assert (await cases.get(ledger, second.opened[0])).subject == "1"
    return office, first.opened[0], second.opened[0]


async def test_while_one_answer_is_under_way_the_other_waits(both):
    office, asked, crisis = both
    mine, other = await office.approve(asked, "sari"), await office.approve(crisis, "ratna")
    await office.send(mine, asked)
    with pytest.raises(Refused) as refused:
        await office.send(other, crisis)
    assert refused.value.code == "unsettled"


async def test_an_answer_that_was_approved_before_the_other_was_seen_is_drafted_anew(both, now):
    office, asked, crisis = both
    mine, other = await office.approve(asked, "sari"), await office.approve(crisis, "ratna")
    await office.send(mine, asked)
    later = now + timedelta(seconds=3)
    receipt = Receipt(id="r1", time=later)
    await publications.record_published(office.ledger, mine, receipt, later)
    with pytest.raises(Refused) as refused:
        await office.send(other, crisis, later)
    assert refused.value.code == "thread_moved"


async def test_whoever_writes_after_the_first_answer_may_add_another(both, now):
    office, asked, crisis = both
    mine = await office.approve(asked, "sari")
    await office.send(mine, asked)
    out = now + timedelta(seconds=3)
    await publications.record_published(office.ledger, mine, Receipt(id="r1", time=out), out)
    later = now + timedelta(minutes=1)
    other = await office.approve(crisis, "ratna", later)
    assert (await office.send(other, crisis, later)).state == "sending"


async def test_an_answer_of_another_case_does_not_settle_this_one(both, now):
    office, asked, crisis = both
    mine = await office.approve(asked, "sari")
    await office.send(mine, asked)
    out = now + timedelta(seconds=10)
    key = (await publications.get(office.ledger, mine)).key
    await publications.record_published(office.ledger, mine, Receipt(id="r1", time=out), out)
    await office.approve(crisis, "ratna")
    edited = Message(
        id="1",
        revision="2",
        parent="root",
        author_id="did:tia",
        handle="tia.example",
        text="crisis now",
        time=now,
    )
    answer = edited.model_copy(
        update={"id": "r1", "revision": "1", "parent": "1", "author_id": "us", "ours": True}
        | {"key": key, "text": "answer", "time": out}
    )
    thread = Thread(root="root", messages=(edited, answer), read_at=out)
    case = await cases.thread_seen(office.ledger, crisis, thread, out)
    assert (case.state, case.outcome, case.draft) == (State.open, None, None)
    assert await cases.notice(office.ledger, crisis) == "answered_by_another"
    again = await cases.thread_seen(office.ledger, crisis, thread, out)
    assert again.thread_revision == case.thread_revision


async def test_of_two_that_send_at_once_one_goes_out(both, monkeypatch):
    office, asked, crisis = both
    both_have_looked = asyncio.Barrier(2)
    send = sending._send

    async def late(*args, **values):
        # Whoever has looked waits for the other to look too, and goes on alone if that cannot be.
        with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(1):
                await both_have_looked.wait()
        await send(*args, **values)

    monkeypatch.setattr(sending, "_send", late)
    mine, other = await office.approve(asked, "sari"), await office.approve(crisis, "ratna")
    ends = await asyncio.gather(
        office.send(mine, asked), office.send(other, crisis), return_exceptions=True
    )
    refused = [end for end in ends if isinstance(end, Refused)]
    assert [each.code for each in refused] == ["unsettled"]
    assert len([end for end in ends if isinstance(end, Publication)]) == 1
