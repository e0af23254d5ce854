"""What time brings about, and the steps that come of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from remit.ledger import Ledger, cases, holds, publications, steps
from remit.ledger.advance import advance
from remit.model import Duration, HoldOrder, Refused, State, Step

URGENT = [
    Step(after=Duration(), notify="owner").model_dump(mode="json"),
    Step(after=Duration(seconds=900), notify="backup").model_dump(mode="json"),
]
LEASE = timedelta(minutes=5)


async def _pass(stage: Any, seconds: float) -> list[str]:
    done = await advance(stage.ledger, "kopi", stage.playbook, stage.at(seconds))
    return [matured.kind for matured in done]


async def _ladder(stage: Any, **over: Any) -> int:
    case: int = await stage.case(
        escalation=URGENT, ladder_started_at=stage.now, **({"severity": "critical"} | over)
    )
    return case


async def test_an_unacknowledged_case_climbs_its_ladder_once(stage: Any) -> None:
    case = await _ladder(stage)
    assert await _pass(stage, 0) == ["step"]
    assert await _pass(stage, 899) == []
    assert await _pass(stage, 900) == ["step"]
    assert await _pass(stage, 9999) == []
    first, second = await steps.pending(stage.ledger, "kopi")
    assert (first.case, first.index, first.notify, first.due_at) == (case, 0, "owner", stage.now)
    assert (second.index, second.notify, second.due_at) == (1, "backup", stage.at(900))
    assert await steps.pending(stage.ledger, "other") == []
    told = await stage.told("remit.case.step")
    assert [row.step for row in told] == [first.id, second.id]


async def test_two_ticks_at_once_take_each_step_once(stage: Any, ledger_url: str) -> None:
    await _ladder(stage)
    other = await Ledger.open(ledger_url)
    try:
        both = await asyncio.gather(
            advance(stage.ledger, "kopi", stage.playbook, stage.at(1000)),
            advance(other, "kopi", stage.playbook, stage.at(1000)),
        )
    finally:
        await other.close()
    assert sum(map(len, both)) == 2
    assert len(await steps.pending(stage.ledger)) == 2
    assert len(await stage.told("remit.case.step")) == 2


async def test_acknowledgement_stops_the_ladder_and_not_the_response_clock(stage: Any) -> None:
    case = await _ladder(stage, first_response_due=stage.at(3600))
    await _pass(stage, 0)
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.at(60))
    assert await _pass(stage, 2700) == ["due_soon"]
    assert await _pass(stage, 3599) == []
    assert await _pass(stage, 3600) == ["overdue", "step"]
    found = await cases.get(stage.ledger, case)
    assert (found.overdue_at, found.ladder_started_at) == (stage.at(3600), stage.at(3600))
    assert found.ladder_step == 1
    assert [row.case for row in await stage.told("remit.case.overdue")] == [case]
    assert await _pass(stage, 4499) == []
    assert await _pass(stage, 4500) == ["step"]


async def test_an_approval_that_nobody_gave_escalates_and_its_draft_stays(stage: Any) -> None:
    case = await _ladder(stage, approval="statements")
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.now)
    draft = await stage.drafted(case)
    assert await _pass(stage, 86400) == ["approval_expired", "step"]
    found = await cases.get(stage.ledger, case)
    assert (found.state, found.draft) == (State.awaiting_approval, draft)
    assert found.approval_expires_at == stage.at(86400 + 43200)
    assert (await stage.row("draft", draft)).voided is None
    assert await _pass(stage, 86401) == []


async def test_an_offer_that_nobody_took_comes_back_and_escalates(stage: Any) -> None:
    case = await _ladder(stage)
    await cases.acknowledge(stage.ledger, case, "sari", "cli", stage.now)
    await stage.change("case", case, handoff_to="smm", handoff_expires_at=stage.at(600))
    assert await _pass(stage, 600) == ["handoff_expired", "step"]
    found = await cases.get(stage.ledger, case)
    assert (found.handoff_to, found.owner) == (None, "cm")


async def test_a_dead_run_gives_its_case_to_the_next(stage: Any) -> None:
    case = await stage.case()
    await cases.claim(stage.ledger, case, 1, "run-1", stage.now, LEASE)
    assert await _pass(stage, 299) == []
    assert await _pass(stage, 300) == ["lease_dead"]
    found = await cases.get(stage.ledger, case)
    assert (found.state, found.attempt, found.lease_run) == (State.open, 2, None)
    assert [row.attempt for row in await stage.told("remit.case.opened")] == [1, 2]


async def test_a_case_that_awaits_approval_has_no_dead_run(stage: Any) -> None:
    await stage.drafted(await stage.case())
    assert await _pass(stage, 3600) == []


async def test_a_case_whose_reply_may_be_out_there_waits_until_it_is_settled(stage: Any) -> None:
    reply = await stage.reply()
    await stage.begin(reply)
    assert await _pass(stage, 3600) == []
    assert (await cases.get(stage.ledger, reply.case)).attempt == 1
    await publications.record_unknown(stage.ledger, reply.id, "timeout", stage.at(3601))
    assert await _pass(stage, 7200) == []
    await publications.settle(stage.ledger, reply.id, False, "sari", stage.at(7201))
    assert (await cases.get(stage.ledger, reply.case)).attempt == 2


async def test_a_hold_ends_loudly_after_its_longest_time(stage: Any) -> None:
    reply = await stage.reply()
    async with stage.ledger.write() as tx:
        order = HoldOrder(posts_of="smm", at_most=Duration(seconds=600))
        number = await holds.place(tx, brand="kopi", case=reply.case, order=order, now=stage.now)
    await stage.published(reply)  # an answered case holds on
    assert await _pass(stage, 600) == ["hold_ended"]
    assert (await stage.row("hold", number)).code == "expired"
    assert len(await stage.told("remit.hold.ended")) == 1
    assert await _pass(stage, 601) == []


async def test_a_step_is_carried_out_by_one_run_and_finished_once(stage: Any) -> None:
    case = await _ladder(stage)
    await _pass(stage, 0)
    [step] = await steps.pending(stage.ledger)
    assert await steps.claim(stage.ledger, step.id, "one", stage.at(1), LEASE) == step
    with pytest.raises(Refused) as refused:
        await steps.claim(stage.ledger, step.id, "two", stage.at(2), LEASE)
    assert refused.value.code == "claimed"
    await steps.claim(stage.ledger, step.id, "two", stage.at(400), LEASE)  # the first one died
    await steps.record(stage.ledger, step.id, "sari", "cm", "delivered", stage.at(401))
    await steps.record(stage.ledger, step.id, "bayu", "cm", "no_address", stage.at(401))
    assert await steps.notified(stage.ledger, step.id) == {
        "sari": "delivered",
        "bayu": "no_address",
    }
    for _ in range(2):
        await steps.finish(stage.ledger, step.id, "notified", stage.at(402))
    assert await steps.pending(stage.ledger) == []
    assert await steps.of_case(stage.ledger, case) == [step]
    assert [row.step for row in await stage.told("remit.case.escalated")] == [step.id]
    with pytest.raises(Refused) as refused:
        await steps.claim(stage.ledger, step.id, "three", stage.at(403), LEASE)
    assert refused.value.code == "finished"
