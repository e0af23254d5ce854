"""What an author writes after an answer has clocks of its own; the first response is measured once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from remit.ledger import cases, journal, outbox
from remit.ledger.advance import advance
from remit.ledger.ingest import ingest
from remit.ledger.outcomes import publish_in
from remit.ledger.tables import publication
from remit.model import Due, Duration, State

HOUR = timedelta(hours=1)


@pytest.fixture
def playbook(playbook):
    """Refunds: first answer in 1 h, next in 2 h, settled in 2 d, on the calendar."""
    due = Due(
        first_response=Duration(seconds=3600),
        next_response=Duration(seconds=7200),
        resolution=Duration(days=2),
        clock="calendar",
    )
    rules = tuple(
        rule.model_copy(update={"outcome": rule.outcome.model_copy(update={"due": due})})
        if rule.id == "refund"
        else rule
        for rule in playbook.rules
    )
    return playbook.model_copy(update={"rules": rules})


@pytest.fixture
def hear(ledger, deployed, decider, arrival, now):
    """`await hear("2", minutes)`: tia writes so long after the first message."""

    async def make(message, minutes, text="refund please", **more):
        came = [arrival(message, text, after=minutes * 60, **more)]
        later = now + timedelta(minutes=minutes)
        return await ingest(ledger, deployed, decider, came, channel="bsky", now=later)

    return make


@pytest.fixture
def answered(ledger, drafted, rule, now):
    """`await answered()`: the number of a case that was answered 10 minutes later."""

    async def make():
        case, draft = await drafted()
        ruled = await rule(case, draft, "approve", "sari")
        async with ledger.write() as tx:
            await publish_in(tx, ruled.publication, None, now + HOUR / 6)
        return case

    return make


async def told(ledger, kind) -> int:
    return [out.kind for out in await outbox.pending(ledger)].count(kind)


async def test_a_case_opened_again_owes_the_next_answer_and_its_first_stays_measured(
    ledger, answered, hear, now
):
    case = await answered()
    await hear("2", 120)
    found = await cases.get(ledger, case)
    assert (found.state, found.reopened_at) == ("reopened", now + 2 * HOUR)
    assert (found.first_response_due, found.responded_at) == (now + HOUR, now + HOUR / 6)
    assert found.next_response_due == now + 4 * HOUR
    assert found.resolution_due == now + 2 * HOUR + timedelta(days=2)


async def test_the_oldest_message_without_an_answer_sets_when_it_is_due(
    ledger, answered, hear, now
):
    case = await answered()
    for number, minutes in enumerate((120, 150, 200)):
        await hear(f"again{number}", minutes)
    assert (await cases.get(ledger, case)).next_response_due == now + 4 * HOUR


async def test_a_missed_next_answer_is_warned_of_and_starts_the_ladder_again_once(
    ledger, deployed, answered, hear, now
):
    case = await answered()
    await hear("2", 120)

    async def passed(minutes):
        done = await advance(ledger, "kopi", deployed, now + timedelta(minutes=minutes))
        return [one.kind for one in done]

    assert await passed(209) == []
    assert await passed(210) == ["due_soon"]
    assert await passed(239) == []
    assert await passed(240) == ["next_overdue"]
    assert await passed(240) == []
    found = await cases.get(ledger, case)
    late = now + 4 * HOUR
    assert (found.overdue_at, found.ladder_started_at) == (late, late)
    for kind in ("due_soon", "next_overdue"):
        assert await told(ledger, f"remit.case.{kind}") == 1
        lines = [line.kind for line in await journal.of_case(ledger, case)]
        assert lines.count(f"case.{kind}") == 1


async def test_a_resolution_that_is_missed_starts_the_ladder_again_once(
    ledger, deployed, opened, now
):
    case = await opened()
    await advance(ledger, "kopi", deployed, now + HOUR)  # the first answer is missed
    done = await advance(ledger, "kopi", deployed, now + timedelta(days=2))
    # Nobody was there for two days: what is missed is told, and not that it comes near.
    assert [one.kind for one in done] == ["resolution_overdue"]
    assert await advance(ledger, "kopi", deployed, now + timedelta(days=2)) == []
    found = await cases.get(ledger, case)
    assert found.resolution_overdue_at == found.ladder_started_at == now + timedelta(days=2)
    assert await told(ledger, "remit.case.resolution_overdue") == 1


async def test_what_came_while_the_answer_was_under_way_owes_the_next_one(
    ledger, drafted, rule, hear, now
):
    case, draft = await drafted()
    ruled = await rule(case, draft, "approve", "sari")
    async with ledger.write() as tx:  # its sending had begun before the author wrote
        await tx.execute(update(publication).values(state="sending"))
    await hear("2", 5)
    async with ledger.write() as tx:
        await publish_in(tx, ruled.publication, None, now + HOUR / 10)
    found = await cases.get(ledger, case)
    assert (found.state, found.responded_at) == (State.open, now + HOUR / 10)
    assert found.next_response_due == now + 2 * HOUR + HOUR / 12


async def test_closed_without_an_answer_and_opened_again_the_first_is_owed(
    ledger, opened, hear, now
):
    case = await opened()
    await cases.resolve(ledger, case, "sari", "", "cli", now)
    await hear("2", 120)
    found = await cases.get(ledger, case)
    assert (found.first_response_due, found.next_response_due) == (now + 3 * HOUR, None)


async def test_after_the_window_it_is_another_case_linked_to_the_old_one(ledger, answered, hear):
    case = await answered()
    done = await hear("2", 3 * 24 * 60)
    (number,) = done.opened
    assert number != case
    assert (await cases.get(ledger, number)).linked == case


async def test_an_answer_is_due_before_the_platform_closes_also_where_no_time_is_set(
    ledger, deployed, decider, arrival, now
):
    windows = {"bluesky": Duration(seconds=1800)}
    came = [
        arrival("1", "question what", author="tia"),
        arrival("2", "refund please", author="budi"),
        arrival("3", "brief", author="dewi", kind="content.brief"),
    ]
    done = await ingest(ledger, deployed, decider, came, channel="bsky", now=now, windows=windows)
    dues = [(await cases.get(ledger, case)).first_response_due for case in done.opened]
    assert dues == [now + timedelta(minutes=27), now + timedelta(minutes=27), None]
