"""The conversation as the ledger knows it, and what a fresh reading of it changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remit.ledger import cases, drafts, publications
from remit.ledger.ingest import ingest
from remit.model import Message, PublicationState, Receipt, State, Thread


@pytest.fixture
def message(now):
    def make(name, author="tia", after=0.0, **more):
        values = {
            "parent": "root",
            "author_id": f"did:{author}",
            "handle": f"{author}.example",
            "text": "words",
            "time": now + timedelta(seconds=after),
        }
        return Message(id=name, **(values | more))

    return make


@pytest.fixture
def read(ledger, now):
    async def seen(case, *messages, complete=True):
        thread = Thread(root="root", messages=messages, read_at=now, complete=complete)
        return await cases.thread_seen(ledger, case, thread, now)

    return seen


async def test_reading_what_is_known_changes_nothing(ledger, drafted, read, message):
    number, draft = await drafted()
    before = await cases.get(ledger, number)
    for _ in range(2):
        case = await read(number, message("root", "kopi", ours=True), message("1"))
        assert case == before
    assert await drafts.current(ledger, number) == draft


async def test_bystanders_void_no_draft(drafted, read, message):
    number, draft = await drafted()
    case = await read(number, message("1"), message("2", "budi", after=5))
    assert (case.thread_revision, case.draft) == (0, draft.id)


async def test_a_new_message_of_the_author_voids_the_draft_once(ledger, drafted, read, message):
    number, _ = await drafted()
    for _ in range(2):
        case = await read(number, message("1"), message("2", after=5))
        assert (case.thread_revision, case.state, case.draft) == (1, State.open, None)
    assert (case.lease_run, case.attempt) == ("run-1", 1)
    assert await cases.notice(ledger, number) == "author_wrote_again"


async def test_what_the_author_wrote_before_the_case_voids_no_draft(drafted, read, message):
    number, draft = await drafted()
    case = await read(number, message("0", after=-60), message("1"))
    assert (case.thread_revision, case.draft) == (0, draft.id)
    case = await read(number, message("0", after=-60, revision="2"), message("1"))
    assert (case.thread_revision, case.draft) == (1, None)


async def test_an_edit_of_the_message_answered_voids_the_draft(drafted, read, message):
    number, _ = await drafted()
    case = await read(number, message("1", revision="2"))
    assert (case.thread_revision, case.draft) == (1, None)


@pytest.mark.parametrize("marked", [True, False])
async def test_a_deleted_message_voids_the_draft_once(ledger, drafted, read, message, marked):
    number, _ = await drafted()
    shown = [message("1", deleted=True)] if marked else [message("9", "budi")]
    for _ in range(2):
        case = await read(number, *shown)
        assert (case.thread_revision, case.draft) == (1, None)
    assert await cases.notice(ledger, number) == "author_deleted"


async def test_a_message_cut_off_a_long_thread_is_not_deleted(drafted, read, message):
    number, draft = await drafted()
    case = await read(number, message("9", "budi"), complete=False)
    assert (case.thread_revision, case.draft) == (0, draft.id)


async def test_a_reply_made_outside_ends_the_case(ledger, drafted, rule, read, message):
    number, draft = await drafted()
    given = await rule(number, draft, "approve", "sari")
    ours = message("o", "kopi", after=9, ours=True, parent="1")
    case = await read(number, message("1"), ours)
    assert (case.state, case.outcome) == (State.responded, "responded_outside")
    reply = await publications.get(ledger, given.publication)
    assert reply.state is PublicationState.voided
    assert await read(number, message("1"), ours) == case


async def test_our_answer_to_somebody_else_is_not_one_to_the_author(drafted, read, message):
    number, draft = await drafted()
    ours = message("o", "kopi", after=9, ours=True, parent="2")
    case = await read(number, message("1"), message("2", "budi"), ours)
    assert (case.state, case.draft) == (State.awaiting_approval, draft.id)


async def test_an_answer_older_than_the_newest_question_leaves_the_case_open(
    ledger, opened, read, message, deployed, decider, arrival, now
):
    number = await opened()
    again = arrival("2", "refund still", after=60)
    await ingest(ledger, deployed, decider, [again], channel="bsky", now=now)
    ours = message("o", "kopi", after=30, ours=True, parent="1")
    case = await read(number, message("1"), message("2", after=60), ours)
    assert (case.state, case.outcome, case.thread_revision) == (State.open, None, 2)


async def test_our_own_publication_is_no_reply_made_outside(ledger, drafted, rule, read, message):
    number, draft = await drafted()
    given = await rule(number, draft, "approve", "sari")
    key = (await publications.get(ledger, given.publication)).key
    ours = message("o", "kopi", after=9, ours=True, parent="1", key=key)
    case = await read(number, message("1"), ours)
    assert (case.state, case.outcome) == (State.drafted, None)


async def test_the_conversation_is_told_in_order_with_bystanders_and_us(
    ledger, opened, deployed, decider, arrival, now
):
    number = await opened()
    came = [
        arrival("3", "so sorry", author="kopi", ours=True, parent="2", after=20),
        arrival("2", "question too", author="budi", after=10),
        arrival("1", "refund PLEASE", revision="2", after=1),
        arrival("4", None, kind="audience.reaction", after=30),
        arrival("5", "elsewhere", thread="other"),
        arrival("2", None, author=None, deleted=True, after=40),
    ]
    await ingest(ledger, deployed, decider, came, channel="bsky", now=now)
    told = await cases.conversation(ledger, number)
    assert [(one.id, one.text, one.ours, one.deleted) for one in told] == [
        ("1", "refund PLEASE", False, False),
        ("2", "question too", False, True),
        ("3", "so sorry", True, False),
    ]
    assert told[0].author_id == "did:tia"


async def test_the_receipt_of_our_reply_shows_its_key_in_the_conversation(
    ledger, drafted, rule, deployed, decider, arrival, now
):
    number, draft = await drafted()
    given = await rule(number, draft, "approve", "sari")
    receipt = Receipt(id="o", time=now)
    reply = await publications.record_published(ledger, given.publication, receipt, now)
    ours = arrival("o", draft.text, author="kopi", ours=True, parent="1", after=5)
    await ingest(ledger, deployed, decider, [ours], channel="bsky", now=now)
    told = await cases.conversation(ledger, number)
    assert [one.key for one in told] == [None, reply.key]
