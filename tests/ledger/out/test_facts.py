"""What the ledger tells to whoever measures."""

from __future__ import annotations

from typing import Any

from remit.ledger import publications
from remit.ledger.facts import facts
from remit.model import Counts, Receipt, State


async def test_facts_are_of_one_brand_and_one_span_of_time(stage: Any) -> None:
    await stage.case(1)
    await stage.event(2, time=stage.at(100), owner="smm", ours=True)
    await stage.event(3, time=stage.at(-1))
    await stage.event(4, brand="other")
    found = await facts(stage.ledger, "kopi", stage.now, stage.at(100))
    assert [(event.owner, event.ours) for event in found.events] == [("cm", False)]
    assert len(found.cases) == 1
    found = await facts(stage.ledger, "kopi", stage.now, stage.at(101))
    assert [(event.owner, event.ours) for event in found.events] == [("cm", False), ("smm", True)]


async def test_an_edit_is_not_another_message(stage: Any) -> None:
    await stage.event(1)
    await stage.event(1, revision="2", time=stage.at(5))
    found = await facts(stage.ledger, "kopi", stage.now, stage.at(100))
    assert len(found.events) == 1


async def test_the_clock_of_a_case_starts_with_its_first_message(stage: Any) -> None:
    case = await stage.case(1, opened_at=stage.at(20), first_response_due=stage.at(3600))
    await stage.event(2, time=stage.at(50), case=case)
    [found] = (await facts(stage.ledger, "kopi", stage.now, stage.at(100))).cases
    assert (found.asked_at, found.opened_at) == (stage.now, stage.at(20))
    assert (found.owner, found.rule, found.state) == ("cm", "refund", State.open)
    assert found.first_response_due == stage.at(3600)


async def test_publications_come_with_their_newest_counts(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    receipt = Receipt(id="p2", time=stage.at(61))
    await publications.record_published(stage.ledger, post.id, receipt, stage.at(61))
    for likes in (3, 9):
        counts = Counts(counts={"likes": likes, "replies": 1})
        await publications.record_counts(stage.ledger, post.id, counts, stage.at(70))
    found = await facts(stage.ledger, "kopi", stage.now, stage.at(100))
    one, two = found.publications
    assert (one.kind, one.owner, one.counts) == ("reply", "cm", {})
    assert (two.kind, two.owner, two.channel) == ("post", "smm", "bsky")
    assert two.counts == {"likes": 9, "replies": 1}
