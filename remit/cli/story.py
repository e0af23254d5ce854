"""The headless demo: one story from the first message to the last post, and whether all of it is right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, TypeVar

from integrations.sandbox.control import Sandbox
from remit.cli.feed import Feed
from remit.cli.output import say
from remit.cli.people import People
from remit.ledger import audit as auditing
from remit.ledger import cases, figures, holds, publications, slots
from remit.model import (
    Case,
    Message,
    Play,
    Playbook,
    PublicationState,
    RemitError,
    SlotState,
    State,
)

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

    from flows.desk import Desk

T = TypeVar("T")
PAUSE = 0.1
LONE_LIMIT = 15.0
"""Seconds from a lone event to its waiting draft."""
STEP_LIMIT = 90.0
END_LIMIT = 200.0
SECOND = 2
"""The step of an escalation that the story waits for."""
LONE = "kak @{account} toko yg di stasiun buka jam brp ya?"


class Story:
    """Tells itself: each part waits for what the ledger says, never for a length of time."""

    def __init__(
        self,
        desk: Desk,
        sandbox: Sandbox,
        feed: Feed,
        playbook: Playbook,
        settings: Mapping[str, Any],
    ) -> None:
        self._desk = desk
        self._sandbox = sandbox
        self._feed = feed
        self._playbook = playbook
        self._brand = playbook.brand
        self._people = People(settings["decisions"], settings.get("approver", "ratna"))
        self._channel = next(
            each for each in playbook.channels.values() if each.platform == "sandbox"
        )
        self._account = (self._channel.account or self._brand).lstrip("@")
        self._wrong: list[str] = []
        self._retimed = 0

    async def tell(self) -> dict[str, Any]:
        """Play it; the summary, whose `wrong` is empty if all is right."""
        from prefect.client.orchestration import get_client

        from flows.listen import take_brief

        async with get_client() as client:
            lone = await self._lone_event(client)
            say("Handing in the campaign's brief")
            await take_brief(self._desk, self._playbook, "launch", self._desk.now())
            await self._campaign_approved(client)
            first = await self._first_post()
            await self._feed.organic()
            self._feed.campaign(first)
            say("Playing the feed")
            written = 0
            async for _ in self._feed.play(PAUSE):
                written += 1
            say(f"{written} messages were written; the sample people decide")
            await self._decide_until_the_end(client)
        return await self._summary(lone)

    async def _until(
        self,
        what: str,
        holds_now: Callable[[], Awaitable[T | None]],
        limit: float,
        pause: float = 0.5,
    ) -> T:
        """Wait for something; RemitError says what never came."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            if found := await holds_now():
                return found
            await asyncio.sleep(pause)
        raise RemitError(f"the demo waited {limit:.0f} s for this, and it did not come: {what}")

    async def _lone_event(self, client: PrefectClient) -> float:
        """One message at rest: how long until its draft waits."""
        start = time.monotonic()
        await self._sandbox.write("penumpang", LONE.format(account=self._account))

        async def waits() -> list[Case]:
            return await cases.find(
                self._desk.ledger, self._brand, states=[State.awaiting_approval]
            )

        await self._until("a draft for the first message", waits, 60, pause=0.2)
        taken = time.monotonic() - start
        say(f"The first message has its draft after {taken:.1f} s")
        await self._until(
            "an answered form", lambda: self._people.decide(self._desk, client, self._brand), 30
        )
        return taken

    async def _campaign_approved(self, client: PrefectClient) -> None:
        async def approved() -> bool:
            await self._people.decide(self._desk, client, self._brand)
            found = await slots.find(self._desk.ledger, self._brand)
            return bool(found) and all(slot.state is not SlotState.planned for slot in found)

        await self._until("an approved campaign", approved, STEP_LIMIT)

    async def _first_post(self) -> str:
        async def out() -> str | None:
            done = await publications.find(
                self._desk.ledger, self._brand, states=[PublicationState.published]
            )
            return next((p.receipt.id for p in done if p.slot and p.receipt), None)

        found: str = await self._until("the campaign's first post", out, STEP_LIMIT)
        return found

    async def _decide_until_the_end(self, client: PrefectClient) -> None:
        until = time.monotonic() + END_LIMIT
        while time.monotonic() < until:
            await self._people.decide(
                self._desk, client, self._brand, but_not=await self._left_alone()
            )
            await self._retime()
            if await self._over():
                return
            await asyncio.sleep(0.5)
        left = await cases.find(self._desk.ledger, self._brand, unfinished=True)
        self._wrong.append(
            f"the story did not end: cases {[(case.id, str(case.state)) for case in left]}, "
            f"slots {[(s.id, str(s.state)) for s in await self._unpublished()]}"
        )

    async def _left_alone(self) -> frozenset[int]:
        """Critical cases that nobody takes before their ladder has reached its second step."""
        alone = set()
        done = await figures.steps_done(self._desk.ledger, self._brand)
        for case in await cases.find(self._desk.ledger, self._brand, unfinished=True):
            if case.escalation and done.get(case.id, 0) < SECOND:
                alone.add(case.id)
        return frozenset(alone)

    async def _unpublished(self) -> list[Any]:
        return [
            slot
            for slot in await slots.find(self._desk.ledger, self._brand)
            if slot.state not in {SlotState.published, SlotState.dropped}
        ]

    async def _retime(self) -> None:
        """The owner re-times what came back, once no hold is on."""
        now = self._desk.now()
        if await holds.active(self._desk.ledger, self._brand, now):
            return
        for slot in await slots.find(self._desk.ledger, self._brand, states=[SlotState.returned]):
            await slots.retime(self._desk.ledger, slot.id, now + timedelta(seconds=2), "dewi", now)
            self._retimed += 1

    async def _over(self) -> bool:
        unfinished = [
            case
            for case in await cases.find(self._desk.ledger, self._brand, unfinished=True)
            if case.play is not Play.campaign
        ]
        return not unfinished and not await self._unpublished()

    async def _summary(self, lone: float) -> dict[str, Any]:
        desk, brand = self._desk, self._brand
        received: tuple[Message, ...] = await self._sandbox.received(self._account)
        audited = await auditing.audit(desk.ledger, brand, {self._channel.id: received})
        waits = await figures.waits(desk.ledger, brand)
        told = await figures.steps_done(desk.ledger, brand)
        reply_approvals = await figures.approved_replies(desk.ledger, brand)
        counted = await figures.events_without_owner(desk.ledger, brand)
        second = max(told.values(), default=0)
        summary: dict[str, Any] = {
            "events": audited.events,
            "undecided": counted,
            "cases": dict(audited.cases_by_role),
            "drafts": audited.drafts,
            "approvals": reply_approvals,
            "replies": audited.replies,
            "posts": audited.posts,
            "escalation_steps": second,
            "slots_held": audited.slots_returned,
            "slots_retimed": self._retimed,
            "lone_event_s": round(lone, 1),
            "draft_wait_p50_s": round(median(waits), 1) if waits else None,
            "draft_wait_p95_s": round(quantiles(waits, n=20)[-1], 1) if len(waits) > 1 else None,
            "unknown": audited.unknown,
            "lost": audited.lost,
            "doubled": audited.doubled,
            "unapproved": audited.unapproved,
        }
        planned = len(await slots.find(desk.ledger, brand))
        ought = {
            "an event without an owner": summary["undecided"] == 0,
            "replies that are not the approvals": audited.replies == reply_approvals > 0,
            "posts that did not go out once each": audited.posts == planned > 0,
            "no escalation that reached its second step": second >= SECOND,
            "no slot that came back from a hold": audited.slots_returned >= 1,
            "no slot re-timed": self._retimed >= 1,
            f"a lone event that waited over {LONE_LIMIT:.0f} s": lone <= LONE_LIMIT,
            "something lost": audited.lost == 0,
            "something doubled": audited.doubled == 0,
            "something unapproved": audited.unapproved == 0,
            "something unknown": audited.unknown == 0,
        }
        summary["wrong"] = [
            *self._wrong,
            *(what for what, right in ought.items() if not right),
            *(str(trouble) for trouble in audited.troubles),
        ]
        return summary
