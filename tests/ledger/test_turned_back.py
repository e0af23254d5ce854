"""An approved answer that may not go out asks again, and a new yes counts."""

from __future__ import annotations

from datetime import timedelta

from remit.ledger import cases, drafts, publications
from remit.ledger.turned_back import note, turn_back
from remit.model import PublicationState, State


async def test_a_draft_that_was_turned_back_can_be_approved_again(
    ledger, drafted, rule, now, lease
):
    case, draft = await drafted()
    approved = await rule(case, draft, "approve", "sari")
    assert approved.publication is not None

    await turn_back(ledger, case, approved.publication, "stopped", now, anew=False)

    voided = await publications.get(ledger, approved.publication)
    assert voided.state is PublicationState.voided
    assert await cases.notice(ledger, case) == "stopped"
    again = await drafts.current(ledger, case)
    assert again is not None
    assert again.id != draft.id
    assert (again.text, again.hash) == (draft.text, draft.hash)
    await drafts.await_approval(
        ledger, case, "run-1", again.id, now, lease, now + timedelta(hours=1)
    )
    second = await rule(case, again, "approve", "sari")
    assert second.accepted
    assert second.publication not in {None, approved.publication}


async def test_a_thread_that_moved_asks_for_a_new_draft(ledger, drafted, rule, now):
    case, draft = await drafted()
    approved = await rule(case, draft, "approve", "sari")

    back = await turn_back(ledger, case, approved.publication, "gone", now, anew=True)

    assert back.state is State.open
    assert await drafts.current(ledger, case) is None


async def test_a_finished_case_is_left_alone(ledger, drafted, rule, now):
    case, draft = await drafted()
    approved = await rule(case, draft, "approve", "sari")
    await cases.resolve(ledger, case, "sari", "by phone", "cli", now)

    back = await turn_back(ledger, case, approved.publication, "stopped", now, anew=False)

    assert back.state is State.resolved
    assert await cases.notice(ledger, case) is None


async def test_a_note_is_what_the_next_form_says(ledger, drafted, now):
    case, _ = await drafted()
    await note(ledger, case, "content_refused", now)
    assert await cases.notice(ledger, case) == "content_refused"
