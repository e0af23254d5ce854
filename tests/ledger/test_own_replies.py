"""What the brand's own account wrote, as it comes in among the events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from remit.ledger import cases, drafts, outbox, publications
from remit.ledger.ingest import ingest
from remit.ledger.tables import publication as publication_table
from remit.model import PublicationState, Receipt, State


@pytest.fixture
def take(ledger, deployed, decider, now):
    async def ingested(*arrivals):
        return await ingest(ledger, deployed, decider, arrivals, channel="bsky", now=now)

    return ingested


@pytest.fixture
def ours(arrival):
    def make(name="o", parent="1", after=60.0, text="We answer here.", **more):
        return arrival(name, text, author="kopi", ours=True, parent=parent, after=after, **more)

    return make


@pytest.fixture
def sending(ledger, drafted, rule, now):
    """(case, draft, publication): its request left, and nobody knows what became of it."""

    async def made():
        number, draft = await drafted()
        given = await rule(number, draft, "approve", "sari")
        async with ledger.write() as tx:
            await tx.execute(
                update(publication_table).values(
                    state=PublicationState.sending.value, attempt=1, deadline=now, run="run-1"
                )
            )
        return number, draft, await publications.get(ledger, given.publication)

    return made


async def test_our_own_post_opens_no_case(take, ours):
    done = await take(ours("p", parent=None, thread=None))
    assert (done.stored, done.opened) == (1, ())


async def test_a_reply_made_outside_voids_the_draft_and_ends_the_case(
    ledger, drafted, rule, take, ours
):
    number, draft = await drafted()
    await take(ours())
    case = await cases.get(ledger, number)
    assert (case.state, case.outcome) == (State.responded, "responded_outside")
    assert await drafts.current(ledger, number) is None
    ruled = await rule(number, draft, "approve", "sari")
    assert (ruled.accepted, ruled.code) == (False, "case_finished")
    assert await publications.find(ledger) == []
    assert "remit.case.responded" in [out.kind for out in await outbox.pending(ledger)]


async def test_a_reply_and_its_question_in_one_batch_leave_the_case_answered(
    ledger, take, ours, arrival
):
    done = await take(ours(), arrival("1", "refund please"))
    case = await cases.get(ledger, done.opened[0])
    assert (case.state, case.outcome) == (State.responded, "responded_outside")


async def test_a_question_after_the_reply_in_one_batch_opens_the_case_again(
    ledger, take, ours, arrival
):
    done = await take(arrival("1", "refund please"), ours(), arrival("2", "refund still", after=90))
    case = await cases.get(ledger, done.opened[0])
    assert (case.state, case.subject) == (State.reopened, "2")


async def test_a_reply_to_an_older_message_leaves_the_newer_one_to_be_answered(
    ledger, opened, take, ours, arrival
):
    number = await opened()
    await take(arrival("2", "refund still", after=90))
    await take(ours(after=60))
    case = await cases.get(ledger, number)
    assert (case.state, case.thread_revision) == (State.open, 2)


async def test_a_reply_to_a_bystander_is_none_to_the_author(ledger, drafted, take, ours, arrival):
    number, draft = await drafted()
    await take(arrival("b", "thanks", author="budi"), ours(parent="b"))
    assert (await cases.get(ledger, number)).draft == draft.id


async def test_our_reply_seen_again_completes_what_nobody_knew(ledger, sending, take, ours):
    number, draft, reply = await sending()
    await take(ours(text=draft.text, key=reply.key))
    reply = await publications.get(ledger, reply.id)
    assert reply.state is PublicationState.published
    assert reply.receipt is not None
    assert (reply.receipt.id, reply.receipt.url) == ("o", "https://example.com/o")
    case = await cases.get(ledger, number)
    assert (case.state, case.outcome) == (State.responded, "responded")


async def test_a_platform_that_shows_no_key_is_recognised_by_place_and_words(
    ledger, sending, take, ours
):
    number, draft, reply = await sending()
    await take(ours(text=draft.text))
    assert (await publications.get(ledger, reply.id)).state is PublicationState.published
    assert (await cases.get(ledger, number)).outcome == "responded"


async def test_other_words_while_ours_are_under_way_are_a_reply_made_outside(
    ledger, sending, take, ours
):
    number, _, reply = await sending()
    await take(ours(text="Something else."))
    assert (await publications.get(ledger, reply.id)).state is PublicationState.sending
    assert (await cases.get(ledger, number)).outcome == "responded_outside"


async def test_the_author_writing_while_our_reply_is_under_way_stays_unanswered(
    ledger, sending, take, ours, arrival
):
    number, draft, reply = await sending()
    await take(arrival("2", "refund and hurry", after=30))
    await take(ours(text=draft.text, key=reply.key))
    assert (await publications.get(ledger, reply.id)).state is PublicationState.published
    case = await cases.get(ledger, number)
    assert (case.state.finished, case.subject, case.attempt) == (False, "2", 2)


async def test_a_reply_already_recorded_is_only_linked(ledger, sending, take, ours, now):
    number, draft, reply = await sending()
    receipt = Receipt(id="o", time=now + timedelta(seconds=60))
    await publications.record_published(ledger, reply.id, receipt, now)
    before = await cases.get(ledger, number)
    await take(ours(text=draft.text))
    assert await cases.get(ledger, number) == before
