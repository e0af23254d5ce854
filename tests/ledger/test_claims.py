"""A person has a case for themselves for a while: two answers do not come of one case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remit.ledger import cases, claims, waits
from remit.ledger.advance import advance
from remit.model import Refused, State

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def refusal(call) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.code, str(refused.value)


async def take(ledger, playbook, case, person, now, minutes=30):
    return await claims.take(ledger, case, playbook, person, "cli", now, minutes * MINUTE)


async def test_a_claim_names_who_has_it_and_stops_the_ladder(ledger, deployed, opened, now):
    case = await opened("crisis safety")
    found = await take(ledger, deployed, case, "sari", now)
    assert (found.assignee, found.claimed_until) == ("sari", now + 30 * MINUTE)
    assert (found.state, found.acknowledged_at) == (State.acknowledged, now)


async def test_another_claim_is_refused_while_it_stands_and_taken_afterwards(
    ledger, deployed, opened, now
):
    case = await opened()
    await take(ledger, deployed, case, "sari", now)
    code, said = await refusal(take(ledger, deployed, case, "bayu", now + 29 * MINUTE))
    assert (code, "Sari has claimed" in said) == ("claimed_by", True)
    assert "2027-03-01 12:30" in said
    found = await take(ledger, deployed, case, "bayu", now + 30 * MINUTE)
    assert found.assignee == "bayu"


async def test_who_has_it_claims_it_longer(ledger, deployed, opened, now):
    case = await opened()
    await take(ledger, deployed, case, "sari", now)
    found = await take(ledger, deployed, case, "sari", now + 10 * MINUTE, 60)
    assert found.claimed_until == now + 70 * MINUTE


async def test_a_claim_that_is_over_brings_nothing_about(ledger, deployed, opened, now):
    case = await opened("question what")  # without a due time
    await take(ledger, deployed, case, "sari", now)
    assert await advance(ledger, "kopi", deployed, now + 999 * MINUTE) == []


async def test_what_is_let_go_is_free_and_only_by_who_has_it(ledger, deployed, opened, now):
    case = await opened()
    await take(ledger, deployed, case, "sari", now)
    code, _ = await refusal(claims.let_go(ledger, case, deployed, "bayu", "cli", now))
    assert code == "claimed_by"
    found = await claims.let_go(ledger, case, deployed, "sari", "cli", now)
    assert (found.claimed_until, found.assignee) == (None, "sari")
    assert await claims.let_go(ledger, case, deployed, "sari", "cli", now) == found
    assert (await take(ledger, deployed, case, "bayu", now)).assignee == "bayu"


async def test_a_stranger_may_not_claim(ledger, deployed, opened, now):
    case = await opened()
    code, said = await refusal(take(ledger, deployed, case, "tono", now))
    assert (code, "Sari" in said) == ("not_eligible", True)


@pytest.mark.parametrize("minutes", [0, 481, 100_000])
async def test_a_claim_is_for_a_working_day_at_most(minutes, ledger, deployed, opened, now):
    case = await opened()
    code, _ = await refusal(take(ledger, deployed, case, "sari", now, minutes))
    assert code == "too_long"


async def test_a_ruling_of_another_is_refused_while_it_stands(ledger, deployed, drafted, rule, now):
    case, draft = await drafted()
    await take(ledger, deployed, case, "bayu", now)
    for verdict in ("approve", "resolve", "wait"):
        ruled = await rule(case, draft, verdict, "sari")
        assert (ruled.accepted, ruled.code) == (False, "claimed_by")
        assert "Bayu has claimed" in ruled.message
    assert (await rule(case, draft, "approve", "bayu")).accepted


async def test_a_claim_that_is_over_keeps_nobody_from_ruling(ledger, deployed, drafted, rule, now):
    case, draft = await drafted()
    await take(ledger, deployed, case, "bayu", now)
    assert (await rule(case, draft, "approve", "sari", now=now + 30 * MINUTE)).accepted


async def test_who_must_approve_is_not_kept_out_by_who_may_not(
    ledger, deployed, drafted, rule, now
):
    case, draft = await drafted("crisis safety")  # statements are the lead's to approve
    await take(ledger, deployed, case, "sari", now)
    assert (await rule(case, draft, "approve", "ratna")).accepted


async def test_resolving_handing_off_and_waiting_are_refused_to_others(
    ledger, deployed, opened, now
):
    case = await opened()
    await take(ledger, deployed, case, "sari", now)
    for call in (
        cases.resolve(ledger, case, "bayu", "", "cli", now, playbook=deployed),
        cases.hand_off(
            ledger, case, "smm", "bayu", "", "cli", now, now + 60 * MINUTE, playbook=deployed
        ),
        waits.wait(ledger, case, deployed, "bayu", "author", "", "cli", now),
    ):
        assert (await refusal(call))[0] == "claimed_by"
    found = await cases.resolve(ledger, case, "sari", "", "cli", now, playbook=deployed)
    assert (found.state, found.claimed_until) == ("resolved", None)


async def test_an_acknowledgement_claims_for_who_may_and_only_acknowledges_for_others(
    ledger, deployed, opened, now
):
    mine = await cases.acknowledge(ledger, await opened(), "sari", "cli", now, playbook=deployed)
    assert (mine.assignee, mine.claimed_until) == ("sari", now + 30 * MINUTE)
    creator = await opened("creator hello", message="2", author="press")  # smm's
    theirs = await cases.acknowledge(ledger, creator, "ratna", "cli", now, playbook=deployed)
    assert (theirs.assignee, theirs.claimed_until) == ("ratna", None)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (
            lambda ledger, n, now, book: cases.resolve(
                ledger, n, "ratna", "", "cli", now, playbook=book
            ),
            "not_eligible",
        ),
        (
            lambda ledger, n, now, book: cases.hand_off(
                ledger, n, "lead", "ratna", "", "cli", now, now + HOUR, playbook=book
            ),
            "not_eligible",
        ),
    ],
)
async def test_whoever_has_no_business_with_a_case_neither_closes_nor_offers_it(
    ledger, deployed, opened, now, act, code
):
    number = await opened()
    book = deployed.model_copy(
        update={
            "roles": {
                **deployed.roles,
                "cm": deployed.roles["cm"].model_copy(update={"backup": None}),
            }
        }
    )
    with pytest.raises(Refused) as refused:
        await act(ledger, number, now, book)
    assert refused.value.code == code


async def test_an_offer_is_accepted_by_the_other_role_alone(ledger, deployed, opened, now):
    number = await opened()
    await cases.hand_off(
        ledger, number, "smm", "sari", "", "cli", now, now + HOUR, playbook=deployed
    )
    with pytest.raises(Refused, match="bayu is not of that role") as refused:
        await cases.accept_handoff(ledger, number, "bayu", "cli", now, playbook=deployed)
    assert refused.value.code == "not_eligible"
    taken = await cases.accept_handoff(ledger, number, "dewi", "cli", now, playbook=deployed)
    assert (taken.owner, taken.assignee) == ("smm", "dewi")
