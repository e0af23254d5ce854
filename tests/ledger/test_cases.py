"""One case: claimed by one run, acknowledged, resolved, retried, handed off."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from remit.ledger import Ledger, cases, drafts, holds, journal, outbox, publications
from remit.ledger.tables import approval, handoff
from remit.model import Missing, PublicationState, Refused, State


async def told(ledger) -> list:
    return [out.kind for out in await outbox.pending(ledger)]


async def code_of(call) -> str:
    with pytest.raises(Refused) as refusal:
        await call
    return refusal.value.code


async def test_an_unknown_case_is_missing(ledger, now, lease):
    with pytest.raises(Missing, match="no case 7"):
        await cases.get(ledger, 7)
    with pytest.raises(Missing, match="remit cases"):
        await cases.claim(ledger, 7, 1, "run-1", now, lease)


async def test_cases_are_found_by_what_is_asked(ledger, opened):
    refund = await opened("refund please")
    creator = await opened("creator offer", message="2", author="budi")
    now = (await cases.get(ledger, refund)).opened_at
    await cases.resolve(ledger, refund, "sari", "done", "cli", now)
    assert [case.id for case in await cases.find(ledger, "kopi")] == [refund, creator]
    assert [case.id for case in await cases.find(ledger, unfinished=True)] == [creator]
    assert [case.id for case in await cases.find(ledger, states=[State.resolved])] == [refund]
    assert [case.id for case in await cases.find(ledger, owner="smm")] == [creator]
    assert await cases.find(ledger, "teh") == []


async def test_one_run_is_admitted(ledger, opened, now, lease):
    number = await opened()
    case = await cases.claim(ledger, number, 1, "run-1", now, lease)
    assert (case.lease_run, case.lease_until) == ("run-1", now + lease)
    await cases.claim(ledger, number, 1, "run-1", now, lease)  # started again after a crash
    assert await code_of(cases.claim(ledger, number, 1, "run-2", now, lease)) == "claimed"
    assert await code_of(cases.claim(ledger, number, 2, "run-2", now, lease)) == "stale_attempt"


async def test_of_many_runs_that_claim_at_once_one_is_admitted(
    ledger, ledger_url, opened, now, lease
):
    number = await opened()
    sides = [ledger, *[await Ledger.open(ledger_url) for _ in range(3)]]

    async def claim(side, run):
        try:
            await cases.claim(side, number, 1, run, now, lease)
        except Refused as refusal:
            return refusal.code
        return "admitted"

    results = await asyncio.gather(
        *(claim(side, f"run-{n}-{m}") for n, side in enumerate(sides) for m in range(3))
    )
    for side in sides[1:]:
        await side.close()
    assert sorted(results) == ["admitted", *["claimed"] * 11]


async def test_a_late_run_may_go_on_until_another_took_over(ledger, opened, now, lease):
    number = await opened()
    await cases.claim(ledger, number, 1, "run-1", now, lease)
    later = now + 2 * lease
    await cases.renew(ledger, number, "run-1", later, lease)
    assert (await cases.get(ledger, number)).lease_until == later + lease
    await cases.retry(ledger, number, "run_crashed", later)
    assert await code_of(cases.renew(ledger, number, "run-1", later, lease)) == "lease_lost"


async def test_a_retry_asks_for_another_run(ledger, drafted, now):
    number, draft = await drafted()
    case = await cases.retry(ledger, number, "run_cancelled", now)
    assert (case.state, case.attempt, case.lease_run) == (State.open, 2, None)
    assert (case.approval_expires_at, case.draft) == (None, draft.id)
    assert (await told(ledger))[-1] == "remit.case.opened"
    assert (await journal.of_case(ledger, number))[-1].code == "run_cancelled"


async def test_two_who_retry_the_same_attempt_start_one_run(ledger, opened, now):
    number = await opened()
    await cases.retry(ledger, number, "run_lost", now, attempt=1)
    case = await cases.retry(ledger, number, "run_lost", now, attempt=1)
    assert case.attempt == 2


async def test_a_finished_case_is_not_retried(ledger, opened, now, lease):
    number = await opened()
    await cases.resolve(ledger, number, "sari", "spam", "cli", now)
    case = await cases.retry(ledger, number, "run_lost", now)
    assert (case.state, case.attempt) == (State.resolved, 1)
    assert await code_of(cases.claim(ledger, number, 1, "run-1", now, lease)) == "finished"


async def test_acknowledging_is_noted_once(ledger, opened, now):
    number = await opened()
    case = await cases.acknowledge(ledger, number, "sari", "cli", now)
    assert (case.state, case.assignee, case.acknowledged_at) == (State.acknowledged, "sari", now)
    again = await cases.acknowledge(ledger, number, "bayu", "cli", now + timedelta(minutes=1))
    assert (again.assignee, again.acknowledged_at) == ("sari", now)
    assert (await told(ledger)).count("remit.case.acknowledged") == 1


async def test_acknowledging_leaves_a_waiting_form_where_it_is(ledger, drafted, now):
    number, _ = await drafted()
    case = await cases.acknowledge(ledger, number, "sari", "cli", now)
    assert (case.state, case.acknowledged_at) == (State.awaiting_approval, now)


async def test_resolving_ends_all_that_the_case_had_started(ledger, drafted, rule, now):
    number, draft = await drafted("crisis safety")
    await cases.hand_off(ledger, number, "lead", "sari", "", "cli", now, now + timedelta(hours=1))
    given = await rule(number, draft, "approve", "ratna")
    case = await cases.resolve(ledger, number, "sari", "spoken on the phone", "cli", now)
    assert (case.state, case.outcome, case.resolved_at) == (State.resolved, "resolved", now)
    assert (case.lease_run, case.handoff_to, case.draft) == (None, None, None)
    assert await holds.active(ledger, "kopi", now) == []
    assert await drafts.current(ledger, number) is None
    reply = await publications.get(ledger, given.publication)
    assert (reply.state, reply.error) == (PublicationState.voided, "resolved")
    async with ledger.read() as tx:
        assert (await tx.execute(select(handoff.c.code))).scalars().all() == ["withdrawn"]
        reasons = (await tx.execute(select(approval.c.verdict, approval.c.reason))).all()
    assert ("resolve", "spoken on the phone") in [tuple(row) for row in reasons]
    assert (await told(ledger)).count("remit.case.resolved") == 1


async def test_a_handoff_changes_the_owner_when_it_is_accepted(ledger, drafted, now):
    number, draft = await drafted()
    expires = now + timedelta(hours=1)
    offered = await cases.hand_off(ledger, number, "smm", "sari", "a lead", "cli", now, expires)
    assert (offered.owner, offered.handoff_to, offered.handoff_expires_at) == ("cm", "smm", expires)
    due = offered.first_response_due
    case = await cases.accept_handoff(ledger, number, "dewi", "cli", now)
    assert (case.owner, case.assignee, case.handoff_to, case.attempt) == ("smm", "dewi", None, 2)
    assert (case.state, case.first_response_due, case.draft) == (State.open, due, draft.id)
    last = (await outbox.pending(ledger))[-1]
    assert (last.kind, last.role, last.attempt) == ("remit.case.opened", "smm", 2)
    assert await code_of(cases.accept_handoff(ledger, number, "dewi", "cli", now)) == "no_offer"


async def test_an_expired_offer_is_not_accepted(ledger, opened, now):
    number = await opened()
    until = now + timedelta(hours=1)
    await cases.hand_off(ledger, number, "smm", "sari", "", "cli", now, until)
    assert await code_of(cases.accept_handoff(ledger, number, "dewi", "cli", until)) == "no_offer"


async def test_a_case_is_not_offered_to_its_owner_or_when_finished(ledger, opened, now):
    number = await opened()
    until = now + timedelta(hours=1)
    call = cases.hand_off(ledger, number, "cm", "sari", "", "cli", now, until)
    assert await code_of(call) == "already_owner"
    await cases.resolve(ledger, number, "sari", "", "cli", now)
    call = cases.hand_off(ledger, number, "smm", "sari", "", "cli", now, until)
    assert await code_of(call) == "finished"
