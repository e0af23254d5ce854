"""The audit counts what it is planted with, and nothing where all went well."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert

from remit.ledger import cases, publications, slots, tables
from remit.ledger.audit import Audit, audit
from remit.model import Message, Receipt

WORDS = "Maaf ya, kami bantu."


def _shown(number: str, text: str = WORDS, **over: Any) -> Message:
    values: dict[str, Any] = {
        "id": number,
        "parent": "m1",
        "author_id": "did:kopi",
        "handle": "kopi.example.com",
        "text": text,
        "time": "2027-03-01T05:00:00Z",
        "ours": True,
    }
    return Message(**(values | over))


async def _audit(stage: Any, *shown: Message) -> Audit:
    return await audit(stage.ledger, "kopi", {"bsky": shown} if shown else None)


def _codes(found: Audit) -> list[tuple[str, str]]:
    return [(trouble.kind, trouble.code) for trouble in found.troubles]


async def test_a_story_that_went_well_has_three_zeros(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    await stage.drafted(await stage.case(2))
    await stage.case(3)
    slot, held = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    receipt = Receipt(id="p2", time=stage.at(61))
    await publications.record_published(stage.ledger, post.id, receipt, stage.at(61))
    await stage.change("slot", held.id, state="returned")
    shown = [
        _shown("p1", key=reply.key),
        _shown("p2", "Kopi a", parent=None, key=post.key),
        _shown("x", "Somebody else", ours=False),
        _shown("y", "Taken back", deleted=True),
    ]
    found = await _audit(stage, *shown)
    assert _codes(found) == []
    assert (found.lost, found.doubled, found.unapproved) == (0, 0, 0)
    assert found.cases_by_role == {"cm": 3, "smm": 1}
    assert (found.events, found.drafts, found.approvals) == (4, 3, 2)
    assert (found.replies, found.posts, found.unknown) == (1, 1, 0)
    assert (await audit(stage.ledger, "other")).events == 0


async def test_an_event_that_is_in_no_case_is_lost(stage: Any) -> None:
    await stage.event(7)
    await stage.event(8, play="log")
    await stage.event(9, ours=True)
    await stage.event(10, case=4711)
    assert _codes(await _audit(stage)) == [("lost", "no_case"), ("lost", "no_case")]


async def test_a_case_that_nothing_would_ever_move_is_lost(stage: Any) -> None:
    silent = await stage.case(1)
    async with stage.ledger.write() as tx:
        await tx.execute(delete(tables.outbox).where(tables.outbox.c.case == silent))
    await stage.case(2, state="drafted")
    await stage.case(3, lease_run="run-9")
    await stage.case(4)
    found = await _audit(stage)
    assert _codes(found) == [
        ("lost", "standstill_open"),
        ("lost", "standstill_drafted"),
        ("lost", "standstill_open"),
    ]


async def test_a_campaign_with_slots_to_come_is_not_lost_and_without_any_it_is(
    stage: Any,
) -> None:
    first, second = await stage.campaign()
    assert (await _audit(stage)).lost == 0
    for slot in (first, second):
        await stage.change("slot", slot.id, state="dropped")
    assert _codes(await _audit(stage)) == [("lost", "standstill_drafted")]


async def test_a_reply_whose_fate_is_open_keeps_its_case_from_being_lost(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    await publications.record_unknown(stage.ledger, reply.id, "timeout", stage.at(60))
    await stage.change("case", reply.case, lease_run=None, lease_until=None)
    found = await _audit(stage)
    assert (found.lost, found.unknown) == (0, 1)


async def test_a_case_that_claims_an_answer_without_a_reply_is_lost(stage: Any) -> None:
    await stage.case(1, state="responded", outcome="responded")
    assert _codes(await _audit(stage)) == [("lost", "no_reply")]


async def test_a_reply_that_the_platform_does_not_show_is_lost(stage: Any) -> None:
    await stage.published(await stage.reply())
    other = _shown("q", "Something else", parent="m7")
    assert ("lost", "not_shown") in _codes(await _audit(stage, other))
    await stage.event(5, platform_id="p1", ours=True, deleted=True, play="log")
    assert ("lost", "not_shown") not in _codes(await _audit(stage, other))


async def test_a_reply_shown_twice_is_doubled(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    found = await _audit(stage, _shown("p1", key=reply.key), _shown("p9", f"{WORDS} "))
    assert found.doubled == 1
    assert ("doubled", "same_words") in _codes(found)
    found = await _audit(
        stage, _shown("p1", key=reply.key), _shown("p9", key=reply.key, parent="m2")
    )
    assert ("doubled", "same_key") in _codes(found)


async def test_the_same_words_to_two_people_are_two_replies(stage: Any) -> None:
    one, two = await stage.reply(), await stage.reply(await stage.case(2))
    await stage.published(one, "p1")
    await stage.published(two, "p2")
    found = await _audit(stage, _shown("p1"), _shown("p2", parent="m2"))
    assert _codes(found) == []


async def test_a_post_shown_twice_is_doubled_unless_two_slots_say_the_same(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    receipt = Receipt(id="p2", time=stage.at(61))
    await publications.record_published(stage.ledger, post.id, receipt, stage.at(61))
    shown = [_shown("p2", "Kopi a", parent=None), _shown("p3", "Kopi a", parent=None)]
    assert (await _audit(stage, *shown)).doubled == 1


async def test_one_draft_published_twice_is_doubled(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    row = (await stage.row("publication", reply.id))._asdict()
    async with stage.ledger.write() as tx:
        twin = row | {"id": 99, "key": "twin", "platform_id": "p2"}
        await tx.execute(insert(tables.publication).values(**twin))
    assert _codes(await _audit(stage)) == [("doubled", "draft_twice")]


async def test_two_receipts_for_one_intent_are_doubled(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply, "p1")
    await publications.record_published(
        stage.ledger, reply.id, Receipt(id="p2", time=stage.now), stage.now
    )
    assert _codes(await _audit(stage)) == [("doubled", "two_receipts")]


async def test_a_reply_that_nobody_approved_is_counted(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    await stage.change("approval", 1, accepted=False)
    found = await _audit(stage)
    assert _codes(found) == [("unapproved", "no_approval")]
    await stage.change("approval", 1, accepted=True, hash="another")
    assert _codes(await _audit(stage)) == [("unapproved", "no_approval")]


async def test_a_post_of_a_campaign_that_nobody_approved_is_counted(stage: Any) -> None:
    slot, _ = await stage.campaign(approve=False)
    await stage.change("slot", slot.id, state="publishing", lease_run="run-1")
    post = await publications.for_slot(stage.ledger, slot.id, "run-1", stage.now)
    await publications.record_published(
        stage.ledger, post.id, Receipt(id="p1", time=stage.now), stage.now
    )
    assert _codes(await _audit(stage)) == [("unapproved", "no_approval")]


async def test_words_that_nobody_approved_are_counted(stage: Any) -> None:
    reply = await stage.reply()
    await stage.published(reply)
    found = await _audit(stage, _shown("p1", "Buy more coffee!"))
    assert _codes(found) == [("unapproved", "other_words")]


async def test_a_message_of_ours_that_the_ledger_does_not_know_is_counted(stage: Any) -> None:
    await stage.published(await stage.reply())
    stray = _shown("p7", "Halo", parent="m5")
    found = await _audit(stage, _shown("p1"), stray)
    assert _codes(found) == [("unapproved", "unknown_to_the_ledger")]
    await stage.event(6, platform_id="p7", ours=True, play="log")  # heard: somebody outside
    assert _codes(await _audit(stage, _shown("p1"), stray)) == []


async def test_a_message_that_was_never_to_be_sent_is_counted(stage: Any) -> None:
    reply = await stage.reply()
    await publications.void(stage.ledger, reply.id, "rejected", stage.now)
    found = await _audit(stage, _shown("p1", key=reply.key))
    assert _codes(found) == [("unapproved", "shown_though_voided")]


async def test_returned_slots_are_counted_even_when_they_were_sent_later(stage: Any) -> None:
    from remit.ledger import bundles

    slot, _ = await stage.campaign()
    await bundles.stop(stage.ledger, "kopi", "storm", "ratna", stage.at(50))
    await slots.due(stage.ledger, "kopi", stage.at(60))
    await bundles.lift(stage.ledger, "kopi", "ratna", stage.at(70))
    await slots.retime(stage.ledger, slot.id, stage.at(100), "dewi", stage.at(80))
    found = await _audit(stage)
    assert (found.slots_returned, found.lost) == (1, 0)


async def test_a_resolved_case_is_not_lost(stage: Any) -> None:
    case = await stage.case()
    await cases.resolve(stage.ledger, case, "sari", "no_reply_needed", "cli", stage.now)
    assert (await _audit(stage)).lost == 0
