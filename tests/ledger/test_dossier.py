"""One value holds all that a person needs to see of a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remit.ledger import cases, dossier, waits
from remit.ledger.ingest import ingest
from remit.model import Missing


async def test_a_case_with_its_conversation_and_what_was_said_of_it(
    ledger, deployed, drafted, rule, now
):
    case, draft = await drafted()
    await rule(case, draft, "reject", "sari", reason="too long")
    await waits.wait(ledger, case, deployed, "sari", "author", "asked", "cli", now)
    await cases.hand_off(ledger, case, "smm", "sari", "yours", "cli", now, now + timedelta(1))
    found = await dossier.dossier(ledger, case)
    assert found.case.id == case
    assert [message.id for message in found.messages] == ["1"]
    assert found.author_relation == "customer"
    assert [(one.verdict, one.code, one.reason) for one in found.said] == [
        ("reject", "ok", "too long"),
        ("wait", "ok", "asked"),
    ]
    assert [(one.to_role, one.code) for one in found.handoffs] == [("smm", None)]
    assert (found.earlier, found.linked, found.under, found.holds) == ((), (), None, ())


async def test_earlier_cases_of_the_author_are_named_newest_first(
    ledger, deployed, decider, arrival, now
):
    came = [
        arrival("1", "refund a", thread="one"),
        arrival("2", "refund b", thread="two"),
        arrival("3", "refund c", thread="three", author="budi"),
        arrival("4", "refund d", thread="four"),
    ]
    done = await ingest(ledger, deployed, decider, came, channel="bsky", now=now)
    first, second, _, last = done.opened
    await cases.resolve(ledger, first, "sari", "", "cli", now)
    found = await dossier.dossier(ledger, last)
    assert [(one.id, one.outcome) for one in found.earlier] == [(second, None), (first, "resolved")]
    case = await cases.get(ledger, last)
    assert [one.id for one in await dossier.earlier(ledger, case, 1)] == [second]


async def test_linked_cases_are_seen_from_both_sides_and_a_hold_by_its_case(
    ledger, deployed, opened, now
):
    refund = await opened()
    crisis = await opened("crisis safety", message="2")
    assert (await dossier.dossier(ledger, refund)).linked == (crisis,)
    found = await dossier.dossier(ledger, crisis)
    assert found.linked == (refund,)
    assert [hold.role for hold in found.holds] == ["smm"]


async def test_a_post_of_ours_is_named_where_the_case_hangs_under_it(
    ledger, deployed, decider, arrival, opened, now
):
    post = arrival("root", "Good morning", ours=True, thread=None, parent=None, author="kopi")
    await ingest(ledger, deployed, decider, [post], channel="bsky", now=now)
    case = await opened()
    under = (await dossier.dossier(ledger, case)).under
    assert under is not None
    assert (under.kind, under.message, under.campaign) == ("organic", "root", None)


async def test_an_unknown_case_is_missing(ledger):
    with pytest.raises(Missing):
        await dossier.dossier(ledger, 7)
