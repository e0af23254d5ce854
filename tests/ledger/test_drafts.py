"""Drafts and the one function that decides on them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from remit.ledger import Ledger, cases, drafts, journal, publications
from remit.ledger.ingest import ingest
from remit.ledger.tables import approval
from remit.ledger.tables import draft as draft_table
from remit.model import PublicationState, Refused, Ruling, State, Verdict


@pytest.fixture
def save(ledger, now, lease):
    async def saved(case, text="We are sorry.", run="run-1"):
        return await drafts.save(
            ledger,
            case,
            run,
            text=text,
            language="en",
            destination="bsky 1",
            template=None,
            now=now,
            lease=lease,
        )

    return saved


async def rulings(ledger) -> list:
    async with ledger.read() as tx:
        found = await tx.execute(select(approval).order_by(approval.c.id))
        return [(row.accepted, row.code, row.person, row.role, row.identity) for row in found]


async def test_a_draft_is_of_a_hash_and_waits_with_a_form(ledger, drafted, now, lease):
    number, draft = await drafted()
    case = await cases.get(ledger, number)
    assert (case.state, case.draft, case.form_round) == (State.awaiting_approval, draft.id, 1)
    assert case.lease_until == now + lease
    assert (draft.version, draft.writer, draft.thread_revision, len(draft.hash)) == (1, None, 0, 64)
    assert await drafts.current(ledger, number) == draft == await drafts.get(ledger, draft.id)
    again = await drafts.await_approval(ledger, number, "run-1", draft.id, now, lease, None)
    assert again == 2


async def test_saving_the_same_again_returns_what_stands(ledger, opened, save, now, lease):
    number = await opened()
    await cases.claim(ledger, number, 1, "run-1", now, lease)
    first = await save(number)
    assert await save(number) == first
    second = await save(number, "Other words.")
    assert (second.version, await drafts.current(ledger, number)) == (2, second)
    async with ledger.read() as tx:
        voided = (await tx.execute(select(draft_table.c.voided))).scalars().all()
    assert sorted(map(str, voided)) == ["None", "replaced"]


async def test_a_run_without_the_lease_saves_nothing(ledger, opened, save, now, lease):
    number = await opened()
    await cases.claim(ledger, number, 1, "run-1", now, lease)
    with pytest.raises(Refused) as refusal:
        await save(number, run="run-2")
    assert refusal.value.code == "lease_lost"
    await cases.resolve(ledger, number, "sari", "", "cli", now)
    with pytest.raises(Refused) as refusal:
        await save(number)
    assert refusal.value.code == "finished"


async def test_a_form_for_a_draft_that_does_not_stand_is_refused(ledger, drafted, save, now, lease):
    number, draft = await drafted()
    await save(number, "Other words.")
    with pytest.raises(Refused) as refusal:
        await drafts.await_approval(ledger, number, "run-1", draft.id, now, lease, None)
    assert refusal.value.code == "draft_voided"


async def test_an_approval_prepares_one_reply_of_the_approved_hash(ledger, drafted, rule, now):
    number, draft = await drafted()
    ruled = await rule(number, draft, "approve", "sari", run="run-1")
    assert (ruled.accepted, ruled.code, ruled.draft, ruled.approvals_missing) == (
        True,
        "ok",
        draft,
        0,
    )
    reply = await publications.get(ledger, ruled.publication)
    assert (reply.state, reply.hash, reply.case) == (PublicationState.prepared, draft.hash, number)
    assert (reply.channel, reply.brand) == ("bsky", "kopi")
    case = await cases.get(ledger, number)
    assert (case.state, case.acknowledged_at, case.assignee) == (State.drafted, now, "sari")
    assert await rulings(ledger) == [(True, "ok", "sari", "cm", "asserted")]


async def test_a_second_resume_prepares_nothing_and_names_the_reply(ledger, drafted, rule):
    number, draft = await drafted()
    first = await rule(number, draft, "approve", "sari")
    second = await rule(number, draft, "approve", "bayu")
    assert (second.accepted, second.code) == (False, "already_decided")
    assert second.publication == first.publication
    assert len(await publications.find(ledger, case=number)) == 1


async def test_many_who_approve_at_once_prepare_one_reply(
    ledger, ledger_url, drafted, deployed, now
):
    number, draft = await drafted()
    sides = [ledger, *[await Ledger.open(ledger_url) for _ in range(3)]]
    people = ("sari", "bayu", "dewi", "sari")
    results = await asyncio.gather(
        *(
            drafts.rule_on(
                side,
                Ruling(
                    case=number, draft=draft.id, verdict=Verdict.approve, person=person, via="api"
                ),
                deployed,
                now,
            )
            for side, person in zip(sides, people, strict=True)
        )
    )
    for side in sides[1:]:
        await side.close()
    assert [ruled.accepted for ruled in results].count(True) == 1
    assert len(await publications.find(ledger, case=number)) == 1


@pytest.mark.parametrize(
    ("verdict", "person", "text", "code"),
    [
        (None, "sari", None, "no_decision"),
        ("approve", None, None, "unknown_person"),
        ("approve", "somebody", None, "unknown_person"),
        ("approve", "ratna", None, "not_eligible"),
        ("edit", "sari", "  ", "empty_text"),
        ("approve", "sari", "Other words.", "draft_changed"),
    ],
)
async def test_a_ruling_that_does_not_count_sends_nothing_and_says_why(
    ledger, drafted, rule, verdict, person, text, code
):
    number, draft = await drafted()
    ruled = await rule(number, draft, verdict, person, text=text)
    assert (ruled.accepted, ruled.code, ruled.publication) == (False, code, None)
    assert ruled.message
    assert (await cases.get(ledger, number)).state is State.awaiting_approval
    assert await cases.notice(ledger, number) == code
    assert await publications.find(ledger) == []
    assert [(row[0], row[1]) for row in await rulings(ledger)] == [(False, code)]
    last = (await journal.of_case(ledger, number))[-1]
    assert (last.kind, last.code) == ("approval.refused", code)
    assert last.person in {None, "sari", "ratna"}


async def test_a_refusal_does_not_stand_in_the_way_of_the_next_ruling(ledger, drafted, rule):
    number, draft = await drafted()
    await rule(number, draft, None, None)
    assert (await rule(number, draft, "approve", "sari")).accepted
    assert await cases.notice(ledger, number) is None


async def test_an_edit_is_a_new_version_by_its_writer(ledger, drafted, rule):
    number, draft = await drafted()
    ruled = await rule(number, draft, "edit", "bayu", text="So sorry!\r\nBayu ")
    assert ruled.accepted
    assert (ruled.draft.text, ruled.draft.writer, ruled.draft.version) == (
        "So sorry!\nBayu",
        "bayu",
        2,
    )
    assert ruled.draft.hash != draft.hash
    reply = await publications.get(ledger, ruled.publication)
    assert reply.hash == ruled.draft.hash
    assert not (await rule(number, draft, "approve", "sari")).accepted


async def test_an_edit_that_changes_no_byte_is_an_approval(ledger, drafted, rule):
    number, draft = await drafted()
    ruled = await rule(number, draft, "edit", "bayu", text=f"{draft.text}\r\n")
    assert (ruled.accepted, ruled.draft) == (True, draft)


async def test_one_for_a_draft_that_was_edited_meanwhile_sends_nothing(ledger, drafted, save, rule):
    number, draft = await drafted()
    await save(number, "Other words.")
    ruled = await rule(number, draft, "approve", "sari")
    assert (ruled.accepted, ruled.code) == (False, "draft_changed")
    assert await publications.find(ledger) == []


async def test_one_after_the_author_wrote_again_sends_nothing(
    ledger, drafted, rule, deployed, decider, arrival, now
):
    number, draft = await drafted()
    again = arrival("2", "refund and hurry", after=30)
    await ingest(ledger, deployed, decider, [again], channel="bsky", now=now)
    case = await cases.get(ledger, number)
    assert (case.state, case.attempt, case.lease_run) == (State.open, 2, None)
    assert await cases.notice(ledger, number) == "author_wrote_again"
    ruled = await rule(number, draft, "approve", "sari")
    assert (ruled.accepted, ruled.code) == (False, "draft_voided")
    assert await publications.find(ledger) == []


async def test_an_approved_reply_is_voided_when_the_author_writes_again(
    ledger, drafted, rule, deployed, decider, arrival, now
):
    number, draft = await drafted()
    given = await rule(number, draft, "approve", "sari")
    again = arrival("2", "refund and hurry", after=30)
    await ingest(ledger, deployed, decider, [again], channel="bsky", now=now)
    reply = await publications.get(ledger, given.publication)
    assert (reply.state, reply.error) == (PublicationState.voided, "author_wrote_again")
    assert (await cases.get(ledger, number)).state is State.open


async def test_the_same_words_drafted_anew_need_a_new_yes(
    ledger, drafted, save, rule, deployed, decider, arrival, now, lease
):
    number, draft = await drafted()
    await rule(number, draft, "approve", "sari")
    edited = arrival("1", "refund, now safety first", revision="2")
    await ingest(ledger, deployed, decider, [edited], channel="bsky", now=now)
    await cases.claim(ledger, number, 2, "run-2", now, lease)
    anew = await save(number, draft.text, run="run-2")
    assert (anew.hash, anew.id != draft.id) == (draft.hash, True)
    await drafts.await_approval(ledger, number, "run-2", anew.id, now, lease, None)
    ruled = await rule(number, anew, "approve", "sari")
    assert (ruled.accepted, ruled.code) == (True, "ok")


async def test_a_rejected_draft_is_drafted_again_by_the_same_run(ledger, drafted, rule, save):
    number, draft = await drafted()
    ruled = await rule(number, draft, "reject", "sari", reason="too cold")
    assert (ruled.accepted, ruled.draft) == (True, None)
    case = await cases.get(ledger, number)
    assert (case.state, case.attempt, case.lease_run) == (State.open, 1, "run-1")
    assert await cases.notice(ledger, number) == "rejected"
    assert (await save(number, "Warmer words.")).version == 2
    async with ledger.read() as tx:
        assert (await tx.execute(select(approval.c.reason))).scalar() == "too cold"


async def test_a_case_is_resolved_without_a_reply(ledger, drafted, rule):
    number, draft = await drafted()
    assert (await rule(number, draft, "resolve", "sari")).accepted
    case = await cases.get(ledger, number)
    assert (case.state, case.outcome, case.lease_run) == (State.resolved, "resolved", None)
    late = await rule(number, draft, "approve", "sari")
    assert (late.accepted, late.code) == (False, "case_finished")


async def test_a_case_is_offered_to_another_role_and_the_form_stays(ledger, drafted, rule, now):
    number, draft = await drafted()
    assert (await rule(number, draft, "hand_off", "sari", to="smm")).accepted
    case = await cases.get(ledger, number)
    assert (case.state, case.owner, case.handoff_to) == (State.awaiting_approval, "cm", "smm")
    assert (await cases.accept_handoff(ledger, number, "dewi", "cli", now)).owner == "smm"


async def test_two_must_say_yes_where_the_playbook_asks_for_two(ledger, drafted, deployed, now):
    number, draft = await drafted()
    two = deployed.approvals["replies"].model_copy(update={"count": 2})
    strict = deployed.model_copy(update={"approvals": {**deployed.approvals, "replies": two}})
    results = [
        await drafts.rule_on(
            ledger,
            Ruling(case=number, draft=draft.id, verdict=Verdict.approve, person=person, via="api"),
            strict,
            now,
        )
        for person in ("sari", "sari", "dewi")
    ]
    assert [(ruled.accepted, ruled.approvals_missing) for ruled in results] == [
        (True, 1),
        (False, 0),
        (True, 0),
    ]
    assert [ruled.publication is not None for ruled in results] == [False, False, True]
