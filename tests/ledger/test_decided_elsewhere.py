"""A decision that does not come from the form of the run, and one on a draft of an older playbook."""

from __future__ import annotations

import pytest

from remit.ledger import bundles, cases, drafts, outbox
from remit.model import Bundle, Ruling, State, Verdict


@pytest.fixture
async def newer(ledger, deployed, now):
    """Another version in force."""
    newer = deployed.model_copy(update={"hash": "playbook-2"})
    bundle = Bundle(files={"playbook.yaml": b"brand: kopi\n# more\n"}, hash=newer.hash)
    await bundles.keep(ledger, bundle, newer.brand, now)
    await bundles.deploy(ledger, newer.brand, newer.hash, now)
    return newer


def said(case, draft, verdict=Verdict.approve, **more):
    return Ruling(case=case, draft=draft, verdict=verdict, person="sari", **more)


async def test_after_a_decision_by_command_another_run_goes_on_at_once(
    ledger, deployed, drafted, now
):
    number, draft = await drafted()
    before = await cases.get(ledger, number)
    ruled = await drafts.rule_on(ledger, said(number, draft.id, via="cli"), deployed, now)
    after = await cases.get(ledger, number)
    assert ruled.publication is not None
    assert (after.attempt, after.lease_run) == (before.attempt + 1, None)
    told = [out for out in await outbox.pending(ledger) if out.kind == outbox.OPENED]
    assert told[-1].attempt == after.attempt


async def test_a_refused_command_leaves_the_form_where_it_is(ledger, deployed, drafted, now):
    number, draft = await drafted()
    before = await cases.get(ledger, number)
    ruling = said(number, draft.id, via="cli").model_copy(update={"person": "ratna"})
    assert not (await drafts.rule_on(ledger, ruling, deployed, now)).accepted
    after = await cases.get(ledger, number)
    assert (after.attempt, after.lease_run, after.state) == (
        before.attempt,
        before.lease_run,
        State.awaiting_approval,
    )


@pytest.mark.parametrize("verdict", [Verdict.approve, Verdict.edit])
async def test_a_draft_of_an_older_playbook_is_withdrawn(
    ledger, deployed, drafted, newer, now, verdict
):
    number, draft = await drafted()
    assert draft.id
    ruling = said(number, draft.id, verdict, via="form", text="other words")
    if verdict is Verdict.approve:
        ruling = ruling.model_copy(update={"text": None})
    latest = newer.model_copy(update={"hash": "playbook-3"})
    ruled = await drafts.rule_on(ledger, ruling, latest, now)
    assert (ruled.accepted, ruled.code, ruled.publication) == (False, "playbook_changed", None)
    case = await cases.get(ledger, number)
    assert (case.state, case.draft) == (State.open, None)
    assert await cases.notice(ledger, number) == "playbook_changed"


async def test_it_can_be_rejected_and_closed_still(ledger, deployed, drafted, newer, now):
    number, draft = await drafted()
    latest = newer.model_copy(update={"hash": "playbook-3"})
    ruling = said(number, draft.id, Verdict.resolve, via="form")
    assert (await drafts.rule_on(ledger, ruling, latest, now)).accepted
