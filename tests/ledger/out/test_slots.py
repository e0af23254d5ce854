"""Slots: planned, due, held, re-timed, dropped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from remit.ledger import Ledger, bundles, cases, drafts, holds, publications, slots
from remit.model import (
    Brief,
    HoldOrder,
    PublicationState,
    Receipt,
    Refused,
    SlotState,
    State,
)

LEASE = timedelta(minutes=5)


async def _crisis(stage: Any, order: HoldOrder, seconds: float) -> int:
    case: int = await stage.case(2)
    async with stage.ledger.write() as tx:
        await holds.place(tx, brand="kopi", case=case, order=order, now=stage.at(seconds))
    return case


async def _states(stage: Any) -> list[SlotState]:
    return [slot.state for slot in await slots.find(stage.ledger, "kopi")]


async def test_the_approval_fixes_relative_times(stage: Any) -> None:
    first, second = await stage.campaign()
    assert (first.state, first.at) == (SlotState.approved, stage.at(60))
    assert (second.state, second.at) == (SlotState.approved, stage.at(120))


async def test_planning_the_same_again_changes_nothing(stage: Any) -> None:
    before = await stage.campaign(approve=False)
    brief = stage.playbook.campaigns["ramadan"]
    again = await slots.plan(
        stage.ledger, before[0].case, "plan", brief, stage.playbook, stage.at(30), LEASE
    )
    assert again == before
    assert await drafts.current(stage.ledger, before[0].case) is not None


async def test_another_plan_voids_the_draft_that_showed_the_old_one(stage: Any) -> None:
    before = await stage.campaign(approve=False)
    case = before[0].case
    brief = Brief(
        id="ramadan", title="Ramadan", owner="smm", posts=(stage.post("a", 60, language="en"),)
    )
    [slot] = await slots.plan(
        stage.ledger, case, "plan", brief, stage.playbook, stage.at(30), LEASE
    )
    assert (slot.post, slot.language) == ("a", "en")
    number = (await cases.get(stage.ledger, case)).draft
    assert (await stage.row("draft", number)).voided == "plan_changed"


async def test_an_approved_slot_is_not_planned_again(stage: Any) -> None:
    before = await stage.campaign()
    await stage.change("case", before[0].case, lease_run="plan")
    brief = stage.playbook.campaigns["ramadan"]
    changed = brief.model_copy(update={"posts": (stage.post("a", 60, language="en"),)})
    after = await slots.plan(
        stage.ledger, before[0].case, "plan", changed, stage.playbook, stage.now, LEASE
    )
    assert after == before


async def test_only_the_run_that_has_the_case_plans(stage: Any) -> None:
    [slot, _] = await stage.campaign(approve=False)
    brief = stage.playbook.campaigns["ramadan"]
    with pytest.raises(Refused) as refused:
        await slots.plan(stage.ledger, slot.case, "other", brief, stage.playbook, stage.now, LEASE)
    assert refused.value.code == "lease_lost"


async def test_a_slot_is_due_at_its_time_and_not_before(stage: Any) -> None:
    first, second = await stage.campaign()
    assert await slots.due(stage.ledger, "kopi", stage.at(59)) == []
    assert await slots.due(stage.ledger, "kopi", stage.at(60)) == [first]
    assert await slots.due(stage.ledger, "kopi", stage.at(120)) == [first, second]
    assert await slots.due(stage.ledger, "other", stage.at(120)) == []


async def test_an_unapproved_slot_is_never_due(stage: Any) -> None:
    await stage.campaign(approve=False)
    assert await slots.due(stage.ledger, "kopi", stage.at(9999)) == []


async def test_a_slot_whose_time_passes_under_a_hold_goes_back_to_its_owner(stage: Any) -> None:
    first, second = await stage.campaign()
    await _crisis(stage, HoldOrder(posts_of="smm"), 30)
    assert await slots.due(stage.ledger, "kopi", stage.at(61)) == []
    assert await _states(stage) == [SlotState.returned, SlotState.approved]
    [told] = await stage.told("remit.slot.returned")
    assert (told.slot, told.role) == (first.id, "smm")
    assert (await slots.get(stage.ledger, second.id)).state is SlotState.approved


async def test_release_of_the_hold_sends_nothing_by_itself(stage: Any) -> None:
    """Even when nobody looked while the hold was on."""
    first, second = await stage.campaign()
    await _crisis(stage, HoldOrder(posts_of="smm"), 30)
    [hold] = await holds.active(stage.ledger, "kopi", stage.at(70))
    await holds.release(stage.ledger, hold.id, "ratna", stage.at(90))
    assert await slots.due(stage.ledger, "kopi", stage.at(125)) == [second]
    assert (await slots.get(stage.ledger, first.id)).state is SlotState.returned


async def test_a_hold_of_topics_stops_only_posts_about_them(stage: Any) -> None:
    about, other = await stage.campaign(
        stage.post("a", 60, topics=("milk",)), stage.post("b", 60, topics=("beans",))
    )
    await _crisis(stage, HoldOrder(posts_of="smm", topics=("milk",)), 30)
    assert await slots.due(stage.ledger, "kopi", stage.at(61)) == [other]
    assert (await slots.get(stage.ledger, about.id)).state is SlotState.returned


async def test_a_hold_of_another_roles_posts_stops_nothing_here(stage: Any) -> None:
    first, _ = await stage.campaign()
    await _crisis(stage, HoldOrder(posts_of="cm"), 30)
    assert await slots.due(stage.ledger, "kopi", stage.at(61)) == [first]


async def test_a_slot_whose_time_passes_under_a_stop_goes_back_even_after_the_lift(
    stage: Any,
) -> None:
    first, second = await stage.campaign()
    await bundles.stop(stage.ledger, "kopi", "storm", "ratna", stage.at(50))
    assert await slots.due(stage.ledger, "kopi", stage.at(60)) == []
    await bundles.lift(stage.ledger, "kopi", "ratna", stage.at(121))
    assert await slots.due(stage.ledger, "kopi", stage.at(122)) == []
    assert await _states(stage) == [SlotState.returned, SlotState.returned]
    again = await slots.retime(stage.ledger, first.id, stage.at(200), "dewi", stage.at(130))
    assert await slots.due(stage.ledger, "kopi", stage.at(200)) == [again]
    assert second.id != again.id


async def test_a_returned_slot_is_retimed_with_its_approval_and_published(stage: Any) -> None:
    first, second = await stage.campaign()
    case = await _crisis(stage, HoldOrder(posts_of="smm"), 30)
    await slots.due(stage.ledger, "kopi", stage.at(61))
    await cases.resolve(stage.ledger, case, "sari", "settled", "cli", stage.at(100))
    await slots.drop(stage.ledger, second.id, "dewi", stage.at(100))
    again = await slots.retime(stage.ledger, first.id, stage.at(300), "dewi", stage.at(110))
    assert (again.state, again.attempt) == (SlotState.approved, 3)
    post = await stage.claimed(again, stage.at(300))
    await stage.begin(post, now=stage.at(300))
    await publications.record_published(
        stage.ledger, post.id, Receipt(id="p1", time=stage.at(301)), stage.at(301)
    )
    campaign = await cases.get(stage.ledger, first.case)
    assert (campaign.state, campaign.outcome) == (State.resolved, "published")
    assert len(await stage.told("remit.case.resolved")) == 2


async def test_a_campaign_whose_slots_were_all_dropped_is_over(stage: Any) -> None:
    for slot in await stage.campaign():
        await slots.drop(stage.ledger, slot.id, "dewi", stage.now)
        await slots.drop(stage.ledger, slot.id, "dewi", stage.now)
    campaign = await cases.get(stage.ledger, slot.case)
    assert (campaign.state, campaign.outcome) == (State.resolved, "dropped")


async def test_a_slot_cannot_be_set_into_the_past_or_moved_once_it_is_out(stage: Any) -> None:
    slot, _ = await stage.campaign()
    with pytest.raises(Refused) as refused:
        await slots.retime(stage.ledger, slot.id, stage.at(1), "dewi", stage.at(2))
    assert refused.value.code == "in_the_past"
    await stage.claimed(slot, stage.at(60))
    for asked in (
        slots.retime(stage.ledger, slot.id, stage.at(99), "dewi", stage.at(61)),
        slots.drop(stage.ledger, slot.id, "dewi", stage.at(61)),
    ):
        with pytest.raises(Refused) as refused:
            await asked
        assert refused.value.code == "finished"


async def test_one_run_is_admitted_to_a_slot(stage: Any, ledger_url: str) -> None:
    slot, _ = await stage.campaign()
    other = await Ledger.open(ledger_url)

    async def claim(ledger: Ledger, run: str) -> str:
        try:
            await slots.claim(ledger, slot.id, slot.attempt, run, stage.at(60), LEASE)
        except Refused as refused:
            return refused.code
        return "mine"

    try:
        said = await asyncio.gather(claim(stage.ledger, "one"), claim(other, "two"))
    finally:
        await other.close()
    assert sorted(said) == ["claimed", "mine"]
    with pytest.raises(Refused) as refused:
        await slots.claim(stage.ledger, slot.id, 7, "one", stage.at(60), LEASE)
    assert refused.value.code == "stale_attempt"


async def test_a_slot_of_a_dead_run_is_tried_by_another(stage: Any) -> None:
    slot, _ = await stage.campaign()
    first = await stage.claimed(slot, stage.at(60))
    assert await slots.expired_leases(stage.ledger, stage.at(61)) == []
    [again] = await slots.expired_leases(stage.ledger, stage.at(400))
    assert (again.state, again.attempt) == (SlotState.approved, 2)
    assert await slots.expired_leases(stage.ledger, stage.at(400)) == []
    second = await stage.claimed(again, stage.at(401), "run-2")
    assert second.id == first.id
    with pytest.raises(Refused) as refused:
        await stage.begin(first, now=stage.at(402))
    assert refused.value.code == "lease_lost"


async def test_a_slot_that_may_be_out_there_is_not_tried_again(stage: Any) -> None:
    slot, _ = await stage.campaign()
    post = await stage.claimed(slot, stage.at(60))
    await stage.begin(post, now=stage.at(60))
    kept = await slots.retry(stage.ledger, slot.id, "run_lost", stage.at(400))
    assert kept.state is SlotState.publishing
    assert await slots.expired_leases(stage.ledger, stage.at(400)) == []
    await publications.record_unknown(stage.ledger, post.id, "timeout", stage.at(401))
    assert await _states(stage) == [SlotState.unknown, SlotState.approved]
    done = await publications.settle(stage.ledger, post.id, False, "dewi", stage.at(500))
    assert done.state is PublicationState.failed
    assert await _states(stage) == [SlotState.returned, SlotState.approved]


async def test_a_slot_has_one_publication(stage: Any) -> None:
    slot, _ = await stage.campaign()
    first = await stage.claimed(slot, stage.at(60))
    same = await publications.for_slot(stage.ledger, slot.id, "run-1", stage.at(61))
    assert same == first
    with pytest.raises(Refused):
        await publications.for_slot(stage.ledger, slot.id, "run-2", stage.at(61))


async def test_a_slot_that_the_platform_will_never_take_lies_with_its_owner(stage: Any) -> None:
    slot, _ = await stage.campaign()
    await stage.claimed(slot, stage.at(60))
    refused = await slots.retry(stage.ledger, slot.id, "content_refused", stage.at(61))
    assert refused.state is SlotState.failed
    assert [row.slot for row in await stage.told("remit.slot.failed")] == [slot.id]


async def test_a_run_says_that_it_is_alive(stage: Any) -> None:
    slot, _ = await stage.campaign()
    await stage.claimed(slot, stage.at(60))
    await slots.renew(stage.ledger, slot.id, "run-1", stage.at(300), LEASE)
    assert await slots.expired_leases(stage.ledger, stage.at(599)) == []
    with pytest.raises(Refused, match="not this run"):
        await slots.renew(stage.ledger, slot.id, "run-2", stage.at(300), LEASE)
