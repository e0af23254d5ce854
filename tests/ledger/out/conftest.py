"""Cases, approved replies and approved campaigns, made as a run and a person make them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from remit.ledger import Ledger, cases, drafts, outbox, publications, slots, tables
from remit.model import (
    Brief,
    BriefPost,
    Duration,
    Playbook,
    Prepared,
    Publication,
    PublicationState,
    Receipt,
    Ruling,
    Slot,
    Verdict,
)

LEASE = timedelta(minutes=5)


class Stage:
    """What the tests of this folder play on. Times are counted from `now`."""

    def __init__(self, ledger: Ledger, playbook: Playbook, now: datetime) -> None:
        self.ledger, self.playbook, self.now = ledger, playbook, now

    def at(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)

    async def event(self, number: int = 1, **over: Any) -> int:
        """A comment as the ledger stores it."""
        values = {
            "brand": "kopi",
            "channel": "bsky",
            "platform": "bluesky",
            "platform_id": f"m{number}",
            "revision": "1",
            "kind": "conversation.comment",
            "time": self.now,
            "stored_at": self.now,
            "thread": "root",
            "rule": "refund",
            "owner": "cm",
            "severity": "normal",
            "play": "reply",
            "topics": [],
            "playbook": self.playbook.hash,
        }
        async with self.ledger.write() as tx:
            made = await tx.execute(insert(tables.event).values(**(values | over)))
            assert made.inserted_primary_key is not None
            return int(made.inserted_primary_key[0])

    async def case(self, number: int = 1, **over: Any) -> int:
        """An open case with its event and its row in the outbox."""
        event = await self.event(number)
        values = {
            "brand": "kopi",
            "state": "open",
            "rule": "refund",
            "owner": "cm",
            "severity": "normal",
            "play": "reply",
            "channel": "bsky",
            "platform": "bluesky",
            "thread": "root",
            "subject": f"m{number}",
            "subject_event": event,
            "correlation_key": f"key{number}",
            "topics": [],
            "approval": "replies",
            "consulted": [],
            "informed": [],
            "escalation": [],
            "playbook": self.playbook.hash,
            "opened_at": self.now,
            "last_event_at": self.now,
        }
        async with self.ledger.write() as tx:
            made = await tx.execute(insert(tables.case).values(**(values | over)))
            assert made.inserted_primary_key is not None
            case = int(made.inserted_primary_key[0])
            await tx.execute(
                update(tables.event).where(tables.event.c.id == event).values(case=case)
            )
            await outbox.put(
                tx, "kopi", outbox.OPENED, case=case, attempt=1, role="cm", now=self.now
            )
        return case

    async def change(self, table: str, number: int, **values: Any) -> None:
        """Set columns of a row, past every rule of the house."""
        where = tables.metadata.tables[table]
        async with self.ledger.write() as tx:
            await tx.execute(update(where).where(where.c.id == number).values(**values))

    async def row(self, table: str, number: int) -> Any:
        where = tables.metadata.tables[table]
        async with self.ledger.read() as tx:
            return (await tx.execute(select(where).where(where.c.id == number))).one()

    async def drafted(self, case: int, run: str = "run-1") -> int:
        """The run claims the case and drafts; the form is shown."""
        claimed = await cases.claim(
            self.ledger,
            case,
            (await cases.get(self.ledger, case)).attempt,
            run,
            self.now,
            LEASE,
        )
        draft = await drafts.save(
            self.ledger,
            case,
            run,
            text="Maaf ya, kami bantu.",
            language="id",
            destination=f"bsky {claimed.subject}",
            template="sorry",
            now=self.now,
            lease=LEASE,
        )
        await drafts.await_approval(
            self.ledger, case, run, draft.id, self.now, LEASE, self.at(86400)
        )
        return draft.id

    async def ruled(
        self, case: int, draft: int, person: str = "sari", verdict: str = "approve", **more: Any
    ) -> Any:
        ruling = Ruling(
            case=case, draft=draft, verdict=Verdict(verdict), person=person, via="form", **more
        )
        return await drafts.rule_on(self.ledger, ruling, self.playbook, self.now)

    async def reply(self, case: int | None = None, run: str = "run-1") -> Publication:
        """A reply that was drafted, approved by sari, and is held by the run."""
        number = await self.case() if case is None else case
        ruled = await self.ruled(number, await self.drafted(number, run))
        assert ruled.accepted, ruled.message
        await cases.renew(self.ledger, number, run, self.now, LEASE)
        return await publications.get(self.ledger, ruled.publication)

    async def begin(self, publication: Publication, **over: Any) -> Publication:
        """The sending commit, as a run that did everything right asks for it."""
        assert publication.case is not None
        case = await cases.get(self.ledger, publication.case)
        values: dict[str, Any] = {
            "run": "run-1",
            "prepared": Prepared(key=publication.key, body={"text": "Maaf ya, kami bantu."}),
            "hash": publication.hash,
            "thread_revision": None if publication.slot else case.thread_revision,
            "thread_read_at": None if publication.slot else over.get("now", self.now),
            "playbook": self.playbook,
            "now": self.now,
            "deadline": over.get("now", self.now) + timedelta(seconds=30),
        }
        return await publications.begin_sending(self.ledger, publication.id, **(values | over))

    async def published(self, publication: Publication, platform_id: str = "p1") -> Publication:
        await self.begin(publication)
        receipt = Receipt(id=platform_id, url=None, time=self.now)
        return await publications.record_published(self.ledger, publication.id, receipt, self.now)

    async def campaign(
        self, *posts: BriefPost, writer: str | None = "dewi", approve: bool = True
    ) -> list[Slot]:
        """A campaign that dewi wrote and ratna approved."""
        case = await self.case(
            900, rule="brief", owner="smm", play="campaign", approval="campaigns"
        )
        shown = posts or (self.post("a", 60), self.post("b", 120))
        brief = Brief(id="ramadan", title="Ramadan", owner="smm", writer=writer, posts=shown)
        self.playbook = self.playbook.model_copy(update={"campaigns": {"ramadan": brief}})
        await cases.claim(self.ledger, case, 1, "plan", self.now, LEASE)
        planned = await slots.plan(self.ledger, case, "plan", brief, self.playbook, self.now, LEASE)
        draft = await drafts.save(
            self.ledger,
            case,
            "plan",
            text="The plan",
            language="id",
            destination="bsky",
            template=None,
            media_hash="".join(slot.hash for slot in planned),
            now=self.now,
            lease=LEASE,
        )
        await drafts.await_approval(
            self.ledger, case, "plan", draft.id, self.now, LEASE, self.at(86400)
        )
        if approve:
            ruled = await self.ruled(case, draft.id, "ratna")
            assert ruled.accepted, ruled.message
        return await slots.find(self.ledger, case=case)

    @staticmethod
    def post(name: str, after: int, **over: Any) -> BriefPost:
        return BriefPost(
            id=name,
            channels=("bsky",),
            text=f"Kopi {name}",
            after=Duration(seconds=after),
            **over,
        )

    async def claimed(self, slot: Slot, now: datetime, run: str = "run-1") -> Publication:
        """A run claims the slot and prepares its publication."""
        await slots.claim(self.ledger, slot.id, slot.attempt, run, now, LEASE)
        return await publications.for_slot(self.ledger, slot.id, run, now)

    async def told(self, kind: str) -> list[Any]:
        """The rows of the outbox of that kind."""
        async with self.ledger.read() as tx:
            query = select(tables.outbox).where(tables.outbox.c.kind == kind)
            return list((await tx.execute(query.order_by(tables.outbox.c.id))).all())

    async def states(self, case: int) -> list[PublicationState]:
        found = await publications.find(self.ledger, case=case)
        return [publication.state for publication in found]


@pytest.fixture
def stage(ledger: Ledger, deployed: Playbook, now: datetime) -> Stage:
    return Stage(ledger, deployed, now)
