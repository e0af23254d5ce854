"""A case that waits stands still, and goes on with what was left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from remit.ledger import cases, drafts, journal, outbox, waits
from remit.ledger.advance import advance
from remit.ledger.clocks import Clocks
from remit.ledger.ingest import ingest
from remit.ledger.outcomes import publish_in
from remit.ledger.tables import approval
from remit.model import Due, Duration, Hours, Refused, Span, State

HOUR = timedelta(hours=1)


async def told(ledger) -> list:
    return [out.kind for out in await outbox.pending(ledger)]


async def waiting(ledger, playbook, case, now, for_="supplier", person="sari"):
    return await waits.wait(ledger, case, playbook, person, for_, "asked for it", "cli", now)


async def refusal(call) -> str:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.code


async def test_a_wait_voids_the_draft_and_ends_the_run(ledger, deployed, drafted, now, lease):
    case, _ = await drafted()
    found = await waiting(ledger, deployed, case, now)
    assert (found.state, found.waiting_for, found.waiting_since) == ("waiting", "supplier", now)
    assert (found.assignee, found.lease_run, found.draft) == ("sari", None, None)
    assert found.acknowledged_at == now
    assert await drafts.current(ledger, case) is None
    assert await refusal(cases.claim(ledger, case, 1, "run-2", now, lease)) == "waiting"
    assert await refusal(cases.renew(ledger, case, "run-1", now, lease)) == "lease_lost"
    again = await cases.retry(ledger, case, "run_cancelled", now)
    assert again == found


async def test_the_journal_has_the_code_and_the_approvals_have_the_words(
    ledger, deployed, opened, now
):
    case = await opened()
    await waiting(ledger, deployed, case, now)
    lines = [line for line in await journal.of_case(ledger, case) if line.kind == "case.waiting"]
    assert [(line.code, line.person, line.data) for line in lines] == [
        ("supplier", "sari", {"via": "cli"})
    ]
    async with ledger.read() as tx:
        row = (await tx.execute(select(approval))).one()
    assert (row.verdict, row.person, row.reason) == ("wait", "sari", "asked for it")
    assert (await told(ledger)).count("remit.case.waiting") == 1


async def test_waiting_twice_for_the_same_changes_nothing(ledger, deployed, opened, now):
    case = await opened()
    first = await waiting(ledger, deployed, case, now)
    assert await waiting(ledger, deployed, case, now + HOUR) == first
    other = await waiting(ledger, deployed, case, now + HOUR, "author")
    assert (other.waiting_for, other.waiting_since) == ("author", now)


async def test_while_it_waits_nothing_is_missed_and_three_days_later_it_is_told(
    ledger, deployed, opened, now
):
    case = await opened()  # due in an hour, and settled in two days
    await waiting(ledger, deployed, case, now + HOUR / 2)
    assert await advance(ledger, "kopi", deployed, now + 71 * HOUR) == []
    late = now + HOUR / 2 + timedelta(days=3)
    assert [one.kind for one in await advance(ledger, "kopi", deployed, late)] == ["waited_long"]
    assert await advance(ledger, "kopi", deployed, late) == []
    assert (await cases.get(ledger, case)).state is State.waiting
    assert (await told(ledger)).count("remit.case.waited_long") == 1


async def test_when_it_goes_on_every_due_time_is_as_far_away_as_it_was(
    ledger, deployed, opened, now
):
    case = await opened()
    since, over = now + HOUR / 2, now + 30 * HOUR
    await waiting(ledger, deployed, case, since)
    clocks = Clocks(deployed)
    found = await waits.resume(ledger, case, clocks, "bayu", "they called", "cli", over)
    assert found.first_response_due == over + HOUR / 2
    assert found.resolution_due == over + timedelta(days=2) - HOUR / 2
    assert (found.state, found.attempt, found.waiting_since) == ("open", 2, None)
    assert (await told(ledger)).count("remit.case.opened") == 2
    again = waits.resume(ledger, case, clocks, "bayu", "", "cli", over)
    assert await refusal(again) == "not_waiting"
    assert [one.kind for one in await advance(ledger, "kopi", deployed, over + HOUR / 2)] == [
        "overdue"
    ]


async def test_the_author_ends_a_wait_from_the_time_of_the_message(
    ledger, deployed, opened, decider, arrival, now
):
    case = await opened()
    await waiting(ledger, deployed, case, now + HOUR / 2, "author")
    wrote = now + 5 * HOUR
    came = [arrival("2", "refund here is my number", after=5 * 3600)]
    await ingest(ledger, deployed, decider, came, channel="bsky", now=wrote + HOUR / 12)
    found = await cases.get(ledger, case)
    assert (found.state, found.subject, found.waiting_for) == ("open", "2", None)
    assert found.first_response_due == wrote + HOUR / 2
    # A second message does not begin anew.
    came = [arrival("3", "refund hello?", after=5 * 3600 + 60)]
    await ingest(ledger, deployed, decider, came, channel="bsky", now=wrote + HOUR / 12)
    assert (await cases.get(ledger, case)).first_response_due == wrote + HOUR / 2


async def test_what_is_left_is_reckoned_on_the_clock_that_was_promised(
    ledger, deployed, opened, now
):
    """Weekdays 9 to 18 were promised; the deployed version works always, and on the calendar."""
    case = await opened()
    weekdays = Hours(week=((Span(since=540, until=1080),),) * 5 + ((), ()))
    cm = deployed.roles["cm"].model_copy(update={"hours": weekdays})
    business = Due(first_response=Duration(seconds=7200))
    rules = tuple(
        rule.model_copy(update={"outcome": rule.outcome.model_copy(update={"due": business})})
        for rule in deployed.rules
    )
    promised = deployed.model_copy(update={"roles": {**deployed.roles, "cm": cm}, "rules": rules})
    # Monday 12:00 to Monday 13:00 is an hour of work; Friday 17:30 has half an hour left of it.
    await waiting(ledger, deployed, case, now)
    clocks = Clocks(deployed, promised={deployed.hash: promised})
    friday = now + timedelta(days=4, hours=5.5)
    found = await waits.resume(ledger, case, clocks, "sari", "", "cli", friday)
    monday = now + timedelta(days=7) - 3 * HOUR
    assert found.first_response_due == monday + HOUR / 2


async def test_a_platforms_window_does_not_wait(ledger, deployed, opened, now):
    case = await opened()
    await waiting(ledger, deployed, case, now)
    clocks = Clocks(deployed, windows={"bluesky": Duration(days=1)})
    found = await waits.resume(ledger, case, clocks, "sari", "", "cli", now + 22.5 * HOUR)
    assert found.first_response_due == now + 23 * HOUR
    late = await waiting(ledger, deployed, case, now + 22.5 * HOUR)
    assert late.waiting_since == now + 22.5 * HOUR
    windows = {"bluesky": Duration(days=1)}
    done = await advance(ledger, "kopi", deployed, now + 23 * HOUR, windows=windows)
    assert [one.kind for one in done] == ["waited_long"]


async def test_answered_for_the_time_being_the_answer_itself_is_owed_after_the_wait(
    ledger, deployed, drafted, rule, now
):
    case, draft = await drafted()
    ruled = await rule(case, draft, "approve", "sari")
    assert ruled.accepted
    async with ledger.write() as tx:
        await publish_in(tx, ruled.publication, None, now)
    assert (await cases.get(ledger, case)).state is State.responded
    found = await waiting(ledger, deployed, case, now + HOUR)
    assert (found.state, found.outcome) == ("waiting", "responded")
    over = now + 9 * HOUR
    found = await waits.resume(ledger, case, Clocks(deployed), "sari", "", "cli", over)
    assert (found.state, found.outcome) == ("open", None)
    assert found.next_response_due == over + HOUR
    assert found.first_response_due == now + HOUR


@pytest.mark.parametrize(
    ("person", "for_", "code"),
    [("dewi", "author", None), ("ratna", "author", None), ("sari", "godot", "unknown_reason")],
)
async def test_who_may_put_a_case_to_wait(person, for_, code, ledger, deployed, opened, now):
    """dewi may approve replies and ratna stands in for cm."""
    case = await opened()
    if code is None:
        assert (await waiting(ledger, deployed, case, now, for_, person)).assignee == person
    else:
        assert await refusal(waiting(ledger, deployed, case, now, for_, person)) == code


async def test_a_stranger_may_not_put_a_case_to_wait(ledger, deployed, opened, now):
    case = await opened()
    assert await refusal(waiting(ledger, deployed, case, now, person="tono")) == "not_eligible"
    assert (await cases.get(ledger, case)).state is State.open


async def test_a_resolved_case_waits_for_nobody(ledger, deployed, opened, now):
    case = await opened()
    await cases.resolve(ledger, case, "sari", "", "cli", now)
    assert await refusal(waiting(ledger, deployed, case, now)) == "finished"


async def test_a_handoff_of_a_case_that_waits_is_accepted_and_it_waits_on(
    ledger, deployed, opened, now
):
    case = await opened()
    await waiting(ledger, deployed, case, now)
    await cases.hand_off(ledger, case, "smm", "sari", "", "cli", now, now + HOUR)
    found = await cases.accept_handoff(ledger, case, "dewi", "cli", now)
    assert (found.owner, found.state, found.waiting_since) == ("smm", "waiting", now)


async def test_a_wait_decided_on_the_form_waits_for_the_author(ledger, deployed, drafted, rule):
    case, draft = await drafted()
    ruled = await rule(case, draft, "wait", "sari", reason="asked for the number")
    assert ruled.accepted
    found = await cases.get(ledger, case)
    assert (found.state, found.waiting_for, found.lease_run) == ("waiting", "author", None)
